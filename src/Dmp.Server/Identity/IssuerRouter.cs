using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Identity;

/// <summary>
/// The default scheme: hands a call to the scheme of its token's issuer. A policy scheme of the framework can forward too,
/// but it cannot say why it forwards to nobody. Without a log: the framework would write a line for each call without a good token, which
/// says less than the event in the trace.
/// </summary>
internal sealed class IssuerRouter(
    IOptionsMonitor<AuthenticationSchemeOptions> options, UrlEncoder encoder, IssuerSchemes schemes)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    public const string SchemeName = "issuers";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string scheme;
        try
        {
            scheme = schemes.For(Request.Headers.Authorization);
        }
        catch (TokenRefusedException refused)
        {
            return AuthenticateResult.Fail(refused);
        }

        return await Context.AuthenticateAsync(scheme);
    }
}
