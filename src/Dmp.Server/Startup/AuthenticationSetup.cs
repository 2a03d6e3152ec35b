using Dmp.Server.Identity;
using Dmp.Server.Options;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.Identity.Web;
using Microsoft.IdentityModel.Logging;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Server.Startup;

/// <summary>Validation of tokens: one scheme per configured issuer (docs/adr/0004-one-scheme-per-issuer.md).</summary>
internal static class AuthenticationSetup
{
    /// <summary>The contract promises this difference of clocks (<c>TOKEN_NOT_YET_VALID</c>).</summary>
    private static readonly TimeSpan clockSkew = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Least time between two fetches of an issuer's keys, after a failure or for an unknown key. Short, so that an issuer that
    /// comes back is used at once; long enough that tokens with invented key ids make no flood of fetches.
    /// </summary>
    private static readonly TimeSpan refreshInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Age at which known keys are fetched again; the library adds some jitter. A key that its issuer has withdrawn is in use
    /// until then, unless a token of a new key makes it fetch earlier.
    /// </summary>
    private static readonly TimeSpan keyAgeMax = TimeSpan.FromHours(1);

    private static readonly TimeSpan fetchTimeout = TimeSpan.FromSeconds(3);

    public static void AddDmpAuthentication(this IServiceCollection services, IConfiguration configuration)
    {
        IdentityModelEventSource.ShowPII = false;
        IdentityModelEventSource.LogCompleteSecurityArtifact = false;

        // Fetch the new keys within the call that shows an unknown key. The library's default fetches behind it, and refuses
        // the first calls after each change of keys.
        AppContext.SetSwitch("Switch.Microsoft.IdentityModel.UpdateConfigAsBlocking", true);

        var section = configuration.GetSection(IdentityOptions.Section);
        services.AddSingleton<IValidateOptions<IdentityOptions>, IdentityOptionsRules>();
        services.AddOptions<IdentityOptions>().Bind(section).ValidateOnStart();
        services.AddSingleton<IssuerSchemes>();
        services.AddSingleton<VerifiedTokens>();

        var authentication = services.AddAuthentication(IssuerRouter.SchemeName);
        authentication.AddScheme<AuthenticationSchemeOptions, IssuerRouter>(IssuerRouter.SchemeName, configureOptions: null);

        var options = section.Get<IdentityOptions>() ?? new IdentityOptions();
        if (IdentityOptionsRules.Faults(options).Any())
        {
            // The start of the host fails with all faults; schemes cannot be made from them.
            return;
        }

        foreach (var issuer in options.Issuers)
        {
            authentication.AddIssuer(issuer, options.TokenLifetimeMax);
        }
    }

    private static void AddIssuer(this AuthenticationBuilder authentication, IssuerOptions issuer, TimeSpan lifetimeMax)
    {
        var scheme = IssuerSchemes.NameOf(issuer);
        authentication.AddMicrosoftIdentityWebApi(
            jwt => jwt.TokenValidationParameters.ValidAudience = issuer.Audience,
            identity =>
            {
                identity.Instance = issuer.Authority;
                identity.TenantId = issuer.TenantId ?? issuer.Name;
                identity.ClientId = issuer.ClientId ?? issuer.Audience;
            },
            scheme);

        // Registered after the library's own configuration, and therefore run after it.
        authentication.Services.AddOptions<JwtBearerOptions>(scheme)
            .Configure<IOptions<RealmOptions>, ILogger<IssuerEvents>>((jwt, realm, logger) =>
            {
                if (issuer.Validation == TokenValidation.Oidc)
                {
                    ReplaceEntraValidation(jwt, issuer);
                }

                jwt.RequireHttpsMetadata = issuer.RequireHttpsMetadata;
                jwt.MapInboundClaims = false;
                jwt.SaveToken = false;
                jwt.RefreshInterval = refreshInterval;
                jwt.AutomaticRefreshInterval = keyAgeMax;
                jwt.BackchannelTimeout = fetchTimeout;
                jwt.TokenValidationParameters.ClockSkew = clockSkew;
                jwt.TokenValidationParameters.ValidAlgorithms = IssuerSchemes.Algorithms;
                jwt.TokenValidationParameters.ValidTypes = ["at+jwt", "JWT"];

                var reader = new CallerReader(issuer, realm.Value.Realm);
                var library = issuer.Validation == TokenValidation.Entra ? jwt.Events : null;
                jwt.Events = new IssuerEvents(issuer, lifetimeMax, reader, library, jwt.TimeProvider ?? TimeProvider.System, logger);
            })
            .PostConfigure(jwt =>
            {
                // The library would accept a key for an hour after its issuer has replaced it ("last known good").
                ((BaseConfigurationManager)jwt.ConfigurationManager!).UseLastKnownGoodConfiguration = false;
            });
    }

    /// <summary>
    /// Microsoft.Identity.Web makes every scheme one of Entra: version 2 authority, and validators of issuer, audience and
    /// signing key that need a tenant. Fresh parameters have none of them; the standard validation of OpenID Connect remains.
    /// </summary>
    private static void ReplaceEntraValidation(JwtBearerOptions jwt, IssuerOptions issuer)
    {
        jwt.Authority = issuer.Authority;
        jwt.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = issuer.IssuerValues[0],
            ValidAudience = issuer.Audience,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            TryAllIssuerSigningKeys = false,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
        };
    }
}
