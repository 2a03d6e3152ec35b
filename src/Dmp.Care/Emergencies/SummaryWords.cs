using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Care.V1;
using Dmp.Interactions.V1;
using Dmp.Record.V1;

namespace Dmp.Care.Emergencies;

/// <summary>The words of the page in one language. Those of <see cref="HiddenPossible"/> and of the reminders are fixed: no rule may change
/// them, so that they tell nothing.</summary>
internal sealed class SummaryWords(SummaryLanguage language)
{
    public bool IsFrench => language == SummaryLanguage.French;

    public string LanguageCode => IsFrench ? "fr" : "en";

    public string PageTitle => In("Synthèse d'urgence", "Emergency summary");

    /// <summary>French has a blank before it.</summary>
    public string Colon => In(" : ", ": ");

    public string PatientPrefix => In("Patient : ", "Patient: ");

    public string ByPatient => In("déclaré par le patient ou son entourage", "stated by the patient's side");

    public string Warning => In(
        "Pour référence : extrait automatique des documents du dossier, peut être incomplet ; à vérifier avant toute décision.",
        "For reference: extracted automatically from the documents of the record, may be incomplete; verify before any decision.");

    public string NothingFound => In("Aucune information trouvée dans ce dossier.", "Nothing about this was found in this record.");

    public string HiddenPossible =>
        In("Des documents peuvent exister sans être visibles ici.", "Documents may exist that are not visible here.");

    public string BloodGroupReminder => In(
        "Ne remplace jamais la détermination et le contrôle avant transfusion.",
        "Never replaces the determination and the check before a transfusion.");

    public string DonationReminder => In(
        "Le registre national des refus fait référence et est interrogé par l'équipe habilitée ; cette déclaration ne le remplace pas.",
        "The national refusal register is the reference and is asked by the authorised team; this statement does not replace it.");

    /// <summary>Of what a format takes no "unknown" for.</summary>
    public string StateNotStated => In("état non précisé par le document", "state not stated by the document");

    public string NotStated => In("non renseigné", "not stated");

    public string Active => In("actif", "active");

    public string Past => In("passé", "past");

    public string UnwantedEffect => In("effet indésirable", "unwanted effect");

    public string Ended => In("TERMINÉ", "ENDED");

    public string Stopped => In("ARRÊTÉ", "STOPPED");

    public string Planned => In("prévu, pas encore commencé", "planned, not begun yet");

    public string EndUnknown => In("fin inconnue", "end not known");

    public string Recent => In("CES 3 DERNIERS JOURS", "IN THE LAST 3 DAYS");

    public string NoReference => In(
        "Interactions non vérifiées : aucun référentiel en vigueur sur cette plateforme.",
        "Interactions not checked: this platform has no rules in force.");

    public string NothingToCheck => In("Moins de deux médicaments : rien à vérifier.", "Fewer than two medicines: nothing to check.");

    public string NoRuleIsNoProof => In(
        "L'absence de règle ne veut pas dire absence d'interaction.", "The absence of a rule is not the absence of an interaction.");

    public string ContradictoryGroups => In(
        "Résultats contradictoires, voir les documents.", "Contradictory results, see documents.");

    public string In(string french, string english) => IsFrench ? french : english;

    public string NoneBy(string who, string date) => IsFrench
        ? $"Documenté comme absent par {who}, le {date}." : $"Documented as none by {who} on {date}.";

    public string More(int count) => IsFrench ? $"+ {count} {(count == 1 ? "autre" : "autres")}" : $"+ {count} more";

    public string Section(SummarySection section) => section switch
    {
        SummarySection.Allergies => In("Allergies et intolérances", "Allergies and intolerances"),
        SummarySection.DangerousMedicines => In("Médicaments à risque", "Dangerous medicines"),
        SummarySection.OtherMedicines => In("Autres médicaments en cours", "Other running medicines"),
        SummarySection.Problems => In("Problèmes de santé", "Problems"),
        SummarySection.Visits => In("Urgences, séjours, sorties", "Emergency visits, stays, discharges"),
        SummarySection.Results => In("Derniers résultats", "Last results"),
        SummarySection.Devices => In("Dispositifs et implants", "Devices and implants"),
        SummarySection.Pregnancy => In("Grossesse", "Pregnancy"),
        SummarySection.BloodGroup => In("Groupe sanguin", "Blood group"),
        SummarySection.People => In("Personnes à prévenir", "People to call"),
        SummarySection.Directives => In("Directives anticipées", "Advance directives"),
        SummarySection.Donation => In("Don d'organes", "Organ donation"),
        _ => "",
    };

