using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Dmp.Document.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Xunit;

namespace Dmp.Server.Tests.Startup;

/// <summary>The chain that the gRPC port sends, its files while they change, and the suites it speaks.</summary>
[SupportedOSPlatform("linux")]
public sealed class TlsCertificateTests : IAsyncLifetime
{
    private static readonly TestChain chain = new();

    private readonly Platform platform;
    private readonly string directory = Directory.CreateTempSubdirectory("dmp-tls-").FullName;
    private TestServer? server;

    public TlsCertificateTests(Platform platform) => this.platform = platform;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string CertificatePath => Path.Combine(directory, "tls.crt");

    private string KeyPath => Path.Combine(directory, "tls.key");

    private TestServer Server => server!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_client_that_trusts_the_root_alone_is_sent_what_lies_between()
    {
        var serial = await StartAsync();
        using var channel = OpenChannel();
        await Api(channel).Records.ListRecordsAsync(new(), cancellationToken: Token);

        var (shown, sent) = await ShownAsync();
        Assert.Equal(serial, shown);
        Assert.Equal(chain.IntermediateThumbprints, sent);
    }

    [Fact]
    public async Task A_chain_in_another_order_and_with_its_root_is_sent_as_it_should_be()
    {
        var (certificate, key, _) = chain.Server(isElliptic: true);
        var parts = certificate.Split("-----BEGIN", StringSplitOptions.RemoveEmptyEntries).Select(part => "-----BEGIN" + part).ToArray();
        await StartAsync((parts[0] + chain.Root.ExportCertificatePem() + "\n" + parts[2] + parts[1], key));
        Assert.Equal(chain.IntermediateThumbprints, (await ShownAsync()).Sent);
    }

