using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Dmp.Server.Startup;

/// <summary>TLS of the gRPC port.</summary>
internal static class TlsSetup
{
    // Authenticated encryption with a key of the connection's own, and nothing else: no CBC, no RSA key exchange, no finite-field
    // Diffie-Hellman. RFC 9113 forbids the rest for HTTP/2 anyhow.
    private static readonly TlsCipherSuite[] suites =
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    // Windows chooses its suites for the whole machine.
    private static readonly CipherSuitesPolicy? policy = OperatingSystem.IsWindows() ? null : new CipherSuitesPolicy(suites);

    public static void Configure(HttpsConnectionAdapterOptions https, ServerCertificate certificate)
    {
        https.ServerCertificate = certificate.Context.TargetCertificate;
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;

        // Asked for and not required: only tokens bound to a certificate need one (RFC 8705), and those are
        // compared with it. Whether the chain is trusted plays no part in that (section 2.2: self-signed).
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.AllowAnyClientCertificate();
        https.OnAuthenticate = (_, options) =>
        {
            // Each connection begins with the certificate of its time, and is sent its chain.
            options.ServerCertificateContext = certificate.Context;
            options.CipherSuitesPolicy = policy;
            options.AllowRenegotiation = false;
        };
    }
}
