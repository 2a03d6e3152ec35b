using System.Globalization;
using Dmp.Access.V1;
using Dmp.Annotations.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using AccessMode = Dmp.Server.Calls.AccessMode;

namespace Dmp.Server.Explanations;

/// <summary>The steps of a decision, in the order in which they count. Pure.</summary>
internal static class ExplanationRules
{
    /// <summary>The step of a depositor.</summary>
    public static AccessStep Depositor => Step(
        AccessRule.Depositor, true, "DEPOSITOR", "The actor deposited the document.", "L’acteur a déposé le document.");

    /// <summary>The step of a person of the patient's side.</summary>
    public static AccessStep OfPerson(Capacity capacity) => capacity == Capacity.Caregiver
        ? Step(AccessRule.Capacity, true, "CAREGIVER", "The record is entrusted to this caregiver.", "Le dossier est confié à cet aidant.")
        : Step(
            AccessRule.Capacity, true, "REPRESENTATIVE", "A legal representative of the patient.", "Représentant légal du patient.");

    /// <summary>The steps on the record in a mode; the last one decides when it does not let pass.</summary>
    public static List<AccessStep> OnRecord(Caller professional, AccessFacts? facts, AccessMode mode, DateTimeOffset now)
    {
        if (facts is null)
        {
            return [Step(AccessRule.Consent, false, "NONE", "There is no consent.", "Aucune autorisation n’a été donnée.")];
        }

        var steps = new List<AccessStep>();
        if (facts.IsBlocked)
        {
            steps.Add(Step(
                AccessRule.NotBlocked, false, "BLOCKED",
                "The professional or the structure is on the patient's blocked list.",
                "Le professionnel ou sa structure est bloqué par le patient."));
            return steps;
        }

        steps.Add(
            Step(AccessRule.NotBlocked, true, "NOT_BLOCKED", "The professional is not blocked.", "Le professionnel n’est pas bloqué."));
        var isInEmergency = AccessPolicy.IsInEmergency(professional, facts, mode, now);
        var hasConsent = facts.ExpireTime > now;
        steps.Add(ConsentStep(facts, hasConsent, now));
        if (!hasConsent || isInEmergency)
        {
            steps.Add(isInEmergency
                ? Step(AccessRule.Emergency, true, "OPEN", "An emergency access is open.", "Un accès en urgence est ouvert.")
                : Step(AccessRule.Emergency, false, "NONE", "No emergency access is open.", "Aucun accès en urgence n’est ouvert."));
            if (!isInEmergency)
            {
                return steps;
            }
        }

        var isOpen = facts.State == (short)RecordState.Open;
        steps.Add(isOpen
            ? Step(AccessRule.RecordOpen, true, "OPEN", "The record is open.", "Le dossier est ouvert.")
            : Step(AccessRule.RecordOpen, false, "CLOSED", "The record is closed.", "Le dossier est fermé."));
        return steps;
    }

    /// <summary>The further steps on a document, for a professional who passed those on the record.</summary>
    public static IEnumerable<AccessStep> OnDocument(RecordAccess access, DocumentFindings found)
    {
        if (!access.Right(Function.Read).IsAllowed)
        {
            yield return Step(
                AccessRule.Function, false, access.Caller.IsOccupationalPhysician ? "OCCUPATIONAL_PHYSICIAN" : "NOT_OPEN",
                "The functional matrix does not let this professional read content.",
                "Les droits fonctionnels n’ouvrent pas la lecture à ce professionnel.");
            yield break;
        }

        if (found.IsOwn)
        {
            yield return Depositor;
            yield break;
        }

        yield return MaskStep(access, found);
        yield return found.IsHiddenByRule
            ? Step(
                AccessRule.Visibility, false, "HIDDEN", "A rule of the patient hides it from this professional.",
                "Une règle du patient le cache à ce professionnel.")
            : Step(AccessRule.Visibility, true, "NO_RULE", "No rule of the patient hides it.", "Aucune règle du patient ne le cache.");
        yield return found.IsOpenToProfession
            ? Step(
                AccessRule.Matrix, true, "OPEN_TO_PROFESSION", "The type of the document is open to the profession.",
                "La matrice ouvre ce type de document à la profession.")
            : Step(
                AccessRule.Matrix, false, access.Caller.ProfessionCode is null ? "PROFESSION_UNKNOWN" : "CLOSED_TO_PROFESSION",
                access.Caller.ProfessionCode is null
                    ? "The professional has not used the record yet: the profession decides, and is not known."
                    : "The type of the document is not open to the profession.",
                access.Caller.ProfessionCode is null
                    ? "Ce professionnel n’a pas encore utilisé le dossier : sa profession, qui décide, n’est pas connue."
                    : "La matrice n’ouvre pas ce type de document à la profession.");
    }

    private static AccessStep ConsentStep(AccessFacts facts, bool hasConsent, DateTimeOffset now)
    {
        if (hasConsent)
        {
            var until = facts.ExpireTime!.Value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var isAttending = facts.IsAttending;
            return Step(
                AccessRule.Consent, true, isAttending ? "ATTENDING_PHYSICIAN" : "VALID",
                $"A consent is in force until {until}{(isAttending ? ", as attending physician" : "")}.",
                $"Une autorisation est valide jusqu’au {until}{(isAttending ? ", comme médecin traitant" : "")}.");
        }

        if (facts.AwaitsReapproval)
        {
            return Step(
                AccessRule.Consent, false, "PENDING_REAPPROVAL",
                "The consent was given before the patient came of age and waits for the patient's approval.",
                "L’autorisation date d’avant la majorité du patient et attend sa confirmation.");
        }

        return facts.WasEverAuthorized
            ? Step(AccessRule.Consent, false, "EXPIRED", "The consent has ended.", "L’autorisation a pris fin.")
            : Step(AccessRule.Consent, false, "NONE", "There is no consent.", "Aucune autorisation n’a été donnée.");
    }

    private static AccessStep MaskStep(RecordAccess access, DocumentFindings found) => (found, access) switch
    {
        ({ Masked: false }, _) => Step(AccessRule.Mask, true, "NOT_MASKED", "The document is not masked.", "Le document n’est pas masqué."),
        (_, { IsAttending: true }) => Step(
            AccessRule.Mask, true, "ATTENDING_PHYSICIAN", "Masked, and shown to the attending physician.",
            "Masqué, mais visible du médecin traitant."),
        (_, { SeesMasked: true }) => Step(
            AccessRule.Mask, true, "EMERGENCY", "Masked, and shown in emergencies as the patient decided.",
            "Masqué, mais visible en urgence selon le choix du patient."),
        ({ IsShownByRule: true }, _) => Step(
            AccessRule.Mask, true, "SHOWN_BY_RULE", "Masked, and shown to this professional by a rule of the patient.",
            "Masqué, mais montré à ce professionnel par une règle du patient."),
        _ => Step(
            AccessRule.Mask, false, "MASKED", "The document is masked to professionals.", "Le document est masqué aux professionnels."),
    };

    private static AccessStep Step(AccessRule rule, bool passed, string finding, string sentence, string sentenceFr) =>
        new() { Rule = rule, Passed = passed, Finding = finding, Sentence = sentence, SentenceFr = sentenceFr };
}
