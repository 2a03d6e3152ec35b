using System.Runtime.Versioning;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Resilience;
using Dmp.Storage;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Servers whose documents are in a bucket, as their callers see them.</summary>
public sealed class S3ServerTests(Platform platform, S3Server s3) : IAsyncLifetime
{
    private S3Options options = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string[] Settings => ["--Dmp:Content:Store=S3", .. S3Server.SettingsOf(options)];

    public async ValueTask InitializeAsync() => options = await s3.OptionsAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(1)]
    [InlineData(300_000)]
    [InlineData(9_000_001)]
    public async Task A_document_comes_back_byte_for_byte_also_from_another_server(int size)
    {
        await using var one = await TestServer.StartAsync(platform, Settings);
        await using var two = await one.StartBesideAsync(platform, Settings);
        var (token, recordId) = await OpenAsync(one);
        var content = Given.Text(size);
        var document = await new DmpApi(one.Channel, token).UploadAsync(Given.Intent(recordId), content);
        Assert.Equal(content, await new DmpApi(two.Channel, token).ReadAsync(document));
        Assert.Equal(content[(size / 2)..], await new DmpApi(two.Channel, token).ReadAsync(document, read => read.ReadOffset = size / 2));
        Assert.False(
            Directory.Exists(one.ContentDirectory)
                && Directory.EnumerateFiles(one.ContentDirectory, "*", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public async Task An_upload_that_broke_on_one_server_is_taken_up_on_another()
    {
        await using var one = await TestServer.StartAsync(platform, Settings);
        await using var two = await one.StartBesideAsync(platform, Settings);
        var (token, recordId) = await OpenAsync(one);
        var content = Given.Text(10_000_000);
        var intent = Given.Intent(recordId);
        using (var broken = new DmpApi(one.Channel, token).Documents.UploadDocument(cancellationToken: Token))
        {
            await broken.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            await broken.SendAsync(content[..9_000_000]);
            while (await broken.ResponseStream.MoveNext(Token)
                && broken.ResponseStream.Current.Progress is not { PersistedSize: >= 8_000_000 })
            {
            }
        }

        var there = new DmpApi(two.Channel, token);
        var document = await FinishAsync(there, recordId, intent.RequestId, content, 8_000_000, 9_000_000);
        Assert.Equal(content, await there.ReadAsync(document));
        var keys = (await s3.ObjectsAsync(options)).Select(item => item.Key).ToList();
        Assert.DoesNotContain(keys, key => key.Contains("/incoming/", StringComparison.Ordinal));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task What_a_killed_server_had_stored_is_taken_up_and_what_it_had_answered_is_there()
    {
        await using var server = await ServerProcess.StartAsync(Settings);
        var (api, recordId) = await KillTests.OpenAsync(server);
        var (small, content) = (Given.Text(1000), Given.Text(10_000_000));
        var stored = await api.UploadAsync(Given.Intent(recordId), small);
        var intent = Given.Intent(recordId);
        using (var broken = api.Documents.UploadDocument(cancellationToken: Token))
        {
            await broken.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            await broken.SendAsync(content[..9_000_000]);
            while (await broken.ResponseStream.MoveNext(Token)
                && broken.ResponseStream.Current.Progress is not { PersistedSize: >= 8_000_000 })
            {
            }

            await server.KillAsync();
        }

        await server.RestartAsync();
        api = await server.AsAsync("dr-martin");
        Assert.Equal(small, await api.ReadAsync(stored));
        Assert.Equal(content, await api.ReadAsync(await FinishAsync(api, recordId, intent.RequestId, content, 8_000_000, 9_000_000)));
    }

    [Fact]
    public async Task A_store_that_is_away_is_unavailable_with_a_time_to_try_again_and_unhealthy()
    {
        await using var line = new S3Proxy(s3.Port);
        await using var server = await TestServer.StartAsync(
            platform, [.. Settings, $"--Dmp:Content:S3:Endpoint={line.Endpoint}", "--Dmp:Content:S3:Retries=0"]);
        var (token, recordId) = await OpenAsync(server);
        var api = new DmpApi(server.Channel, token);
        var document = await api.UploadAsync(Given.Intent(recordId), Given.Text());
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(server));

        line.Set(LineFault.Busy);
        foreach (var call in (Func<Task>[])
        [
            () => api.ReadAsync(document), () => api.UploadAsync(Given.Intent(recordId), Given.Text()),
            () => api.UploadAsync(Given.Intent(recordId), Given.Text(5_000_000)),
        ])
        {
            var status = await Refusals.RefusedAsync(StatusCode.Unavailable, ErrorReason.StorageUnavailable, call);
            Assert.NotNull(status.GetDetail<RetryInfo>());
            Assert.DoesNotContain("127.0.0.1", status.ToString(), StringComparison.Ordinal);
        }

        await WaitForAsync(server, HealthStatus.Unhealthy);
        line.Set(LineFault.None);
        await WaitForAsync(server, HealthStatus.Healthy);
        Assert.Equal(document.Content.SizeBytes, (await api.ReadAsync(document)).Length);
        Assert.Equal([document.DocumentId], await api.SearchIdsAsync(recordId));
    }

    [Theory]
    [InlineData("--Dmp:Content:S3:Bucket=no-such-bucket", "there is no bucket no-such-bucket")]
    [InlineData("--Dmp:Content:S3:SecretKey=wrong", "refuses these credentials")]
    [InlineData("--Dmp:Content:S3:Endpoint=http://127.0.0.1:1", "http://127.0.0.1:1 cannot be used")]
    public async Task A_bucket_that_cannot_be_used_stops_the_server_with_a_sentence(string setting, string sentence)
    {
        var refusal = await Assert.ThrowsAsync<StoreRefusedException>(
            () => TestServer.StartAsync(platform, [.. Settings, "--Dmp:Content:S3:Retries=0", setting]));
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Dmp:Content:S3:Bucket=", "Dmp:Content:S3:Bucket")]
    [InlineData("--Dmp:Content:S3:Endpoint=http://storage.example", "Dmp:Content:S3:Endpoint")]
    [InlineData("--Dmp:Content:S3:SecretKey=", "AccessKey and SecretKey")]
    [InlineData("--Dmp:Content:Fallback=S3", "Dmp:Content:Fallback")]
    public async Task A_wrong_setting_stops_the_server_with_a_sentence_that_names_it(string setting, string name)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => TestServer.StartAsync(platform, [.. Settings, setting]));
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sweep_removes_what_no_document_needs()
    {
        await using var server = await TestServer.StartAsync(platform, Settings);
        var (token, recordId) = await OpenAsync(server);
        var document = await new DmpApi(server.Channel, token).UploadAsync(Given.Intent(recordId), Given.Text(300_000));
        var store = server.Services.GetRequiredService<IContentStore>();
        var orphan = await store.PutAsync(Given.Text(5_000_000), Token);
        await using (var left = await store.CreateAsync(Guid.CreateVersion7(), Token))
        {
            await left.AppendAsync(Given.Text(10), Token);
        }

        using var sweeper = new ContentSweeper(
            store,
            server.Services.GetRequiredService<FindReferencedContent>(),
            server.Services.GetRequiredService<IOptions<ContentOptions>>(),
            new MovedTime(TimeSpan.FromDays(3)),
            NullLogger<ContentSweeper>.Instance);
        Assert.Equal(new SweepResult(1, 2, 1), await sweeper.SweepOnceAsync(Token));
        Assert.Null(await store.OpenAsync(orphan, Token));
        Assert.Equal(300_000, (await new DmpApi(server.Channel, token).ReadAsync(document)).Length);

        // The blob, and what the start and the health check write.
        Assert.Equal(2, (await s3.ObjectsAsync(options)).Count);
    }

    /// <summary>Takes the upload up, and sends what was not persisted.</summary>
    private static async Task<Document.V1.Document> FinishAsync(
        DmpApi api, string recordId, string requestId, byte[] content, int persistedMin, int persistedMax)
    {
        using var resumed = api.Documents.UploadDocument(cancellationToken: Token);
        await resumed.RequestStream.OfferAsync(
            new UploadDocumentRequest { Resume = new UploadResume { RecordId = recordId, RequestId = requestId } });
        Assert.True(await resumed.ResponseStream.MoveNext(Token));
        var persisted = (int)resumed.ResponseStream.Current.Accepted.PersistedSize;
        Assert.InRange(persisted, persistedMin, persistedMax);
        for (var offset = persisted; offset < content.Length; offset += 200_000)
        {
            var data = ByteString.CopyFrom(content, offset, Math.Min(200_000, content.Length - offset));
            await resumed.RequestStream.OfferAsync(
                new UploadDocumentRequest { Chunk = new UploadChunk { WriteOffset = offset, Data = data } });
        }

        await resumed.RequestStream.OfferAsync(Given.Finish(content));
        return await resumed.DocumentAsync();
    }

    private async Task<(string Token, string RecordId)> OpenAsync(TestServer server)
    {
        var token = platform.Callers.Token(TestProfessional.New());
        var api = new DmpApi(server.Channel, token);
        var recordId = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(recordId);
        return (token, recordId);
    }

    /// <summary>A result stands for a second.</summary>
    private static Task WaitForAsync(TestServer server, HealthStatus status) =>
        Waiting.UntilAsync(async () => await HealthAsync(server) == status);

    private static async Task<HealthStatus> HealthAsync(TestServer server) =>
        (await server.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token)).Entries["storage"].Status;
}
