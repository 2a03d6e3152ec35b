using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>A server with small limits: what runs into them is told, and its bytes are gone from the disk.</summary>
public sealed class UploadLimitTests(Platform platform) : IAsyncLifetime
{
    private TestServer? server;
    private DmpApi? api;
    private string recordId = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TestServer Server => server ?? throw new InvalidOperationException("The server is not started.");

    private DmpApi Api => api ?? throw new InvalidOperationException("The server is not started.");

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync(platform, "--Dmp:Upload:StallSecondsMax=3", "--Dmp:Upload:DocumentBytesMax=500000");
        var physician = TestProfessional.New();
        api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        recordId = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(recordId);
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Silence_after_the_intent_ends_the_upload()
    {
        using (var call = await BeginAsync())
        {
            await call.SendAsync(Given.Text(100_000));
            await Refusals.RefusedAsync(StatusCode.DeadlineExceeded, ErrorReason.UploadStalled, call.DocumentAsync);
        }

        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Silence_before_the_intent_ends_the_upload()
    {
        using var call = Api.Documents.UploadDocument(cancellationToken: Token);
        await Refusals.RefusedAsync(StatusCode.DeadlineExceeded, ErrorReason.UploadStalled, call.DocumentAsync);
    }

    [Fact]
    public async Task Empty_chunks_keep_an_upload_alive()
    {
        var content = Given.Text(1000);
        using var call = await BeginAsync();
        var longerThanSilenceMay = DateTimeOffset.UtcNow.AddSeconds(4.5);
        await Waiting.UntilAsync(async () =>
        {
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Chunk = new UploadChunk { Data = ByteString.Empty } });
            return DateTimeOffset.UtcNow > longerThanSilenceMay;
        });

        await call.SendAsync(content);
        await call.RequestStream.OfferAsync(Given.Finish(content));
        Assert.Equal(content, await Api.ReadAsync(await call.DocumentAsync()));
    }

    [Fact]
    public async Task A_document_that_grows_beyond_the_limit_is_refused_on_the_way()
    {
        using (var call = await BeginAsync())
        {
            await call.SendAsync(Given.Text(2_000_000));
            await Refusals.RefusedAsync(StatusCode.ResourceExhausted, ErrorReason.DocumentTooLarge, call.DocumentAsync);
        }

        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Bytes_of_a_client_that_vanished_are_gone_from_the_disk()
    {
        using (var channel = Server.OpenChannel())
        {
            var other = new DmpApi(channel, platform.Callers.Token(TestProfessional.New()));
            var call = other.Documents.UploadDocument(cancellationToken: Token);
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = Given.Intent(recordId) });
            Assert.True(await call.ResponseStream.MoveNext(Token));
            await call.SendAsync(Given.Text(200_000));
        }

        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Health_is_told_without_a_token()
    {
        var health = new Grpc.Health.V1.Health.HealthClient(Server.Channel);
        await Waiting.UntilAsync(async () =>
            (await health.CheckAsync(new(), cancellationToken: Token)).Status
                == Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving);
    }

    private async Task<AsyncDuplexStreamingCall<UploadDocumentRequest, UploadDocumentResponse>> BeginAsync()
    {
        var call = Api.Documents.UploadDocument(cancellationToken: Token);
        await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = Given.Intent(recordId) });
        Assert.True(await call.ResponseStream.MoveNext(Token));
        return call;
    }

    private async Task NothingIsLeftAsync()
    {
        await Waiting.UntilAsync(() => !Directory.EnumerateFiles(Server.ContentDirectory, "*", SearchOption.AllDirectories).Any());
        Assert.Empty(await Api.SearchIdsAsync(recordId));
    }
}
