using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dmp.Notice.V1;

namespace Dmp.Client;

/// <summary>
/// For patient applications: checks that a webhook comes from the platform and is not an old one sent again, and reads it. The
/// signature is that of Standard Webhooks. Safe for use by several threads.
/// </summary>
public sealed class NoticeWebhook
{
    /// <summary>The header with the id of the notice.</summary>
    public const string IdHeader = "webhook-id";

    /// <summary>The header with the time of sending.</summary>
    public const string TimestampHeader = "webhook-timestamp";

    /// <summary>The header with the signatures.</summary>
    public const string SignatureHeader = "webhook-signature";

    private const string Prefix = "whsec_";
    private const string Version = "v1,";

    private static readonly TimeSpan defaultTolerance = TimeSpan.FromMinutes(5);

    private readonly byte[][] keys;
    private readonly TimeSpan tolerance;
    private readonly TimeProvider time;

    /// <summary>Makes a reader.</summary>
    /// <param name="secrets">The secrets agreed with the operators, as <c>whsec_</c> and Base64. While one is being replaced: both.</param>
    /// <param name="tolerance">How far the time of sending may be from now. Default five minutes.</param>
    /// <param name="time">The clock; the system's by default.</param>
    /// <exception cref="ArgumentException">There is no secret, or one is not well-formed.</exception>
    public NoticeWebhook(IEnumerable<string> secrets, TimeSpan? tolerance = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        keys = [.. secrets.Select(KeyOf)];
        if (keys.Length == 0)
        {
            throw new ArgumentException("Without a secret nothing can be checked.", nameof(secrets));
        }

        this.tolerance = tolerance ?? defaultTolerance;
        this.time = time ?? TimeProvider.System;
    }

    /// <summary>Checks and reads a webhook.</summary>
    /// <param name="id">The header <see cref="IdHeader"/>.</param>
    /// <param name="timestamp">The header <see cref="TimestampHeader"/>.</param>
    /// <param name="signature">The header <see cref="SignatureHeader"/>.</param>
    /// <param name="body">The body, byte for byte as it came.</param>
    /// <returns>The notice; null when it is not from the platform or too old. Answer 401 then, and 204 when you have kept the
    /// notice.</returns>
    public WebhookNotice? Read(string? id, string? timestamp, string? signature, ReadOnlySpan<byte> body)
    {
        if (id is null || signature is null
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - seconds) > tolerance.TotalSeconds
            || !IsSigned($"{id}.{timestamp}.", signature, body))
        {
            return null;
        }

        var notice = Parse(body);
        return notice?.NoticeId == id ? notice : null;
    }

    private static byte[] KeyOf(string secret)
    {
        var key = new byte[secret?.Length ?? 0];
        return secret is not null
            && secret.StartsWith(Prefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(secret[Prefix.Length..], key, out var length)
            && length > 0
            ? key[..length]
            : throw new ArgumentException("A secret is whsec_ and Base64.", nameof(secret));
    }

    private bool IsSigned(string head, string signatures, ReadOnlySpan<byte> body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes(head), .. body];
        var isSigned = false;
        foreach (var text in signatures.Split(' '))
        {
            var given = new byte[text.Length];
            if (!text.StartsWith(Version, StringComparison.Ordinal)
                || !Convert.TryFromBase64String(text[Version.Length..], given, out var length))
            {
                continue;
            }

            foreach (var key in keys)
            {
                isSigned |= CryptographicOperations.FixedTimeEquals(given.AsSpan(0, length), HMACSHA256.HashData(key, signed));
            }
        }

        return isSigned;
    }

    /// <summary>What was signed is ours, so that a wrong form is a version of the platform that this SDK does not know.</summary>
    private static WebhookNotice? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var json = JsonDocument.ParseValue(ref reader);
            var root = json.RootElement;
            return new WebhookNotice(
                root.GetProperty("notice_id").GetString()!,
                KindOf(root.GetProperty("kind").GetString()),
                root.GetProperty("record_id").GetString()!,
                root.GetProperty("time").GetDateTimeOffset());
        }
        catch (Exception unknown) when (unknown is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static NoticeKind KindOf(string? name) => name switch
    {
        "FIRST_ACCESS" => NoticeKind.FirstAccess,
        "EMERGENCY_ACCESS" => NoticeKind.EmergencyAccess,
        "NEW_DOCUMENT" => NoticeKind.NewDocument,
        "CONSENT_CHANGED" => NoticeKind.ConsentChanged,
        "DOCUMENT_ANNOUNCED" => NoticeKind.DocumentAnnounced,
        "WISHES_CHANGED" => NoticeKind.WishesChanged,
        _ => NoticeKind.Unspecified,
    };
}
