using Dmp.Codes.Formats;
using Dmp.Interactions;

namespace Dmp.Codes;

/// <summary>Reads the files of an edition, each in the form in which its publisher offers it.</summary>
public static class CodeFiles
{
    /// <summary>Most bytes of the files of an edition: the whole table of LOINC has some hundred million.</summary>
    public const long EditionBytesMax = 512L * 1024 * 1024;

    /// <summary>The part that holds the list: the only one, but for LOINC and value sets.</summary>
    public const string Table = "table";

    /// <summary>French names of LOINC (its linguistic variant).</summary>
    public const string French = "french";

    /// <summary>Reads what the files hold: each by its form, which the kind and the name of the file tell.</summary>
    /// <param name="kind">What they are.</param>
    /// <param name="parts">The files by their part; of value sets each by its name.</param>
    /// <param name="today">Of several rows of an act, each a change, the one that holds on this day counts.</param>
    /// <exception cref="InvalidDataException">A file is none of the forms of its kind.</exception>
    public static CodeReading Read(CodeKind kind, IReadOnlyDictionary<string, PublishedFile> parts, DateOnly today)
    {
        if (kind == CodeKinds.ValueSets)
        {
            return SvsFiles.Read([.. parts.Values]);
        }

        var table = parts[Table];
        if (parts.ContainsKey(French) && !table.Name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidDataException($"French names are read beside a table (.csv); {table.Name} is none.");
        }

        List<ReadingNotice> notices = [];
        var extension = Path.GetExtension(table.Name).ToUpperInvariant();
        var list = (kind.Name, extension) switch
        {
            (_, ".JSON") => FhirCodeSystem.Read(kind, table, notices),
            ("loinc", ".CSV") => LoincFiles.Read(table, parts.GetValueOrDefault(French), notices),
            ("ccam", ".DBF") => CcamFile.Read(table, today, notices),
            ("nabm", ".DBF") => NabmFile.Read(table, notices),
            ("cim10", ".TXT") => Cim10Text.Read(table, notices),
            ("cim10", ".XML") => ClamlFile.Read(table, notices),
            ("atc", ".XML") => AtcFile.Read(table, notices),
            _ => throw new InvalidDataException($"{table.Name}: files of {kind.Name} are {FormsOf(kind)}."),
        };
        return new CodeReading([list], notices);
    }

    private static string FormsOf(CodeKind kind) => kind.Name switch
    {
        "loinc" => "Loinc.csv or LoincTableCore.csv, or a FHIR CodeSystem (.json)",
        "ccam" => "R_ACTE.dbf, or a FHIR CodeSystem (.json)",
        "nabm" => "NABM_FICHE_TOTnnn.dbf, or a FHIR CodeSystem (.json)",
        "cim10" => "LIBCIM10MULTI.TXT, ClaML (.xml), or a FHIR CodeSystem (.json)",
        _ => "the index in XML, or a FHIR CodeSystem (.json)",
    };
}
