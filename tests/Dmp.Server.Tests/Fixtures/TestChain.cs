using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>A root, an authority below it, an issuing authority below that, and certificates of servers: as a public authority does
/// it.</summary>
internal sealed class TestChain : IDisposable
{
    private static readonly DateTimeOffset begin = TimeProvider.System.GetUtcNow().AddHours(-1);

    private readonly X509Certificate2 policy;
    private readonly X509Certificate2 issuing;
    private int serial;

    public TestChain()
    {
        Root = Authority("CN=Test root", null);
        policy = Authority("CN=Test policy authority", Root);
        issuing = Authority("CN=Test issuing authority", policy);
    }

    public X509Certificate2 Root { get; }

    /// <summary>What is sent between the server's certificate and the root.</summary>
    public string IntermediatePem => issuing.ExportCertificatePem() + "\n" + policy.ExportCertificatePem() + "\n";

    public IReadOnlyList<string> IntermediateThumbprints => [issuing.Thumbprint, policy.Thumbprint];

    /// <summary>A certificate for localhost and 127.0.0.1, with its chain, and its key; both PEM.</summary>
    public (string Certificate, string Key, string SerialNumber) Server(bool isElliptic = false, TimeSpan? lifetime = null)
    {
        using var rsa = isElliptic ? null : RSA.Create(2048);
        using var elliptic = isElliptic ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        var request = rsa is not null
            ? new CertificateRequest("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=localhost", elliptic!, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.Create(
            issuing.SubjectName, X509SignatureGenerator.CreateForRSA(issuing.GetRSAPrivateKey()!, RSASignaturePadding.Pkcs1),
            begin, begin + (lifetime ?? TimeSpan.FromDays(30)), [0x10, 0, (byte)++serial]);
        var key = rsa?.ExportPkcs8PrivateKeyPem() ?? elliptic!.ExportPkcs8PrivateKeyPem();
        return (certificate.ExportCertificatePem() + "\n" + IntermediatePem, key, certificate.SerialNumber);
    }

    /// <summary>Whether a client that trusts the root and knows nothing else accepts what a server has shown.</summary>
    public bool Accepts(X509Certificate? shown, X509Chain? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Root);
        chain.ChainPolicy.ExtraStore.AddRange(sent!.ChainPolicy.ExtraStore);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build((X509Certificate2)shown!);
    }

    public void Dispose()
    {
        issuing.Dispose();
        policy.Dispose();
        Root.Dispose();
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        if (issuer is null)
        {
            return request.CreateSelfSigned(begin, begin.AddDays(90));
        }

        using var certificate = request.Create(issuer, begin, begin.AddDays(60), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
