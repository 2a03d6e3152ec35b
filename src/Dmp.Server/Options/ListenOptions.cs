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

    /// <summary>
    /// TLS certificate of the gRPC port and after it its chain (PEM). Without it the port speaks plain HTTP/2, in the sandbox only.
    /// </summary>
    public string? CertificatePath { get; init; }

    /// <summary>Private key of the certificate (PEM). Empty: it is in the file of the certificate.</summary>
    public string? CertificateKeyPath { get; init; }

    /// <summary>How often the files of certificate and key are looked at. New connections get what is new. Default 10 s.</summary>
    [Range(1, 3600)]
    public int CertificateCheckSeconds { get; init; } = 10;

    /// <summary>
    /// Port of the probes <c>/livez</c> and <c>/readyz</c>: plain HTTP/1.1, without content. Default none.
    /// </summary>
    [Range(1, 65535)]
    public int? ProbePort { get; init; }

    /// <summary>IP address of the probes' port. Default loopback; in the sandbox nothing else is allowed.</summary>
    [Required(AllowEmptyStrings = false)]
    public string ProbeAddress { get; init; } = "127.0.0.1";

    /// <summary>Whether the server describes its services to anybody who asks (gRPC reflection). Default false.</summary>
    public bool Reflection { get; init; }
}

[OptionsValidator]
internal sealed partial class ListenOptionsValidator : IValidateOptions<ListenOptions>;
