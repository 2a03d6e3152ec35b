using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Options;

/// <summary>Where the server listens, section <c>Dmp:Listen</c>.</summary>
internal sealed record ListenOptions
{
    public const string Section = "Dmp:Listen";

    /// <summary>IP address of the gRPC port. Default loopback; in the sandbox nothing else is allowed.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Port of the gRPC services; 0 takes a free one. Default 7443.</summary>
    [Range(0, 65535)]
    public int GrpcPort { get; init; } = 7443;

    /// <summary>Port of the sandbox issuer, always on 127.0.0.1. It is part of the issuer's name. Default 7444.</summary>
    [Range(1, 65535)]
    public int SandboxIssuerPort { get; init; } = 7444;

    /// <summary>TLS certificate of the gRPC port with its chain (PEM). Without it the port speaks plain HTTP/2, in the sandbox only.</summary>
    public string? CertificatePath { get; init; }

    /// <summary>Private key of the certificate (PEM). Empty: it is in the file of the certificate.</summary>
    public string? CertificateKeyPath { get; init; }

    /// <summary>Whether the server describes its services to anybody who asks (gRPC reflection). Default false.</summary>
    public bool Reflection { get; init; }
}

[OptionsValidator]
internal sealed partial class ListenOptionsValidator : IValidateOptions<ListenOptions>;
