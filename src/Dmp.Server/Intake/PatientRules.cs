using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Server.Media;
using Dmp.Type.V1;

namespace Dmp.Server.Intake;

/// <summary>Whether something that is said of a patient is so in the record.</summary>
internal enum TraitMatch
{
    /// <summary>Nothing is said.</summary>
    Unsaid,

    /// <summary>It is.</summary>
    Agrees,

    /// <summary>It is not.</summary>
    Differs,
}

/// <summary>Whom a document, a medium or its metadata name, beside the patient of the record.</summary>
internal readonly record struct PatientMatch(TraitMatch Family, TraitMatch Given, TraitMatch Birth)
{
    /// <summary>Birth name, first given name and day of birth are all said, and are the patient's.</summary>
    public bool IsSame => (Family, Given, Birth) == (TraitMatch.Agrees, TraitMatch.Agrees, TraitMatch.Agrees);

    /// <summary>None of the three is the patient's: another person, whatever the identifier says.</summary>
    public bool IsOther => (Family, Given, Birth) == (TraitMatch.Differs, TraitMatch.Differs, TraitMatch.Differs);

    /// <summary>Something that is said is not so.</summary>
    public bool Differs => Family == TraitMatch.Differs || Given == TraitMatch.Differs || Birth == TraitMatch.Differs;

    /// <summary>Nothing is said.</summary>
    public bool IsEmpty => (Family, Given, Birth) == default;
}

/// <summary>Whether what comes with a document names the patient of the record (<i>identitovigilance</i>, EX_GEN-1230). Pure.</summary>
internal static class PatientRules
{
    private static readonly string[] insSystems = [.. CdaOids.Ins];

    /// <summary>Compares name by name.</summary>
    /// <param name="named">Whom somebody names.</param>
    /// <param name="identity">The patient of the record.</param>
    /// <param name="usedNames">The names that the patient uses count as well: for what knows of no other ones.</param>
    public static PatientMatch Compare(NamedPatient named, RecordIdentity identity, bool usedNames = false)
    {
        string[] usedFamilies = usedNames && identity.UsedFamilyName is { } family ? [family] : [];
        string[][] usedGivens = usedNames && identity.UsedGivenName is { } given ? [[given]] : [];
        string[] families = [identity.BirthFamilyName, .. usedFamilies];
        string[][] givens = [identity.BirthGivenNames, .. usedGivens];
        var texts = named.Texts
            .SelectMany(text => families.SelectMany(known => givens.Select(names => PatientNames.FindIn(text, known, names))))
            .ToArray();
        return new PatientMatch(
            Match(
                named.Families.Count + texts.Length,
                named.Families.Any(name => families.Any(known => PatientNames.Key(known) == PatientNames.Key(name)))
                    || texts.Any(found => found.Family)),
            Match(
                named.Givens.Count + texts.Length,
                named.Givens.Any(name => givens.Any(known => PatientNames.GivenAgrees(name, known))) || texts.Any(found => found.Given)),
            Match(named.BirthDate is null ? 0 : 1, named.BirthDate == identity.BirthDate));
    }

    /// <summary>
    /// Where in the metadata of an upload another patient is named than that of the record; null when nowhere. What is odd besides comes as
    /// warnings, which hold no value.
    /// </summary>
    public static string? FindOther(UploadIntent intent, RecordIdentity identity, List<Warning> warnings)
    {
        if (intent.Metadata?.SourcePatientId is { } source && insSystems.Contains(source.System) && source.Value != identity.InsNumber)
        {
            return "metadata.source_patient_id";
        }

        if (intent.StatedPatient is not { } stated)
        {
            return null;
        }

        if (stated.Ins is { } ins && ins.Number != identity.InsNumber)
        {
            return "stated_patient.ins";
        }

        var match = Compare(NamedPatient.Of(stated), identity);
        if (stated.Ins is not null ? match.IsOther : !match.IsEmpty && !match.IsSame)
        {
            return "stated_patient";
        }

        Warn(match, "stated_patient.family_names", "stated_patient.given_names", "stated_patient.birth_date", warnings);
        return null;
    }

    /// <summary>True when the content itself, other than CDA, names another person. It may name nobody, and by the names in use.</summary>
    public static bool IsOther(NamedPatient named, RecordIdentity identity, List<Warning> warnings)
    {
        var match = Compare(named, identity, usedNames: true);
        if (match.Differs)
        {
            return true;
        }

        if (!match.IsSame)
        {
            const string Unsaid = "The content does not say birth name, first given name and day of birth of its patient.";
            warnings.Add(new Warning { Field = "document", Description = Unsaid });
        }

        return false;
    }

    /// <summary>Tells what differs.</summary>
    public static void Warn(PatientMatch match, string family, string given, string birth, List<Warning> warnings)
    {
        Add(match.Family, family, "No family name here is the patient's birth name in the record.");
        Add(match.Given, given, "No given name here is the patient's first given name in the record.");
        Add(match.Birth, birth, "The day of birth here is not the one in the record.");

        void Add(TraitMatch trait, string field, string description)
        {
            if (trait == TraitMatch.Differs)
            {
                warnings.Add(new Warning { Field = field, Description = description });
            }
        }
    }

    private static TraitMatch Match(int said, bool agrees) =>
        said == 0 ? TraitMatch.Unsaid : agrees ? TraitMatch.Agrees : TraitMatch.Differs;
}
