namespace Dmp.Server.Messages;

/// <summary>
/// Global identifiers (uniqueId) in the one form in which they are kept and compared: what <c>TEXT_KIND_UNIQUE_ID</c> of the contract says.
/// </summary>
internal static class UniqueIds
{
    private const string Uuid = "urn:uuid:";
    private const string Oid = "urn:oid:";

    /// <summary>The one form of an identifier. Unknown forms stay as they are; so does an absent one.</summary>
    public static string Canonical(string id)
    {
        var bare = Bare(id);
        var extension = bare.IndexOf('^', StringComparison.Ordinal);
        var root = extension < 0 ? bare : bare[..extension];
        if (Guid.TryParseExact(root, "D", out var uuid))
        {
            // HL7 writes the root of an identifier with an extension without a scheme.
            return extension < 0 ? $"{Uuid}{uuid:D}" : $"{uuid:D}{bare[extension..]}";
        }

        return IsOid(root) ? bare : id;
    }

    // The scheme and the name of the space of a URN are the same in either case (RFC 8141).
    private static string Bare(string id) =>
        id.StartsWith(Uuid, StringComparison.OrdinalIgnoreCase) ? id[Uuid.Length..]
        : id.StartsWith(Oid, StringComparison.OrdinalIgnoreCase) ? id[Oid.Length..]
        : id;

    private static bool IsOid(string text) =>
        text.Contains('.', StringComparison.Ordinal)
        && text.Split('.') is { Length: > 1 } arcs
        && arcs.All(arc => arc.Length > 0 && arc.All(char.IsAsciiDigit));
}
