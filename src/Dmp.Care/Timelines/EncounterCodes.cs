using Dmp.Facts.V1;

namespace Dmp.Care.Timelines;

/// <summary>What says that there was a stay or a visit.</summary>
internal static class EncounterCodes
{
    private const string Loinc = "2.16.840.1.113883.6.1";

    /// <summary>HL7 ActCode, and what the CI-SIS has for a stay.</summary>
    private static readonly HashSet<string> stays = new(StringComparer.Ordinal) { "EMER", "IMP", "ACUTE", "NONAC", "ORG-077" };

    /// <summary>Passage in an emergency department, report of a stay, and letters of discharge.</summary>
    private static readonly HashSet<string> visits = new(StringComparer.Ordinal) { "15507-7", "60280-5", "34112-3", "11490-0", "83981-1" };

    /// <summary>Report of a stay, and letters of discharge.</summary>
    private static readonly HashSet<string> discharges = new(StringComparer.Ordinal) { "34112-3", "11490-0", "83981-1" };

    /// <summary>An encounter of the patient that took place.</summary>
    public static bool IsEncounter(Fact fact) => fact is
    {
        KindCase: Fact.KindOneofCase.Encounter, Negated: false, Subject: null, Absence: FactAbsence.Unspecified,
        Mood: "" or "EVN", State: not ("nullified" or "cancelled" or "aborted"),
    };

    /// <summary>Such an encounter that is a stay or a visit in an emergency department.</summary>
    public static bool IsStay(Fact fact) => IsEncounter(fact) && fact.Encounter.Code is { } code && stays.Contains(code.Code);

    /// <summary>A document that is written of a stay or a visit in an emergency department.</summary>
    public static bool IsOfVisit(CareDocument document) => Is(document, visits);

    /// <summary>A document that is written at the end of a stay.</summary>
    public static bool IsOfDischarge(CareDocument document) => Is(document, discharges);

    private static bool Is(CareDocument document, HashSet<string> codes) =>
        document.Metadata.Type is { System: Loinc } type && codes.Contains(type.Code);
}
