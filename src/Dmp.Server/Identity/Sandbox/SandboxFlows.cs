using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;
using Claims = OpenIddict.Abstractions.OpenIddictConstants.Claims;
using OAuthErrors = OpenIddict.Abstractions.OpenIddictConstants.Errors;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>Who may get a token of the sandbox issuer, and what stands in it.</summary>
internal static class SandboxFlows
{
    public static ValueTask ValidateTokenRequest(ValidateTokenRequestContext context)
    {
        if (context.Request.IsClientCredentialsGrantType())
        {
            if (Personas.Find(context.ClientId) is null || !IsSecret(context.ClientSecret))
            {
                context.Reject(OAuthErrors.InvalidClient, "The client id is no persona, or its secret is wrong; the secret of all is 'sandbox'.");
            }
        }
        else if (context.ClientId != SandboxIssuer.AppClient || context.ClientSecret is not null)
        {
            context.Reject(OAuthErrors.InvalidClient, $"The client of this flow is '{SandboxIssuer.AppClient}', without a secret.");
        }

        return default;
    }

    public static ValueTask HandleTokenRequest(HandleTokenRequestContext context)
    {
        // A code carries the persona who chose to log in; a client is its own persona.
        var name = context.Request.IsClientCredentialsGrantType() ? context.ClientId : context.Principal?.GetClaim(Claims.Subject);
        if (Personas.Find(name) is { } persona)
        {
            context.SignIn(Identify(persona, context.Request.GetScopes(), context.ClientId!));
        }
        else
        {
            context.Reject(OAuthErrors.InvalidGrant, "The code is of nobody known.");
        }

        return default;
    }

    public static ValueTask ValidateAuthorizationRequest(ValidateAuthorizationRequestContext context)
    {
        if (context.ClientId != SandboxIssuer.AppClient)
        {
            context.Reject(OAuthErrors.InvalidClient, $"The client of this flow is '{SandboxIssuer.AppClient}'.");
        }
        else if (!Uri.TryCreate(context.RedirectUri, UriKind.Absolute, out var redirect) || !redirect.IsLoopback)
        {
            context.Reject(OAuthErrors.InvalidRequest, "redirect_uri must be an address on loopback.");
        }

        return default;
    }

    public static async ValueTask HandleAuthorizationRequestAsync(HandleAuthorizationRequestContext context)
    {
        if (Personas.Find(context.Request.LoginHint) is { } persona)
        {
            context.SignIn(Identify(persona, context.Request.GetScopes(), context.Request.ClientId!));
            return;
        }

        // Nobody chosen yet: the page leads back here with a login_hint.
        var http = context.Transaction.GetHttpRequest()!.HttpContext;
        await SandboxPages.ChooseAsync(http);
        context.HandleRequest();
    }

    public static ValueTask HandleUserInfoRequest(HandleUserInfoRequestContext context)
    {
        var persona = Personas.Find(context.AccessTokenPrincipal.GetClaim(Claims.Subject));
        if (persona is null)
        {
            context.Reject(OAuthErrors.InvalidToken, "The token is of nobody known.");
            return default;
        }

        context.Subject = persona.Name;
        foreach (var (name, value) in persona.Claims.Concat(persona.UserInfo))
        {
            context.Claims[name] = new OpenIddictParameter(Persona.ToElement(value));
        }

        return default;
    }

    private static ClaimsPrincipal Identify(Persona persona, IEnumerable<string> scopes, string client)
    {
        var identity = new ClaimsIdentity(nameof(SandboxIssuer));
        identity.SetClaim(Claims.Subject, persona.Name);
        identity.SetClaim(Claims.ClientId, client);
        foreach (var (name, value) in persona.Claims)
        {
            identity.SetClaim(name, Persona.ToElement(value));
        }

        identity.SetScopes(scopes);
        identity.SetAudiences(SandboxIssuer.Audience);
        identity.SetDestinations(static _ => [Destinations.AccessToken]);
        return new ClaimsPrincipal(identity);
    }

    private static bool IsSecret(string? secret) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret ?? ""), Encoding.UTF8.GetBytes(Personas.Secret));
}
