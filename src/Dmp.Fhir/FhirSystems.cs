using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dmp.Cda;

namespace Dmp.Fhir;

/// <summary>
/// How systems of codes and of identifiers are written in the metadata and in facts: as OIDs, as CDA writes them. A URI for which no OID is
/// known stays as it is given. The table is <c>systems.tsv</c>.
/// </summary>
public static class FhirSystems
{
    private const string OidScheme = "urn:oid:";
    private const string UuidScheme = "urn:uuid:";
    private const string Uri = "urn:ietf:rfc:3986";
    private const string DicomUid = "urn:dicom:uid";
    private const string Version2Tables = "http://terminology.hl7.org/CodeSystem/v2-";
    private const string Version2Oid = "2.16.840.1.113883.12.";
    private const int RootCharsMax = 128;

    private static readonly List<string[]> rows = Rows();

    private static readonly FrozenDictionary<string, string> codes = rows
        .Where(row => row[2].Length == 0)
        .ToFrozenDictionary(row => row[0], row => row[1], StringComparer.Ordinal);

    // Of several URIs for one OID the first of the table: the one that is known everywhere.
    private static readonly FrozenDictionary<string, string> uris = rows
        .Where(row => row[2].Length == 0)
        .DistinctBy(row => row[1])
        .ToFrozenDictionary(row => row[1], row => row[0], StringComparer.Ordinal);

    /// <summary>
    /// By system and length: PS_IdNat and Struct_IdNat of the CI-SIS put a digit before the identifier that says which one it is: 8 RPPS,
    /// 1 FINESS, 2 SIREN, 3 SIRET.
    /// </summary>
    private static readonly FrozenDictionary<(string System, int Length), (string Oid, string Prefix)> identifiers = rows
        .Where(row => row[2].Length > 0)
        .ToFrozenDictionary(
            row => (row[0], int.Parse(row[3], CultureInfo.InvariantCulture)), row => (row[1], row[2]));

    /// <summary>The OID of a system of codes; the URI where none is known; null for none.</summary>
    public static string? OidOf(string? uri) => string.IsNullOrWhiteSpace(uri) ? null
        : codes.TryGetValue(uri, out var oid) ? oid
        : uri.StartsWith(OidScheme, StringComparison.OrdinalIgnoreCase) ? uri[OidScheme.Length..]
        : uri.StartsWith(Version2Tables, StringComparison.Ordinal)
            && int.TryParse(uri.AsSpan(Version2Tables.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var table)
            ? Version2Oid + table.ToString(CultureInfo.InvariantCulture)
        : uri;

    /// <summary>
    /// The URI of a system of codes that is written as an OID or as a URI; null when it is neither. An OID for which no URI is known is
    /// written as <c>urn:oid:</c>.
    /// </summary>
    /// <param name="system">As facts have it.</param>
    public static string? UriOf(string? system) => string.IsNullOrWhiteSpace(system) || system.Any(char.IsWhiteSpace) ? null
        : uris.TryGetValue(system, out var uri) ? uri
        : IsOid(system) ? system.StartsWith(Version2Oid, StringComparison.Ordinal)
            && system[Version2Oid.Length..] is var table && table.All(char.IsAsciiDigit)
            ? Version2Tables + table.PadLeft(4, '0')
            : OidScheme + system
        : System.Uri.IsWellFormedUriString(system, UriKind.Absolute) ? system
        : null;

    /// <summary>
    /// An identifier with its system. RPPS, FINESS, SIREN and SIRET by their own systems are answered as the national identifiers that they
    /// are a part of. Null when there is no value, or no system that would say whose it is.
    /// </summary>
    /// <param name="system">As written.</param>
    /// <param name="value">As written.</param>
    public static CdaId? IdOf(string? system, string? value)
    {
        value = value?.Trim();
        system = system?.Trim();
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (Bare(value) is { } root && (string.IsNullOrEmpty(system) || system is Uri or DicomUid))
        {
            return new CdaId(root, null);
        }

        if (string.IsNullOrEmpty(system))
        {
            return null;
        }

        return system == Uri ? new CdaId(value, null)
            : value.All(char.IsAsciiDigit) && identifiers.TryGetValue((system, value.Length), out var national)
                ? new CdaId(national.Oid, national.Prefix + value)
            : new CdaId(Bare(system) ?? OidOf(system)!, value);
    }

    /// <summary>An identifier as the platform keeps one of a document; null when there is none.</summary>
    /// <param name="id">The identifier.</param>
    public static string? UniqueIdOf(CdaId? id)
    {
        if (id is null)
        {
            return null;
        }

        var isUuid = Guid.TryParseExact(id.Root, "D", out _);
        var isOid = id.Root.Length <= RootCharsMax && id.Root.Contains('.', StringComparison.Ordinal)
            && id.Root.All(letter => char.IsAsciiDigit(letter) || letter == '.');
        return !isUuid && !isOid ? $"{UuidScheme}{Computed(id.ToString())}"
            : CdaUniqueIds.Kept(isUuid && id.Extension is null ? UuidScheme + id.Root : id.ToString());
    }

    /// <summary>An OID or a UUID by itself, without its scheme; null when it is neither.</summary>
    private static string? Bare(string text)
    {
        var bare = text.StartsWith(OidScheme, StringComparison.OrdinalIgnoreCase) ? text[OidScheme.Length..]
            : text.StartsWith(UuidScheme, StringComparison.OrdinalIgnoreCase) ? text[UuidScheme.Length..]
            : text;
        return Guid.TryParseExact(bare, "D", out var uuid) ? uuid.ToString("D")
            : bare.Length < text.Length || IsOid(bare) ? bare
            : null;
    }

    private static bool IsOid(string text) =>
        text.Length is > 2 and <= RootCharsMax && text[0] is '0' or '1' or '2' && text[1] == '.'
        && text.Split('.') is { Length: > 3 } arcs
        && arcs.All(arc => arc.Length > 0 && arc.All(char.IsAsciiDigit));

    /// <summary>A UUID of version 8 (RFC 9562): the first bits of the SHA-256 of the identifier in UTF-8.</summary>
    private static Guid Computed(string id)
    {
        var bits = SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 16);
        bits[6] = (byte)(0x80 | (bits[6] & 0x0F));
        bits[8] = (byte)(0x80 | (bits[8] & 0x3F));
        return new Guid(bits, bigEndian: true);
    }

    private static List<string[]> Rows()
    {
        using var stream = typeof(FhirSystems).Assembly.GetManifestResourceStream("systems.tsv")
            ?? throw new InvalidOperationException("systems.tsv is not embedded.");
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        List<string[]> read = [];
        while (reader.ReadLine() is { } line)
        {
            read.Add(line.Split('\t'));
        }

        return read;
    }
}
