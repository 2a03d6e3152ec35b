using System.Globalization;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Google.Rpc;

namespace Dmp.Server.Identity;

/// <summary>A refused token as a status of the contract.</summary>
internal static class TokenFailures
{
    public static Status ToStatus(TokenRefusal refusal)
    {
        var reason = refusal.Reason switch
        {
            TokenRefusalReason.Missing => ErrorReason.TokenMissing,
            TokenRefusalReason.Malformed => ErrorReason.TokenMalformed,
            TokenRefusalReason.Expired => ErrorReason.TokenExpired,
            TokenRefusalReason.NotYetValid => ErrorReason.TokenNotYetValid,
            TokenRefusalReason.WrongAudience => ErrorReason.TokenAudienceMismatch,
            TokenRefusalReason.UnknownIssuer => ErrorReason.TokenIssuerUnknown,
            TokenRefusalReason.BadSignature => ErrorReason.TokenSignatureInvalid,
            TokenRefusalReason.ClaimMissing => ErrorReason.TokenClaimMissing,
            TokenRefusalReason.ClaimInvalid => ErrorReason.TokenClaimInvalid,
            TokenRefusalReason.WorkSituationAmbiguous => ErrorReason.TokenWorkSituationAmbiguous,
            TokenRefusalReason.NotBound => ErrorReason.TokenNotBound,
            TokenRefusalReason.LifetimeTooLong => ErrorReason.TokenLifetimeTooLong,
            TokenRefusalReason.IssuerUnavailable => ErrorReason.IssuerUnavailable,
            _ => ErrorReason.TokenMalformed,
        };
        if (refusal.LifetimeMax is { } limit)
        {
            return Failures.ToStatus(reason, ("limit_seconds", ((long)limit.TotalSeconds).ToString(CultureInfo.InvariantCulture)));
        }

        return refusal.Claim is { } claim && reason is ErrorReason.TokenClaimMissing or ErrorReason.TokenClaimInvalid
            ? Failures.ToStatus(reason, ("claim", refusal.Claim ?? ""))
            : Failures.ToStatus(reason);
    }
}
