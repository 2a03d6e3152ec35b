using System.Security.Claims;
using System.Text.Json.Nodes;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>A persona as the subject of tokens.</summary>
internal static class PersonaPrincipal
{
    public const string KindClaim = "dmp_kind";

    /// <summary>Marks a code, so that it can be spent. Not part of any token.</summary>
    public const string CodeIdClaim = "dmp_code_id";

    public static ClaimsPrincipal Create(Persona persona, IEnumerable<string> scopes, string? codeId = null)
    {
        var identity = new ClaimsIdentity("sandbox", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, persona.Name).SetClaim(KindClaim, persona.Kind).SetClaim(CodeIdClaim, codeId);
        foreach (var (name, value) in persona.TokenClaims())
        {
            Set(identity, name, value);
        }

        var principal = new ClaimsPrincipal(identity);
        principal.SetScopes(scopes.Where(scope => scope == Scopes.OpenId)).SetResources(SandboxIssuer.Audience);
        principal.SetDestinations(DestinationsOf);
        return principal;
    }

    private static void Set(ClaimsIdentity identity, string name, JsonNode? value)
    {
        // A text would keep its quotes as a JSON node.
        if (value is JsonValue text)
        {
            identity.SetClaim(name, text.GetValue<string>());
        }
        else
        {
            identity.SetClaim(name, value);
        }
    }

    private static IEnumerable<string> DestinationsOf(Claim claim) => claim.Type switch
    {
        CodeIdClaim => [],
        Claims.GivenName or Claims.FamilyName or KindClaim => [OpenIddictConstants.Destinations.AccessToken, OpenIddictConstants.Destinations.IdentityToken],
        _ => [OpenIddictConstants.Destinations.AccessToken],
    };
}
