using System.Text.Json;
using Dmp.Annotations.V1;
using Dmp.Server.Errors;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Server.Identity;

/// <summary>
/// The claims of a verified token, as the issuer wrote them: no renamed claim, no text where there was a list. What cannot be
/// read is refused under the claim's name; a value never leaves in an error.
/// </summary>
internal sealed class TokenClaims(JsonElement payload)
{
    /// <summary>Longest text of one claim. Names, codes and identifiers are far shorter.</summary>
    public const int TextLengthMax = 256;

    public static TokenClaims Of(JsonWebToken token) =>
        new(JsonSerializer.Deserialize<JsonElement>(Base64UrlEncoder.DecodeBytes(token.EncodedPayload)));

    public static TokenRefusedException Missing(string claim) => new(new(TokenRefusalReason.ClaimMissing, claim));

    public static TokenRefusedException Invalid(string claim) => new(new(TokenRefusalReason.ClaimInvalid, claim));

    /// <summary>
    /// The text of a JSON string; null when it holds what no text has: half a surrogate pair, a control character, or a character that
    /// nobody sees and that makes two texts look like one. Also null when nothing in it can be seen, unless it is empty.
    /// </summary>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            var text = value.GetString();
            return text is not null && TextRules.FaultOf(text, TextKind.Line, TextLengthMax) is null && VisibleText.Holds(text)
                ? text
                : null;
        }
        catch (InvalidOperationException)
        {
            // Not a JSON string, or an escape that is no character.
            return null;
        }
    }

    /// <summary>The raw claim; null when absent or JSON null.</summary>
    public JsonElement? Find(string claim) =>
        payload.TryGetProperty(claim, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text; null when absent or empty.</summary>
    public string? Text(string claim) => Find(claim) switch
    {
        null => null,
        { } value => (TextOf(value) ?? throw Invalid(claim)) is { Length: > 0 } text ? text : null,
    };

    /// <summary>A text that names somebody: an empty one is not the same as none, but a fault of the issuer.</summary>
    public string Identifier(string claim) => Find(claim) is { } value
        ? TextOf(value) is { Length: > 0 } text ? text : throw Invalid(claim)
        : throw Missing(claim);

    public string RequiredText(string claim) => Text(claim) ?? throw Missing(claim);

    /// <summary>Several texts: a JSON array, a string that holds one, or a single text. Empty when absent.</summary>
    public IReadOnlyList<string> Texts(string claim)
    {
        if (Structured(claim) is not { } value)
        {
            return [];
        }

        var items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value };
        return [.. items.Select(item => TextOf(item) is { Length: > 0 } text ? text : throw Invalid(claim))];
    }

    /// <summary>
    /// A claim with an inner structure. Some issuers can only emit texts and put the JSON into one; it is read then.
    /// </summary>
    public JsonElement? Structured(string claim)
    {
        if (Find(claim) is not { ValueKind: JsonValueKind.String } value)
        {
            return Find(claim);
        }

        try
        {
            var text = value.GetString()!;
            return text.AsSpan().TrimStart() is ['[' or '{', ..] ? JsonSerializer.Deserialize<JsonElement>(text) : value;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid(claim);
        }
    }
}
