using Dmp.Server.Options;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Server.Identity;

/// <summary>What one issuer's scheme does beside the validation of the library: keys first, the caller after it.</summary>
internal sealed class IssuerEvents(
    IssuerOptions issuer, TimeSpan lifetimeMax, CallerReader reader, JwtBearerEvents? library, TimeProvider time,
    ILogger<IssuerEvents> logger) : JwtBearerEvents
{
    /// <summary>
    /// Fetches the issuer's keys (or takes them from memory). The library would validate without them too, and blame the
    /// token's signature for an issuer that does not answer.
    /// </summary>
    public override async Task MessageReceived(MessageReceivedContext context)
    {
        try
        {
            var found = await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
            context.HttpContext.Features.Set(found);
            if (issuer.Validation == TokenValidation.Oidc && found.Issuer != issuer.IssuerValues[0])
            {
                // OpenID Connect Discovery 4.3: the document's issuer is exactly the one that was asked.
                IdentityLog.IssuerNamesAnother(logger, issuer.Name);
                context.Fail(new TokenRefusedException(new(TokenRefusalReason.IssuerUnavailable)));
                return;
            }
        }
        catch (OperationCanceledException) when (context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            // The caller left; the library would log an error.
            context.NoResult();
            return;
        }
        catch (InvalidOperationException e)
        {
            IdentityLog.IssuerUnavailable(logger, e, issuer.Name);
            context.Fail(new TokenRefusedException(new(TokenRefusalReason.IssuerUnavailable)));
            return;
        }

        await (library?.MessageReceived(context) ?? Task.CompletedTask);
    }

    public override async Task TokenValidated(TokenValidatedContext context)
    {
        await (library?.TokenValidated(context) ?? Task.CompletedTask);
        if (context.Result?.Failure is not null)
        {
            // Microsoft.Identity.Web refuses an Entra token that has neither scope nor role: any application of the tenant
            // can get such a token.
            context.Fail(new TokenRefusedException(new(TokenRefusalReason.ClaimMissing, issuer.Claims.Roles)));
            return;
        }

        try
        {
            var token = (JsonWebToken)context.SecurityToken;
            TokenForm.RequireLifetime(token, lifetimeMax, context.Options.TokenValidationParameters.ClockSkew, time.GetUtcNow());
            var claims = TokenClaims.Of(token);
            CertificateBinding.Require(claims, context.HttpContext.Connection.ClientCertificate, issuer.RequireCertificateBinding);
            var caller = reader.Read(claims);
            context.HttpContext.Features.Set(new VerifiedToken(
                caller,
                token.ValidTo,
                context.Options.ConfigurationManager!,
                context.HttpContext.Features.GetRequiredFeature<OpenIdConnectConfiguration>()));
        }
        catch (TokenRefusedException refused)
        {
            IdentityLog.TokenRefused(logger, issuer.Name, refused.Refusal.Reason, refused.Refusal.Claim);
            context.Fail(refused);
        }
    }

    /// <summary>
    /// The issuer validator of Microsoft.Identity.Web fetches metadata by itself and reports a failure of that as a wrong issuer.
    /// </summary>
    public override async Task AuthenticationFailed(AuthenticationFailedContext context)
    {
        await (library?.AuthenticationFailed(context) ?? Task.CompletedTask);
        if (context.Exception is SecurityTokenInvalidIssuerException { InnerException: InvalidOperationException fetch })
        {
            IdentityLog.IssuerUnavailable(logger, fetch, issuer.Name);
            context.Fail(new TokenRefusedException(new(TokenRefusalReason.IssuerUnavailable)));
        }
    }
}
