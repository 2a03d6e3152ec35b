using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>Somebody of the sandbox: a name, which is also the OAuth client id, and what the issuer says about them.</summary>
internal sealed record Persona
{
    public required string Name { get; init; }

    /// <summary>Who that is, for people.</summary>
    public required string Description { get; init; }

    /// <summary>Claims of the access token, beside those of every token.</summary>
    public required IReadOnlyDictionary<string, JsonNode> Claims { get; init; }

    /// <summary>Claims that userinfo adds: what a practice reads from the patient's card, not what the platform needs to know.</summary>
    public IReadOnlyDictionary<string, JsonNode> UserInfo { get; init; } = new Dictionary<string, JsonNode>();

    /// <summary>One claim as JSON, for the token library.</summary>
    public static JsonElement ToElement(JsonNode value) => JsonSerializer.SerializeToElement(value);
}
