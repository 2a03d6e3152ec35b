using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Server.Identity;

/// <summary>
/// What the library reads generously and this platform does not, because two readers of one token could come to different ends: a member
/// that is there twice, a time that is a text, an extension that nobody here knows.
/// </summary>
internal static class TokenForm
{
    // A token of Pro Santé Connect has five levels.
    private const int DepthMax = 16;

    // 31 December 9999, the last day of the calendar.
    private const double LastSecond = 253_402_300_799;

    private static readonly JsonDocumentOptions strict = new() { AllowDuplicateProperties = false, MaxDepth = DepthMax };

    private static readonly string[] times = [JwtRegisteredClaimNames.Exp, JwtRegisteredClaimNames.Nbf, JwtRegisteredClaimNames.Iat];

    /// <summary>Of a token of three parts that nobody has read yet.</summary>
    /// <exception cref="TokenRefusedException">The token is not one that means the same to everybody.</exception>
    public static void Require(ReadOnlySpan<char> token)
    {
        var (first, last) = (token.IndexOf('.'), token.LastIndexOf('.'));
        using (var header = Parse(token[..first]))
        {
            // RFC 7515 4.1.11: what is named there must be understood, and no extension is. b64 (RFC 7797) may stand only beside it.
            if (header.RootElement.TryGetProperty("crit", out _) || header.RootElement.TryGetProperty("b64", out _))
            {
                throw Malformed();
            }
        }

        using var payload = Parse(token[(first + 1)..last]);
        foreach (var name in times)
        {
            if (payload.RootElement.TryGetProperty(name, out var time) && time.ValueKind != JsonValueKind.Null && !IsTime(time))
            {
                throw TokenClaims.Invalid(name);
            }
        }
    }

    /// <summary>Throws when the token is good for longer than the platform accepts, whatever becomes of it meanwhile.</summary>
    public static void RequireLifetime(JsonWebToken token, TimeSpan lifetimeMax, TimeSpan clockSkew, DateTimeOffset now)
    {
        // Without a time of issue, or with one that lies ahead, it begins now.
        var issued = token.IssuedAt == DateTime.MinValue || token.IssuedAt > now.UtcDateTime ? now.UtcDateTime : token.IssuedAt;
        if (token.ValidTo - issued > lifetimeMax + clockSkew)
        {
            throw new TokenRefusedException(new(TokenRefusalReason.LifetimeTooLong, LifetimeMax: lifetimeMax));
        }
    }

    private static JsonDocument Parse(ReadOnlySpan<char> part)
    {
        try
        {
            var json = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(part.ToString()), strict);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                return json;
            }

            json.Dispose();
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
        }

        throw Malformed();
    }

    private static bool IsTime(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and <= LastSecond;

    private static TokenRefusedException Malformed() => new(new(TokenRefusalReason.Malformed));
}
