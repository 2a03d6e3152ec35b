using System.Security.Cryptography;
using System.Text;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using OAuthErrors = OpenIddict.Abstractions.OpenIddictConstants.Errors;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>The token endpoint. OpenIddict checks the form of requests, codes, their expiry and PKCE before it asks here.</summary>
internal sealed class TokenRequests(SpentCodes spentCodes) : IOpenIddictServerHandler<HandleTokenRequestContext>
{
    /// <summary>A persona is a client with a secret; the application is a client without one.</summary>
    public static ValueTask Validate(ValidateTokenRequestContext context)
    {
        var known = context.Request.IsClientCredentialsGrantType()
            ? Personas.Find(context.ClientId) is not null && SecretIsRight(context.ClientSecret)
            : context.ClientId == SandboxIssuer.AppClientId && string.IsNullOrEmpty(context.ClientSecret);
        if (!known)
        {
            // The same words for an unknown client and a wrong secret.
            context.Reject(OAuthErrors.InvalidClient, "The client is unknown, its secret is wrong, or the grant is not for it.");
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask HandleAsync(HandleTokenRequestContext context)
    {
        if (context.Request.IsClientCredentialsGrantType())
        {
            context.SignIn(PersonaPrincipal.ForTokens(Personas.Find(context.ClientId)!, context.Request.GetScopes()));
        }
        else if (context.AuthorizationCodePrincipal is { } code
            && Personas.Find(code.GetClaim(Claims.Subject)) is { } persona
            && code.GetClaim(PersonaPrincipal.CodeIdClaim) is { } codeId
            && spentCodes.TrySpend(codeId))
        {
            context.SignIn(PersonaPrincipal.Describe(code, persona));
        }
        else
        {
            context.Reject(OAuthErrors.InvalidGrant, "The authorization code was used before.");
        }

        return ValueTask.CompletedTask;
    }

    private static bool SecretIsRight(string? secret) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(secret ?? ""), Encoding.UTF8.GetBytes(SandboxIssuer.Secret));
}
