using System.Collections.Frozen;

namespace Dmp.Codes;

/// <summary>A kind of edition that holds code lists.</summary>
/// <param name="Name">What the operator calls it.</param>
/// <param name="Title">What the list is called in answers; of value sets, what each is called stands in its file.</param>
/// <param name="Oid">The OID of the system; empty for value sets, each of which has its own.</param>
/// <param name="OtherOids">Further OIDs that documents have for the same system.</param>
/// <param name="Urls">Its addresses in FHIR (<c>CodeSystem.url</c>).</param>
public sealed record CodeKind(string Name, string Title, string Oid, IReadOnlyList<string> OtherOids, IReadOnlyList<string> Urls)
{
    /// <summary>
    /// Whether a code has the form of those that are used in documents; another one is a place in the order of the system. The terminology
    /// server lists activities, phases and modifiers of CCAM beside its acts.
    /// </summary>
    public bool IsLeaf(string code) => Name switch
    {
        "atc" => code.Length == 7,
        "ccam" => code.Length == 7 && code[..4].All(char.IsAsciiLetterUpper) && code[4..].All(char.IsAsciiDigit),
        _ => true,
    };
}

/// <summary>The kinds.</summary>
public static class CodeKinds
{
    /// <summary>Laboratory and other observations.</summary>
    public static CodeKind Loinc { get; } = new("loinc", "LOINC", "2.16.840.1.113883.6.1", [], ["http://loinc.org"]);

    /// <summary>Medical acts. Documents of CI-SIS have the second OID.</summary>
    public static CodeKind Ccam { get; } = new(
        "ccam", "CCAM", "1.2.250.1.213.2.5", ["1.2.250.1.215.300.1"], ["https://smt.esante.gouv.fr/terminologie-ccam"]);

    /// <summary>Diseases: ICD-10, in French CIM-10.</summary>
    public static CodeKind Cim10 { get; } = new(
        "cim10",
        "CIM-10",
        "2.16.840.1.113883.6.3",
        [],
        ["http://hl7.org/fhir/sid/icd-10", "https://smt.esante.gouv.fr/terminologie-cim-10"]);

    /// <summary>Classes of medicines.</summary>
    public static CodeKind Atc { get; } = new(
        "atc",
        "ATC",
        "2.16.840.1.113883.6.73",
        [],
        ["http://www.whocc.no/atc", "https://smt.esante.gouv.fr/terminologie-atc"]);

    /// <summary>Acts of laboratories. The OID is the one in documents of the health insurance (CNAM-HR).</summary>
    public static CodeKind Nabm { get; } = new(
        "nabm", "NABM", "1.2.250.1.215.200.4.1", [], ["https://smt.esante.gouv.fr/terminologie-nabm"]);

    /// <summary>Value sets (<em>jeux de valeurs</em>) in the form of IHE SVS: many lists, each with its own OID.</summary>
    public static CodeKind ValueSets { get; } = new("valuesets", "", "", [], []);

    /// <summary>All of them, by name.</summary>
    public static FrozenDictionary<string, CodeKind> All { get; } =
        new[] { Loinc, Ccam, Cim10, Atc, Nabm, ValueSets }.ToFrozenDictionary(kind => kind.Name, StringComparer.Ordinal);
}
