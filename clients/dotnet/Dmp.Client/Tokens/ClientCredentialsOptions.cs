using Microsoft.IdentityModel.Tokens;

namespace Dmp.Client;

/// <summary>How a program gets its own tokens from an OpenID Connect issuer (grant <c>client_credentials</c>).</summary>
public sealed record ClientCredentialsOptions
{
    /// <summary>The issuer, as it names itself. HTTPS, or any scheme on the loopback interface.</summary>
    public required Uri Issuer { get; init; }

    /// <summary>The client id that the issuer knows.</summary>
    public required string ClientId { get; init; }

    /// <summary>The client's secret. Either this or <see cref="ClientKey"/>.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>
    /// The private key with which the client signs who it is (<c>private_key_jwt</c>; OpenID Connect Core 9, RFC 7523), of which the issuer
    /// knows the public part: RSA with RS256 or PS256, EC with ES256. It never leaves this program. Either this or
    /// <see cref="ClientSecret"/>.
    /// </summary>
    /// <example><c>new SigningCredentials(new X509SecurityKey(certificate), "PS256")</c></example>
    public SigningCredentials? ClientKey { get; init; }

    /// <summary>The scopes to ask for, separated by spaces; none when null.</summary>
    public string? Scope { get; init; }

    /// <summary>Hides secret and key: records print all their members otherwise.</summary>
    /// <returns>The issuer and the client id.</returns>
    public override string ToString() => $"{ClientId} at {AddressRule.Shown(Issuer)}";
}