    [Fact]
    public async Task Changed_files_are_used_by_new_connections_while_an_old_stream_goes_on()
    {
        await StartAsync();
        using var channel = OpenChannel();
        var api = Api(channel);
        var recordId = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(recordId);
        var content = Given.Text(300_000);
        using var upload = api.Documents.UploadDocument(cancellationToken: Token);
        await upload.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = Given.Intent(recordId) });
        await upload.RequestStream.OfferAsync(Chunk(content, 0, 100_000));

        var (certificate, key, serial) = chain.Server();
        await ReplaceAsync(CertificatePath, certificate);
        await ReplaceAsync(KeyPath, key);
        await WaitForAsync(serial);

        await upload.RequestStream.OfferAsync(Chunk(content, 100_000, 200_000));
        await upload.RequestStream.OfferAsync(Given.Finish(content));
        Assert.Equal(content, await api.ReadAsync(await upload.DocumentAsync()));
        Assert.Equal(chain.IntermediateThumbprints, (await ShownAsync()).Sent);
    }

    [Fact]
    public async Task A_pair_that_does_not_match_leaves_the_old_one_and_warns_once()
    {
        using var log = new FakeLoggerProvider();
        var old = await StartAsync();
        using var logger = LoggerFactory.Create(logging => logging.AddProvider(log));
        var certificate = ServerCertificate.Open(new() { CertificatePath = CertificatePath, CertificateKeyPath = KeyPath })!;
        var (next, key, serial) = chain.Server();

        await ReplaceAsync(CertificatePath, next);
        certificate.Renew(logger.CreateLogger("tls"));
        certificate.Renew(logger.CreateLogger("tls"));
        Assert.Equal(old, certificate.Context.TargetCertificate.SerialNumber);
        var line = Assert.Single(log.Collector.GetSnapshot());
        Assert.Contains("the one before stays in use: The private key", line.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("BEGIN", $"{line.Message} {line.Exception}", StringComparison.Ordinal);
        Assert.Equal(old, (await ShownAsync()).SerialNumber);

        await ReplaceAsync(KeyPath, key);
        certificate.Renew(logger.CreateLogger("tls"));
        Assert.Equal(serial, certificate.Context.TargetCertificate.SerialNumber);
        await WaitForAsync(serial);
    }

    [Fact]
    public async Task Files_that_are_no_certificate_for_a_while_leave_the_old_one()
    {
        var used = await StartAsync();
        foreach (var content in new[]
        {
            "", "no certificate at all", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", null,
        })
        {
            if (content is null)
            {
                File.Delete(CertificatePath);
            }
            else
            {
                await ReplaceAsync(CertificatePath, content);
            }

            Server.Services.GetRequiredService<ServerCertificate>().Renew(
                Server.Services.GetRequiredService<ILogger<TlsCertificateTests>>());
            Assert.Equal((content, used), (content, (await ShownAsync()).SerialNumber));

            (var certificate, var key, used) = chain.Server(isElliptic: true);
            await ReplaceAsync(CertificatePath, certificate);
            await ReplaceAsync(KeyPath, key);
            await WaitForAsync(used);
        }
    }

    [Fact]
    public async Task A_folder_whose_link_is_swapped_is_noticed()
    {
        // As Kubernetes mounts a secret: tls.crt -> ..data/tls.crt, ..data -> a folder with a time in its name.
        var (first, second) = (chain.Server(), chain.Server(isElliptic: true));
        foreach (var (name, pair) in new[] { ("..one", first), ("..two", second) })
        {
            var folder = Directory.CreateDirectory(Path.Combine(directory, name)).FullName;
            await File.WriteAllTextAsync(Path.Combine(folder, "tls.crt"), pair.Certificate, Token);
            await File.WriteAllTextAsync(Path.Combine(folder, "tls.key"), pair.Key, Token);
        }

        File.CreateSymbolicLink(Path.Combine(directory, "..data"), "..one");
        File.CreateSymbolicLink(CertificatePath, Path.Combine("..data", "tls.crt"));
        File.CreateSymbolicLink(KeyPath, Path.Combine("..data", "tls.key"));
        await StartServerAsync();
        Assert.Equal(first.SerialNumber, (await ShownAsync()).SerialNumber);

        File.CreateSymbolicLink(Path.Combine(directory, "..data_tmp"), "..two");
        // A rename of the link itself; that of .NET looks for what it points to.
        using var move = Process.Start("mv", ["-T", Path.Combine(directory, "..data_tmp"), Path.Combine(directory, "..data")]);
        await move.WaitForExitAsync(Token);
        await WaitForAsync(second.SerialNumber);
    }

    [Fact]
    public async Task Only_suites_that_authenticate_what_they_encrypt_are_spoken()
    {
        await StartAsync();
        foreach (var (suite, accepted) in new[]
        {
            (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, false),
            (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, false),
            (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, false),
            (TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA, false),
            (TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384, false),
            (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, true),
            (TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, true),
            (TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, true),
        })
        {
            var failure = await Xunit.Record.ExceptionAsync(() => ShownAsync(client =>
            {
                client.EnabledSslProtocols = SslProtocols.Tls12;
                client.CipherSuitesPolicy = new CipherSuitesPolicy([suite]);
            }));
            Assert.True(accepted ? failure is null : failure is AuthenticationException or IOException, $"{suite}: {failure}");
        }
    }

    [Fact]
    public async Task Old_versions_of_TLS_are_not_spoken_and_the_newest_is()
    {
        await StartAsync();
        await ShownAsync(client => client.EnabledSslProtocols = SslProtocols.Tls13);
#pragma warning disable SYSLIB0039, CA5397 // The version that must be refused.
        await Assert.ThrowsAnyAsync<Exception>(() => ShownAsync(client => client.EnabledSslProtocols = SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397
    }

    private static UploadDocumentRequest Chunk(byte[] content, int offset, int count) =>
        new() { Chunk = new UploadChunk { WriteOffset = offset, Data = ByteString.CopyFrom(content, offset, count) } };

    private static async Task ReplaceAsync(string path, string content)
    {
        await File.WriteAllTextAsync(path + ".new", content, Token);
        File.Move(path + ".new", path, overwrite: true);
    }

    private DmpApi Api(GrpcChannel channel) => new(channel, platform.Callers.Token(TestProfessional.New()));

    private async Task<string> StartAsync((string Certificate, string Key)? given = null)
    {
        var made = chain.Server();
        await File.WriteAllTextAsync(CertificatePath, given?.Certificate ?? made.Certificate, Token);
        await File.WriteAllTextAsync(KeyPath, given?.Key ?? made.Key, Token);
        await StartServerAsync();
        return made.SerialNumber;
    }

    private async Task StartServerAsync() => server = await TestServer.StartAsync(
        platform,
        $"--Dmp:Listen:CertificatePath={CertificatePath}",
        $"--Dmp:Listen:CertificateKeyPath={KeyPath}",
        "--Dmp:Listen:CertificateCheckSeconds=1");

    private GrpcChannel OpenChannel()
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, sent, _) => chain.Accepts(shown, sent);
        return GrpcChannel.ForAddress(
            $"https://127.0.0.1:{Server.Address.Port}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    /// <summary>A new connection: the certificate it is shown, and what is sent with it.</summary>
    private async Task<(string SerialNumber, IReadOnlyList<string> Sent)> ShownAsync(
        Action<SslClientAuthenticationOptions>? configure = null)
    {
        IReadOnlyList<string> between = [];
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", Server.Address.Port, Token);
        await using var tls = new SslStream(socket.GetStream());
        var client = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, shown, sent, _) =>
            {
                between = [.. sent!.ChainPolicy.ExtraStore.Select(one => one.Thumbprint)
                    .Where(one => one != ((X509Certificate2)shown!).Thumbprint)];
                return chain.Accepts(shown, sent);
            },
        };
        configure?.Invoke(client);
        await tls.AuthenticateAsClientAsync(client, Token);
        Assert.Equal(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);
        return (((X509Certificate2)tls.RemoteCertificate!).SerialNumber, between);
    }

    private Task WaitForAsync(string serial) => Waiting.UntilAsync(async () => (await ShownAsync()).SerialNumber == serial);
}
