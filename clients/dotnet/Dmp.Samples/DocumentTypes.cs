using System.Collections.Frozen;

namespace Dmp.Samples;

/// <summary>
/// Document types a record takes: codes of the CI-SIS value set for <c>typeCode</c> that belong to a document class.
/// LOINC codes are a registered trademark and content of Regenstrief Institute, Inc.
/// </summary>
internal static class DocumentTypes
{
    public const string Loinc = "2.16.840.1.113883.6.1";
    public const string TreA05 = "1.2.250.1.213.1.1.4.12";

    /// <summary><i>Synthèse d'épisode de soins</i>: says the least about a document of unknown kind from a professional.</summary>
    public const string Fallback = "34133-9";

    private static readonly FrozenSet<string> loincCodes = FrozenSet.ToFrozenSet(
    [
        "11369-6", "11488-4", "11490-0", "34112-3", "11502-2", "11505-5", "11506-3", "15507-7", "15508-5", "18776-5",
        "18748-4", "18761-7", "28617-9", "28653-4", "29274-8", "34120-6", "34133-9", "34749-2", "34794-8", "34842-5",
        "34874-8", "34875-5", "47420-5", "51851-4", "51969-4", "52040-3", "55115-0", "56445-0", "56446-8", "57828-6",
        "57832-8", "57833-6", "59283-2", "59284-0", "60280-5", "60568-3", "60591-5", "60593-1", "61357-0", "67851-6",
        "68599-0", "68817-6", "70004-7", "78341-5", "74207-2", "74465-6", "75468-9", "75482-0", "75492-9", "75496-0",
        "77436-4", "77604-7", "78513-9", "78601-2", "80565-5", "80771-9", "80788-3", "80820-4", "83836-7", "83869-8",
        "83901-9", "83981-1", "85208-7", "86531-1", "87273-9", "88348-8", "89601-9", "93024-8", "96349-6", "96874-3",
        "96173-0", "57055-6", "57057-2", "57075-4", "89235-6", "78489-2", "89233-1", "11526-1", "10213-7", "11493-4",
        "11528-7", "24611-6", "27899-4", "29554-3", "39256-3", "46241-6", "75497-8", "29550-1", "29551-9", "52063-5",
        "52521-2",
    ]);

    private static readonly FrozenSet<string> treA05Codes = FrozenSet.ToFrozenSet(
    [
        "ATTEST-ASS-COMPL", "ATTEST-RESID", "ATTEST-HEBGT", "ATTEST-DROITS-AM", "AUTORIS-SOINS", "BIL_AUTO",
        "CERT_DECL", "DISP_AUT", "EXPPAT_1", "EXPPAT_2", "EXPPAT_3", "IMG-KOS", "PROT_ALD", "REMB", "SYNTH",
        "DOCPAT01", "DOCPAT02", "DOCPAT03", "DOCPAT04", "DOCPAT05", "DOCPAT06", "DOCPAT07", "DOCPAT08", "DOCPAT09",
        "PRESC-AAT", "PRESC-BIO", "PRESC-KINE", "PRESC-INF", "PRESC-PEDI", "PRESC-ORTHOPHO", "PRESC-ORTHOPTIE",
        "EXPORT_DUI",
    ]);

    public static bool IsPublished(string? code, string? system) => code is not null && system switch
    {
        Loinc => loincCodes.Contains(code),
        TreA05 => treA05Codes.Contains(code),
        _ => false,
    };
}
