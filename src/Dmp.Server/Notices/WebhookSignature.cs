using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Dmp.Server.Notices;

/// <summary>Signatures as Standard Webhooks defines them, so that existing libraries check them.</summary>
internal static class WebhookSignature
{
    private const string Prefix = "whsec_";

    /// <summary>The key of a secret; null when it is none.</summary>
    public static byte[]? KeyOf(string? secret)
    {
        if (secret is null || !secret.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var key = new byte[secret.Length];
        return Convert.TryFromBase64String(secret[Prefix.Length..], key, out var length) && length is >= 24 and <= 64
            ? key[..length]
            : null;
    }

    /// <summary>The header <c>webhook-signature</c>: one signature for each secret.</summary>
    public static string Of(IEnumerable<string> secrets, string id, long unixSeconds, byte[] body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{unixSeconds}.")), .. body];
        return string.Join(
            ' ', secrets.Select(KeyOf).OfType<byte[]>().Select(key => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}"));
    }
}
