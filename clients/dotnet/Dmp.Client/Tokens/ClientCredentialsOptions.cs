namespace Dmp.Client;

/// <summary>How a program gets its own tokens from an OpenID Connect issuer (grant <c>client_credentials</c>).</summary>
public sealed record ClientCredentialsOptions
{
    /// <summary>The issuer, as it names itself. HTTPS, or any scheme on the loopback interface.</summary>
    public required Uri Issuer { get; init; }

    /// <summary>The client id that the issuer knows.</summary>
    public required string ClientId { get; init; }

    /// <summary>The client's secret.</summary>
    public required string ClientSecret { get; init; }

    /// <summary>The scopes to ask for, separated by spaces; none when null.</summary>
    public string? Scope { get; init; }

    /// <summary>Hides the secret: records print all their members otherwise.</summary>
    /// <returns>The issuer and the client id.</returns>
    public override string ToString() => $"{ClientId} at {Issuer}";
}
