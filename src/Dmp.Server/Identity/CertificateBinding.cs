using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Dmp.Server.Identity;

/// <summary>Tokens that only the holder of a client certificate may use (RFC 8705).</summary>
internal static class CertificateBinding
{
    private const string Confirmation = "cnf";
    private const string Thumbprint = "x5t#S256";

    /// <summary>
    /// Throws when the token is bound to another certificate than the connection's, or is unbound where binding is required.
    /// A token bound by another method (such as a DPoP key) is refused: used as a bearer token it would lose its protection.
    /// </summary>
    public static void Require(TokenClaims claims, X509Certificate2? certificate, bool required)
    {
        if (claims.Find(Confirmation) is not { } confirmation)
        {
            if (required)
            {
                throw new TokenRefusedException(new(TokenRefusalReason.NotBound));
            }

            return;
        }

        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        if (certificate is null
            || confirmation.ValueKind != JsonValueKind.Object
            || !confirmation.TryGetProperty(Thumbprint, out var thumbprint)
            || thumbprint.ValueKind != JsonValueKind.String
            || !TryDecode(thumbprint, expected)
            || !CryptographicOperations.FixedTimeEquals(expected, SHA256.HashData(certificate.RawDataMemory.Span)))
        {
            throw new TokenRefusedException(new(TokenRefusalReason.NotBound));
        }
    }

    private static bool TryDecode(JsonElement thumbprint, Span<byte> digest) =>
        TokenClaims.TextOf(thumbprint) is { Length: 43 } text
        && Base64Url.IsValid(text)
        && Base64Url.TryDecodeFromChars(text, digest, out var written)
        && written == digest.Length;
}
