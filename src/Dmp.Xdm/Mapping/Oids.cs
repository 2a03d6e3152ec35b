namespace Dmp.Xdm;

/// <summary>Object identifiers of the French framework.</summary>
internal static class Oids
{
    public const string Professional = "1.2.250.1.71.4.2.1";
    public const string Structure = "1.2.250.1.71.4.2.2";
    public const string Confidentiality = "2.16.840.1.113883.5.25";
    public const string Visibility = "1.2.250.1.213.1.1.4.13";
    public const string InsTest = "1.2.250.1.213.1.4.10";
    public const string InsDemonstration = "1.2.250.1.213.1.4.11";
    public const string Nir = "1.2.250.1.213.1.4.8";
    public const string Nia = "1.2.250.1.213.1.4.9";

    public static bool IsIns(string oid) => oid is Nir or Nia or InsTest or InsDemonstration;
}
