using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>Where the server listens, section <c>Dmp:Listen</c>.</summary>
internal sealed record ListenOptions
{
    public const string Section = "Dmp:Listen";

    /// <summary>IP address of the gRPC port. Default: this machine only.</summary>
    [Required]
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>gRPC over HTTP/2. Default 7443; 0 takes a free one.</summary>
    [Range(0, 65535)]
    public int GrpcPort { get; init; } = 7443;

    /// <summary>Sandbox only: its OpenID Connect issuer, on 127.0.0.1. Default 7444.</summary>
    [Range(1, 65535)]
    public int SandboxIssuerPort { get; init; } = 7444;

    /// <summary>TLS certificate with its chain, PEM. Required outside the sandbox.</summary>
    public string? CertificatePath { get; init; }

    /// <summary>Private key of the certificate, PEM; absent when it is in the same file.</summary>
    public string? CertificateKeyPath { get; init; }

    /// <summary>gRPC reflection; in the sandbox only.</summary>
    public bool Reflection { get; init; }
}
