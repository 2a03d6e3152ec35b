namespace Dmp.Codes;

/// <summary>By what a code is found, so that both ways of writing it lead to the same concept.</summary>
public static class CodeKey
{
    /// <summary>
    /// The code itself. Of ICD-10 (CIM-10) without its point and in capitals: documents write I20.0, and the files of hospital statistics
    /// I200.
    /// </summary>
    public static string Of(string systemOid, string code) =>
        systemOid == CodeKinds.Cim10.Oid ? code.Replace(".", "", StringComparison.Ordinal).ToUpperInvariant() : code;
}
