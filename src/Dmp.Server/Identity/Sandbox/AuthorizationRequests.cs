using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using OAuthErrors = OpenIddict.Abstractions.OpenIddictConstants.Errors;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>The authorization endpoint: one public client, redirects to this machine only, a persona instead of a login.</summary>
internal static class AuthorizationRequests
{
    public static ValueTask Validate(ValidateAuthorizationRequestContext context)
    {
        if (context.ClientId != SandboxIssuer.AppClientId)
        {
            context.Reject(OAuthErrors.InvalidClient, $"The client for applications with a user is {SandboxIssuer.AppClientId}.");
        }
        else if (!IsLoopback(context.RedirectUri))
        {
            context.Reject(OAuthErrors.InvalidRequest, "The redirect_uri must be an http or https address of the loopback interface.");
        }

        return ValueTask.CompletedTask;
    }

    public static async ValueTask HandleAsync(HandleAuthorizationRequestContext context)
    {
        if (Personas.Find(context.Request.LoginHint) is { } persona)
        {
            context.SignIn(PersonaPrincipal.ForCode(persona, context.Request.GetScopes()));
        }
        else if (!string.IsNullOrEmpty(context.Request.LoginHint))
        {
            context.Reject(OAuthErrors.AccessDenied, "The login_hint names no persona.");
        }
        else if (context.Request.HasPromptValue(PromptValues.None))
        {
            context.Reject(OAuthErrors.LoginRequired, "A persona must be chosen; login_hint does it without a page.");
        }
        else
        {
            await PersonaPage.WriteAsync(
                context.Transaction.GetHttpRequest()!.HttpContext.Response, context.Request, context.CancellationToken);
            context.HandleRequest();
        }
    }

    // Any port and path, as RFC 8252 (7.3) asks for native applications.
    private static bool IsLoopback(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.IsLoopback
        && uri.UserInfo.Length == 0;
}
