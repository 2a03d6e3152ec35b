using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>The way e-mails take in production: TLS to a server whose certificate is trusted, and a password.</summary>
[SupportedOSPlatform("linux")]
public sealed class MailOverTlsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("StartTls", false)]
    [InlineData("Tls", true)]
    public async Task An_email_goes_over_tls_with_a_password(string security, bool fromTheFirstByte)
    {
        using var certificate = Certificate();
        var trusted = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(trusted, certificate.ExportCertificatePem(), Token);
            await using var mail = MailServer.Start();
            await mail.CloseAsync();
            mail.Password = "good";
            mail.Open(endpoint => endpoint.Certificate(certificate).IsSecure(fromTheFirstByte).AuthenticationRequired());
            await using var server = await ServerProcess.StartAsync(
                new Dictionary<string, string> { ["SSL_CERT_FILE"] = trusted },
                [
                    .. NoticePlatform.Quick, .. mail.Settings, $"--Dmp:Notices:Smtp:Security={security}", "--Dmp:Notices:Smtp:UserName=dmp",
                    "--Dmp:Notices:Smtp:Password=good",
                ]);
            var (recordId, email) = await NoticePlatform.OpenAsync(server);

            await Waiting.UntilAsync(() => mail.To(email).Any());
            Assert.NotEqual(Guid.Empty, Guid.Parse(recordId));
            Assert.True(mail.WasSecure);
        }
        finally
        {
            File.Delete(trusted);
        }
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
