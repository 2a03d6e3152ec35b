using Dmp.Server.Options;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Server.Identity;

/// <summary>
/// Which scheme validates a token: one per issuer, chosen by the token's <c>iss</c> before anything is verified. The choice
/// opens nothing by itself, because the chosen scheme accepts only its own issuer's keys.
/// </summary>
internal sealed class IssuerSchemes(IOptions<IdentityOptions> options)
{
    /// <summary>The only signature algorithms, all asymmetric: neither <c>none</c> nor a public key used as a secret passes.</summary>
    public static readonly IReadOnlyList<string> Algorithms =
        [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256];

    private const string Bearer = "Bearer";

    private readonly Dictionary<string, string> schemes = options.Value.Issuers
        .SelectMany(issuer => issuer.IssuerValues.Select(value => (value, Name: NameOf(issuer))))
        .ToDictionary(pair => pair.value, pair => pair.Name, StringComparer.Ordinal);

    /// <summary>The name of an issuer's scheme.</summary>
    public static string NameOf(IssuerOptions issuer) => $"issuer:{issuer.Name}";

    /// <summary>The scheme for an <c>authorization</c> header; throws <see cref="TokenRefusedException"/> when there is none.</summary>
    public string For(StringValues authorization)
    {
        if (authorization.Count > 1)
        {
            // Two tokens: whichever were taken, the other one would be silently ignored.
            throw Refused(TokenRefusalReason.Malformed);
        }

        var token = Read(TokenOf(authorization.ToString()));
        if (!Algorithms.Contains(token.Alg, StringComparer.Ordinal))
        {
            throw Refused(TokenRefusalReason.Malformed);
        }

        if (string.IsNullOrEmpty(token.Issuer))
        {
            throw new TokenRefusedException(new(TokenRefusalReason.ClaimMissing, JwtRegisteredClaimNames.Iss));
        }

        return schemes.TryGetValue(token.Issuer, out var scheme) ? scheme : throw Refused(TokenRefusalReason.UnknownIssuer);
    }

    private static string TokenOf(string authorization)
    {
        var space = authorization.IndexOf(' ', StringComparison.Ordinal);
        var token = space < 0 ? "" : authorization[(space + 1)..].Trim();
        return token.Length > 0 && authorization[..space].Equals(Bearer, StringComparison.OrdinalIgnoreCase)
            ? token
            : throw Refused(TokenRefusalReason.Missing);
    }

    private static JsonWebToken Read(string token)
    {
        // Header, payload, signature. Five parts would be an encrypted token, and nobody encrypts for this platform.
        if (token.AsSpan().Count('.') != 2)
        {
            throw Refused(TokenRefusalReason.Malformed);
        }

        try
        {
            TokenForm.Require(token);
            return new JsonWebToken(token);
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException)
        {
            throw Refused(TokenRefusalReason.Malformed);
        }
    }

    private static TokenRefusedException Refused(TokenRefusalReason reason) => new(new(reason));
}
