using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Dmp.Cda;

/// <summary>Identifiers of CDA headers that the platform cannot keep as they are: too long, with blanks, or with what nobody
/// sees.</summary>
public static class CdaUniqueIds
{
    private const int CharactersMax = 128;

    /// <summary>
    /// The identifier as it is kept: itself, or a UUID that is computed from it, so that the same document is recognised again, and found
    /// by what replaces it. Null when there is none.
    /// </summary>
    /// <param name="uniqueId">The identifier as in XDS.</param>
    public static string? Kept(string? uniqueId) => uniqueId is null || IsFit(uniqueId) ? uniqueId : $"urn:uuid:{Computed(uniqueId)}";

    private static bool IsFit(string uniqueId) => uniqueId.Length <= CharactersMax && !uniqueId.Any(
        letter => char.IsWhiteSpace(letter) || char.IsControl(letter)
            || char.GetUnicodeCategory(letter) is UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.PrivateUse);

    /// <summary>A UUID of version 8 (RFC 9562): the first bits of the SHA-256 of the identifier in UTF-8.</summary>
    private static Guid Computed(string uniqueId)
    {
        var bits = SHA256.HashData(Encoding.UTF8.GetBytes(uniqueId)).AsSpan(0, 16);
        bits[6] = (byte)(0x80 | (bits[6] & 0x0F));
        bits[8] = (byte)(0x80 | (bits[8] & 0x3F));
        return new Guid(bits, bigEndian: true);
    }
}
