namespace Dmp.Server.Identity;

/// <summary>Log messages about issuers (event ids 1100 to 1199). Never a token, a claim or a key.</summary>
internal static partial class IdentityLog
{
    [LoggerMessage(1100, LogLevel.Warning, "The keys of the issuer {Issuer} could not be fetched")]
    public static partial void IssuerUnavailable(ILogger logger, Exception exception, string issuer);

    [LoggerMessage(1101, LogLevel.Error,
        "The discovery document of {Issuer} names another issuer than Dmp:Identity:Issuers; its tokens are not accepted")]
    public static partial void IssuerNamesAnother(ILogger logger, string issuer);

    [LoggerMessage(1102, LogLevel.Debug, "A token of {Issuer} was refused: {Reason} {Claim}")]
    public static partial void TokenRefused(ILogger logger, string issuer, Identity.TokenRefusalReason reason, string? claim);
}