    /// <summary>What a person is to the patient, by the HL7 RoleCodes that the platform takes; other words stay as they are.</summary>
    public string Relation(string code) => code switch
    {
        "FTH" => In("père", "father"),
        "MTH" => In("mère", "mother"),
        "STPFTH" => In("beau-père", "stepfather"),
        "STPMTH" => In("belle-mère", "stepmother"),
        "GRFTH" => In("grand-père", "grandfather"),
        "GRMTH" => In("grand-mère", "grandmother"),
        "GGRFTH" => In("arrière-grand-père", "great-grandfather"),
        "GGRMTH" => In("arrière-grand-mère", "great-grandmother"),
        "AUNT" => In("tante", "aunt"),
        "UNCLE" => In("oncle", "uncle"),
        "BRO" => In("frère", "brother"),
        "SIS" => In("sœur", "sister"),
        "RESPRSN" => In("responsable", "responsible person"),
        "SPS" => In("conjoint", "spouse"),
        "CHILD" => In("enfant", "child"),
        "FRND" => In("proche", "friend"),
        "NBOR" => In("voisin", "neighbour"),
        _ => code,
    };

    public string Level(InteractionLevel level) => level switch
    {
        InteractionLevel.Contraindication => In("Contre-indication (CI)", "Contraindicated (CI)"),
        InteractionLevel.NotRecommended => In("Association déconseillée (AD)", "Not recommended (AD)"),
        InteractionLevel.PrecautionForUse => In("Précaution d'emploi (PE)", "Precaution for use (PE)"),
        InteractionLevel.TakeIntoAccount => In("À prendre en compte (APEC)", "Take into account (APEC)"),
        _ => "?",
    };

    public string Result(ResultKind kind) => kind switch
    {
        ResultKind.Creatinine => In("Créatinine", "Creatinine"),
        ResultKind.Potassium => In("Potassium", "Potassium"),
        ResultKind.Inr => "INR",
        ResultKind.Haemoglobin => In("Hémoglobine", "Haemoglobin"),
        ResultKind.Troponin => In("Troponine", "Troponin"),
        _ => "",
    };

    public string Visit(VisitKind kind) => kind switch
    {
        VisitKind.Emergency => In("Passage aux urgences", "Emergency visit"),
        VisitKind.Stay => In("Séjour", "Stay"),
        VisitKind.DischargeLetter => In("Lettre de sortie", "Discharge letter"),
        _ => "",
    };

    public string Person(SummaryPersonKind kind) => kind switch
    {
        SummaryPersonKind.TrustedPerson => In("Personne de confiance", "Trusted person"),
        SummaryPersonKind.EmergencyContact => In("Contact d'urgence", "Emergency contact"),
        SummaryPersonKind.AttendingPhysician => In("Médecin traitant", "Attending physician"),
        _ => "",
    };

    public string Sex(Sex sex) => sex switch
    {
        Dmp.Record.V1.Sex.Female => In("féminin", "female"),
        Dmp.Record.V1.Sex.Male => In("masculin", "male"),
        _ => In("sexe indéterminé", "sex undetermined"),
    };

    public string Right(AuditBasis basis, AccessMode mode) => (basis, mode) switch
    {
        (AuditBasis.Patient, _) => In("le patient", "the patient"),
        (AuditBasis.Representative, _) => In("représentant légal", "legal representative"),
        (AuditBasis.Caregiver, _) => In("aidant", "caregiver"),
        (AuditBasis.Emergency, AccessMode.Regulation) => In("régulation médicale (centre 15)", "regulation centre"),
        (AuditBasis.Emergency, _) => In("bris de glace", "break-glass"),
        (AuditBasis.AttendingPhysician, _) => In("médecin traitant", "attending physician"),
        _ => In("autorisation du patient", "authorisation of the patient"),
    };

    public string Evidence(Dmp.Facts.V1.MedicationRole role) => role switch
    {
        Dmp.Facts.V1.MedicationRole.Dispensed => In("délivré", "dispensed"),
        Dmp.Facts.V1.MedicationRole.Administered => In("administré", "administered"),
        Dmp.Facts.V1.MedicationRole.Prescribed => In("prescrit", "prescribed"),
        Dmp.Facts.V1.MedicationRole.Planned => In("planifié", "planned"),
        _ => In("cité comme pris", "listed as taken"),
    };
}
