using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>A persona as the subject of tokens.</summary>
internal static class PersonaPrincipal
{
    public const string KindClaim = "dmp_kind";

    /// <summary>Marks a code, so that it can be spent. Not part of any token.</summary>
    public const string CodeIdClaim = "dmp_code_id";

    /// <summary>What a code holds: who it is for, not what is to be said of them.</summary>
    public static ClaimsPrincipal ForCode(Persona persona, IEnumerable<string> scopes)
    {
        var principal = Create(persona, scopes);
        return principal.SetClaim(CodeIdClaim, Guid.CreateVersion7().ToString("N"));
    }

    public static ClaimsPrincipal ForTokens(Persona persona, IEnumerable<string> scopes) => Describe(Create(persona, scopes), persona);

    /// <summary>
    /// Adds what the tokens say. After a code this happens when it is redeemed: on their way through a code, lists of one would
    /// become texts.
    /// </summary>
    public static ClaimsPrincipal Describe(ClaimsPrincipal principal, Persona persona)
    {
        var identity = (ClaimsIdentity)principal.Identity!;
        identity.SetClaim(KindClaim, persona.Kind);
        foreach (var (name, value) in persona.TokenClaims())
        {
            Set(identity, name, value);
        }

        return principal.SetDestinations(DestinationsOf);
    }

    private static ClaimsPrincipal Create(Persona persona, IEnumerable<string> scopes)
    {
        var identity = new ClaimsIdentity("sandbox", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, persona.Name)
            .SetScopes(scopes.Where(scope => scope == Scopes.OpenId))
            .SetResources(SandboxIssuer.Audience);
        return new ClaimsPrincipal(identity);
    }

    private static void Set(ClaimsIdentity identity, string name, JsonNode? value)
    {
        switch (value)
        {
            // As one claim: as one claim for each item, a list of one would come out as a text.
            case JsonArray list:
                identity.AddClaim(new Claim(name, list.ToJsonString(), JsonClaimValueTypes.JsonArray));
                break;
            case JsonObject:
                identity.SetClaim(name, value);
                break;
            default:
                identity.SetClaim(name, value?.GetValue<string>());
                break;
        }
    }

    private static IEnumerable<string> DestinationsOf(Claim claim) => claim.Type switch
    {
        CodeIdClaim => [],
        Claims.GivenName or Claims.FamilyName or KindClaim =>
            [OpenIddictConstants.Destinations.AccessToken, OpenIddictConstants.Destinations.IdentityToken],
        _ => [OpenIddictConstants.Destinations.AccessToken],
    };
}
