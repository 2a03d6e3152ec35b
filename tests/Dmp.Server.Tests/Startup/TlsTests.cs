using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmp.Server.Tests.Fixtures;
using Grpc.Net.Client;
using Xunit;

namespace Dmp.Server.Tests.Startup;

/// <summary>The gRPC port with a certificate from PEM files.</summary>
public sealed class TlsTests(Platform platform)
{
    [Fact]
    public async Task The_port_speaks_TLS_with_the_configured_certificate_and_nothing_else()
    {
        var directory = Directory.CreateTempSubdirectory("dmp-tls-").FullName;
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        var (certificatePath, keyPath) = (Path.Combine(directory, "server.pem"), Path.Combine(directory, "server.key"));
        await File.WriteAllTextAsync(certificatePath, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(keyPath, key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await using var server = await TestServer.StartAsync(
            platform, $"--Dmp:Listen:CertificatePath={certificatePath}", $"--Dmp:Listen:CertificateKeyPath={keyPath}");

        using var handler = new SocketsHttpHandler();
        handler.SslOptions.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        // This very certificate and no other one.
        handler.SslOptions.RemoteCertificateValidationCallback =
            (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString();
        using var channel = GrpcChannel.ForAddress(
            $"https://127.0.0.1:{server.Address.Port}", new GrpcChannelOptions { HttpHandler = handler });
        var api = new DmpApi(channel, platform.Callers.Token(TestProfessional.New()));
        await api.Records.ListRecordsAsync(new(), cancellationToken: TestContext.Current.CancellationToken);

        using var plain = GrpcChannel.ForAddress($"http://127.0.0.1:{server.Address.Port}");
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await new DmpApi(plain, null).Records.ListRecordsAsync(
            new(), cancellationToken: TestContext.Current.CancellationToken));
        Directory.Delete(directory, recursive: true);
    }
}
