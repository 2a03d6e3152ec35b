using OpenIddict.Abstractions;
using OAuthErrors = OpenIddict.Abstractions.OpenIddictConstants.Errors;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>The userinfo endpoint. OpenIddict has verified the access token before it asks here.</summary>
internal static class UserInfoRequests
{
    public static ValueTask Handle(HandleUserInfoRequestContext context)
    {
        var token = context.AccessTokenPrincipal;
        if (Personas.Find(token.GetClaim(Claims.Subject)) is not { } persona)
        {
            // A token of an earlier version whose persona is gone.
            context.Reject(OAuthErrors.InvalidToken, "The token's persona does not exist.");
            return ValueTask.CompletedTask;
        }

        context.Subject = persona.Name;
        context.Claims[PersonaPrincipal.KindClaim] = persona.Kind;
        context.Claims[Claims.ClientId] = token.GetClaim(Claims.ClientId);
        foreach (var (name, value) in persona.TokenClaims().Concat(persona.UserInfoClaims()))
        {
            context.Claims[name] = new OpenIddictParameter(value);
        }

        return ValueTask.CompletedTask;
    }
}
