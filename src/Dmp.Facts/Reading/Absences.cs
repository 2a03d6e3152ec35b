using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>
/// How documents say that there is nothing: the codes of the value sets AbsentOrUnknown of IPS and CI-SIS, of SNOMED CT, and words.
/// </summary>
internal static class Absences
{
    /// <summary>HL7 IPS absent-and-unknown data.</summary>
    private const string System = "2.16.840.1.113883.5.1150.1";

    private const string NoneKnown = "no-known-";
    private const string NoInformation = "-info";

    /// <summary>
    /// SNOMED CT: no known allergy, no known drug allergy, no known food allergy, no current problem; and, as IPS has them, no known
    /// procedures, medications, immunisations, devices.
    /// </summary>
    private static readonly HashSet<string> none =
    [
        "716186003", "160244002", "409137002", "429625007", "160245001", "787480003", "787481004", "787482006", "787483001",
    ];

    /// <summary>How French texts begin that say that there is none.</summary>
    private static readonly string[] beginnings = ["aucun", "pas d", "absence d", "néant", "rien à signaler"];

    /// <summary>There is something after all.</summary>
    private static readonly string[] exceptions = ["sauf", "hormis", "excepté", "en dehors", "à part", "mais "];

    /// <summary>By a code, or else, where there is none, by the words.</summary>
    public static FactAbsence Of(Coded? code, string? words) => code?.Code is { } stated
        ? OfCode(stated, code.System)
        : SayNone(words) ? FactAbsence.NoneByWords : FactAbsence.No;

    /// <summary>By the first of the codes that says so: it may be that of the statement, of its value or of what it is about.</summary>
    public static FactAbsence OfAny(IEnumerable<Coded?> codes) =>
        codes.Select(code => Of(code, null)).FirstOrDefault(absence => absence != FactAbsence.No);

    /// <summary>By the code of the statement itself, where IPS and CI-SIS put it for medicines, acts and devices.</summary>
    public static FactAbsence OfStatement(CdaNode statement) =>
        statement.Find("code") is { } code && code["code"] is { } stated ? OfCode(stated, code["codeSystem"]) : FactAbsence.No;

    private static FactAbsence OfCode(string code, string? system)
    {
        var isOfList = system == System || code.StartsWith(NoneKnown, StringComparison.Ordinal);
        return none.Contains(code) || (isOfList && !code.EndsWith(NoInformation, StringComparison.Ordinal)) ? FactAbsence.NoneKnown
            : isOfList ? FactAbsence.NoInformation
            : FactAbsence.No;
    }

    private static bool SayNone(string? words) => words is not null
        && beginnings.Any(begin => words.StartsWith(begin, StringComparison.OrdinalIgnoreCase))
        && !exceptions.Any(but => words.Contains(but, StringComparison.OrdinalIgnoreCase));
}
