using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dmp.Client.Tests.Fixtures;

/// <summary>A certificate authority of a hospital, and the certificate it gave the platform on loopback.</summary>
public sealed class TestAuthority : IDisposable
{
    private TestAuthority(X509Certificate2 root, X509Certificate2 server) => (Root, Server) = (root, server);

    public X509Certificate2 Root { get; }

    public X509Certificate2 Server { get; }

    public static TestAuthority New()
    {
        var (from, to) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Autorité du CHU", rootKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var root = authority.CreateSelfSigned(from, to);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var given = request.Create(root, from, to, [1, 2, 3, 4]);
        return new TestAuthority(root, given.CopyWithPrivateKey(key));
    }

    public void Dispose()
    {
        Root.Dispose();
        Server.Dispose();
    }
}
