using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Server.Identity;

/// <summary>Why a token was not accepted. Each is a reason of the contract (<c>Errors.TokenFailures</c>).</summary>
internal enum TokenRefusalReason
{
    Missing,
    Malformed,
    Expired,
    NotYetValid,
    WrongAudience,
    UnknownIssuer,
    BadSignature,
    ClaimMissing,
    ClaimInvalid,
    WorkSituationAmbiguous,
    NotBound,
    LifetimeTooLong,
    IssuerUnavailable,
}

/// <summary>
/// A refused token: the reason and, where one is at fault, the name of the claim, or the limit that it is beyond. Never a claim's value.
/// </summary>
internal sealed record TokenRefusal(TokenRefusalReason Reason, string? Claim = null, TimeSpan? LifetimeMax = null)
{
    /// <summary>The refusal behind an authentication that did not succeed.</summary>
    public static TokenRefusal Of(AuthenticateResult result) => result.Failure switch
    {
        null => new(TokenRefusalReason.Missing),
        TokenRefusedException refused => refused.Refusal,
        SecurityTokenExpiredException => new(TokenRefusalReason.Expired),
        SecurityTokenNotYetValidException => new(TokenRefusalReason.NotYetValid),
        SecurityTokenNoExpirationException => new(TokenRefusalReason.ClaimMissing, "exp"),
        SecurityTokenInvalidAudienceException => new(TokenRefusalReason.WrongAudience),
        SecurityTokenInvalidIssuerException => new(TokenRefusalReason.UnknownIssuer),
        SecurityTokenInvalidSignatureException
            or SecurityTokenInvalidAlgorithmException
            or SecurityTokenInvalidSigningKeyException => new(TokenRefusalReason.BadSignature),
        SecurityTokenException or ArgumentException => new(TokenRefusalReason.Malformed),

        // Without the issuer's keys nothing can be said about the token.
        _ => new(TokenRefusalReason.IssuerUnavailable),
    };
}

/// <summary>Carries a refusal out of the validation of a token.</summary>
internal sealed class TokenRefusedException(TokenRefusal refusal) : Exception($"{refusal.Reason} {refusal.Claim}")
{
    public TokenRefusal Refusal => refusal;
}
