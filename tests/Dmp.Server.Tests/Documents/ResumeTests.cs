using System.IO.Hashing;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using UploadCall = Grpc.Core.AsyncDuplexStreamingCall<Dmp.Document.V1.UploadDocumentRequest, Dmp.Document.V1.UploadDocumentResponse>;

namespace Dmp.Server.Tests.Documents;

/// <summary>Uploads that break and are taken up.</summary>
public sealed class ResumeTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broken_upload_goes_on_where_it_broke()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(3_000_000);
        var intent = Given.Intent(record.Id);
        await BreakAsync(api, intent, content, 1_000_000);

        var unfinished = await RestingAsync(api, intent);
        Assert.Equal(Whole(1_000_000), unfinished.PersistedSize);
        Assert.InRange(
            unfinished.ExpireTime.ToDateTimeOffset() - TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(23), TimeSpan.FromHours(24.1));
        Assert.Empty(await api.SearchIdsAsync(record.Id));

        using var call = api.Documents.UploadDocument(cancellationToken: Token);
        var accepted = await ResumeAsync(call, intent);
        Assert.Equal(Whole(1_000_000), accepted.PersistedSize);
        await SendAsync(call, content, (int)accepted.PersistedSize);
        await call.RequestStream.OfferAsync(Given.Finish(content));
        var document = await call.DocumentAsync();

        Assert.Equal(content, await api.ReadAsync(document));
        Assert.Equal([document.DocumentId], await api.SearchIdsAsync(record.Id));
        Assert.Equal(document, (await StatusAsync(api, intent)).Document);
    }

    [Fact]
    public async Task The_same_intent_takes_up_too_and_another_one_is_an_error()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(900_000);
        var intent = Given.Intent(record.Id);
        await BreakAsync(api, intent, content, 500_000);
        await RestingAsync(api, intent);

        var other = intent.Clone();
        other.Metadata.Title = "Autre";
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.RequestIdReused, () => api.UploadAsync(other, content));

        // This caller sends everything again, and what is there already is skipped.
        Assert.Equal(content, await api.ReadAsync(await api.UploadAsync(intent, content)));
        Assert.Single(await api.SearchIdsAsync(record.Id));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(700_000)]
    public async Task Resuming_a_finished_upload_answers_its_document(int size)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var intent = Given.Intent(record.Id);
        var document = await api.UploadAsync(intent, Given.Text(size));
        using var call = api.Documents.UploadDocument(cancellationToken: Token);
        await call.RequestStream.OfferAsync(ResumeOf(intent));
        Assert.Equal(document, await call.DocumentAsync());
    }

    [Fact]
    public async Task A_resume_takes_the_upload_away_from_a_call_that_seems_to_run()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(600_000);
        var intent = Given.Intent(record.Id);
        using var first = await BeginAsync(api, intent);
        await SendAsync(first, content, 0, 400_000, flush: true);
        Assert.True((await StatusAsync(api, intent)).Unfinished.IsRunning);

        using var second = api.Documents.UploadDocument(cancellationToken: Token);
        Assert.Equal(Whole(400_000), (await ResumeAsync(second, intent)).PersistedSize);

        await Refusals.RefusedAsync(StatusCode.Aborted, ErrorReason.UploadTakenOver, first.DocumentAsync);
        await SendAsync(second, content, Whole(400_000));
        await second.RequestStream.OfferAsync(Given.Finish(content));
        Assert.Equal(content, await api.ReadAsync(await second.DocumentAsync()));
    }

    [Fact]
    public async Task Another_server_takes_it_up_and_the_first_one_lets_go()
    {
        await using var server = await TestServer.StartAsync(platform);
        await using var beside = await server.StartBesideAsync(platform);
        var physician = TestProfessional.New();
        var here = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var there = new DmpApi(beside.Channel, platform.Callers.Token(physician));
        var recordId = (await here.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await here.DeclareAsync(recordId);
        var content = Given.Text(600_000);
        var intent = Given.Intent(recordId);
        using var first = await BeginAsync(here, intent);
        await SendAsync(first, content, 0, 400_000, flush: true);

        using var second = there.Documents.UploadDocument(cancellationToken: Token);
        Assert.Equal(Whole(400_000), (await ResumeAsync(second, intent)).PersistedSize);
        await Refusals.RefusedAsync(StatusCode.Aborted, ErrorReason.UploadTakenOver, first.DocumentAsync);
        await SendAsync(second, content, Whole(400_000));
        await second.RequestStream.OfferAsync(Given.Finish(content));
        Assert.Equal(content, await here.ReadAsync(await second.DocumentAsync()));
    }

    [Fact]
    public async Task Uploads_of_others_and_unknown_ones_are_not_there()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var intent = Given.Intent(record.Id);
        await BreakAsync(api, intent, Given.Text(600_000), 500_000);
        await RestingAsync(api, intent);

        var colleague = platform.As(await platform.ColleagueAsync(record));
        await NotFoundAsync(colleague, intent);
        var unknown = Given.Intent(record.Id);
        await NotFoundAsync(api, unknown);

        // Below the size from which bytes are kept.
        var small = Given.Intent(record.Id);
        await BreakAsync(api, small, Given.Text(1000), 900);
        await NotFoundAsync(api, small);

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.RecordAccessDenied,
            () => platform.As(TestPatient.New()).Documents.GetUploadStatusAsync(StatusOf(intent), cancellationToken: Token).ResponseAsync);
        Assert.Equal(Whole(500_000), (await StatusAsync(api, intent)).Unfinished.PersistedSize);
    }

    [Fact]
    public async Task What_is_said_of_a_broken_upload_is_checked_again()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(600_000);
        var intent = Given.Intent(record.Id);
        intent.Metadata.UniqueId = $"urn:uuid:{Guid.NewGuid()}";
        await BreakAsync(api, intent, content, 500_000);
        await RestingAsync(api, intent);
        await api.UploadAsync(record.Id, other => other.Metadata.UniqueId = intent.Metadata.UniqueId);

        using var call = api.Documents.UploadDocument(cancellationToken: Token);
        await call.RequestStream.OfferAsync(ResumeOf(intent));
        await Refusals.RefusedAsync(StatusCode.AlreadyExists, ErrorReason.UniqueIdTaken, call.DocumentAsync);
    }

    [Fact]
    public async Task A_damaged_chunk_is_refused_and_what_came_before_is_kept()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(600_000);
        var intent = Given.Intent(record.Id);
        using (var call = await BeginAsync(api, intent))
        {
            await SendAsync(call, content, 0, 400_000);
            var damaged = Chunk(content, 400_000, 100_000);
            damaged.Chunk.Crc32C++;
            await call.RequestStream.OfferAsync(damaged);
            await Refusals.RefusedAsync(StatusCode.DataLoss, ErrorReason.UploadChunkDamaged, call.DocumentAsync);
        }

        using var again = api.Documents.UploadDocument(cancellationToken: Token);
        Assert.Equal(Whole(400_000), (await ResumeAsync(again, intent)).PersistedSize);
        await SendAsync(again, content, Whole(400_000));
        await again.RequestStream.OfferAsync(Given.Finish(content));
        Assert.Equal(content, await api.ReadAsync(await again.DocumentAsync()));
    }

    [Theory]
    [InlineData(3000)]
    [InlineData(70_000)]
    public async Task A_flush_tells_what_is_durable_also_of_few_bytes(int flushed)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(100_000);
        var intent = Given.Intent(record.Id);
        using (var call = await BeginAsync(api, intent))
        {
            await SendAsync(call, content, 0, flushed, flush: true);
        }

        Assert.Equal(Whole(flushed), (await RestingAsync(api, intent)).PersistedSize);
        Assert.Equal(content, await api.ReadAsync(await api.UploadAsync(intent, content)));
    }

    [Fact]
    public async Task A_refusal_after_the_finish_is_final()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(600_000);
        var intent = Given.Intent(record.Id);
        using (var call = await BeginAsync(api, intent))
        {
            await SendAsync(call, content, 0);
            await call.RequestStream.OfferAsync(Given.Finish(content[1..]));
            await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.SizeMismatch, call.DocumentAsync);
        }

        await NotFoundAsync(api, intent);
        Assert.Equal(content, await api.ReadAsync(await api.UploadAsync(intent, content)));
    }

    [Fact]
    public async Task A_cancelled_upload_is_gone_and_its_request_id_free()
    {
        await using var server = await TestServer.StartAsync(platform);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var recordId = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        var intent = Given.Intent(recordId);
        using var running = await BeginAsync(api, intent);
        await SendAsync(running, Given.Text(500_000), 0, flush: true);

        var cancel = new CancelUploadRequest { RecordId = recordId, RequestId = intent.RequestId };
        await api.Documents.CancelUploadAsync(cancel, cancellationToken: Token);

        await Refusals.RefusedAsync(StatusCode.Aborted, ErrorReason.UploadTakenOver, running.DocumentAsync);
        Assert.Empty(Directory.GetFiles(server.ContentDirectory, "*", SearchOption.AllDirectories));
        await NotFoundAsync(api, intent);
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.UploadNotFound,
            () => api.Documents.CancelUploadAsync(cancel, cancellationToken: Token).ResponseAsync);
        intent.Metadata.Title = "Autre";
        await api.UploadAsync(intent, Given.Text());
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.UploadNotFound,
            () => api.Documents.CancelUploadAsync(cancel, cancellationToken: Token).ResponseAsync);
    }

    [Fact]
    public async Task An_upload_that_nobody_takes_up_is_forgotten_with_its_bytes()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Upload:ExpireAfter=00:00:10");
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var recordId = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        var intent = Given.Intent(recordId);
        await BreakAsync(api, intent, Given.Text(600_000), 500_000);
        await RestingAsync(api, intent);
        await HousekeepAsync();
        await RestingAsync(api, intent);

        await server.QueryAsync<Guid>(
            platform, "update upload set heartbeat_time = heartbeat_time - interval '11 seconds' returning upload_id");
        await HousekeepAsync();

        await NotFoundAsync(api, intent);
        Assert.Empty(Directory.GetFiles(server.ContentDirectory, "*", SearchOption.AllDirectories));

        Task HousekeepAsync() => server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);
    }

    [Fact]
    public async Task A_request_id_is_not_shared_by_two_records()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var intent = Given.Intent(record.Id);
        await BreakAsync(api, intent, Given.Text(600_000), 500_000);
        await RestingAsync(api, intent);
        var second = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        var other = intent.Clone();
        other.RecordId = second;
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.RequestIdReused, () => api.UploadAsync(other, Given.Text(600_000)));
    }

    /// <summary>What of so many bytes can be taken up: whole segments.</summary>
    private static int Whole(int bytes) => bytes / SealedFormat.SegmentBytes * SealedFormat.SegmentBytes;

    private static async Task NotFoundAsync(DmpApi api, UploadIntent intent)
    {
        await Refusals.RefusedAsync(
            StatusCode.NotFound,
            ErrorReason.UploadNotFound,
            () => api.Documents.GetUploadStatusAsync(StatusOf(intent), cancellationToken: Token).ResponseAsync);
        using var call = api.Documents.UploadDocument(cancellationToken: Token);
        await call.RequestStream.OfferAsync(ResumeOf(intent));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.UploadNotFound, call.DocumentAsync);
    }

    /// <summary>Sends that many bytes and vanishes.</summary>
    private static async Task BreakAsync(DmpApi api, UploadIntent intent, byte[] content, int count)
    {
        using var call = await BeginAsync(api, intent);
        await SendAsync(call, content, 0, count);
        if (count > 256 * 1024)
        {
            // What vanishes with the line is none of the server's business; what is to be found again must have arrived.
            await call.RequestStream.OfferAsync(
                new UploadDocumentRequest { Chunk = new UploadChunk { WriteOffset = count, Flush = true } });
            while (await call.ResponseStream.MoveNext(Token) && call.ResponseStream.Current.Progress?.PersistedSize != Whole(count))
            {
            }
        }
    }

    private static async Task<UploadCall> BeginAsync(DmpApi api, UploadIntent intent)
    {
        var call = api.Documents.UploadDocument(cancellationToken: Token);
        await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(0, call.ResponseStream.Current.Accepted.PersistedSize);
        return call;
    }

    private static async Task<UploadAccepted> ResumeAsync(UploadCall call, UploadIntent intent)
    {
        await call.RequestStream.OfferAsync(ResumeOf(intent));
        Assert.True(await call.ResponseStream.MoveNext(Token));
        return call.ResponseStream.Current.Accepted;
    }

    private static async Task SendAsync(UploadCall call, byte[] content, int offset, int end = int.MaxValue, bool flush = false)
    {
        end = Math.Min(end, content.Length);
        for (; offset < end; offset += 100_000)
        {
            var chunk = Chunk(content, offset, Math.Min(100_000, end - offset));
            chunk.Chunk.Flush = flush && offset + 100_000 >= end;
            await call.RequestStream.OfferAsync(chunk);
        }

        if (flush)
        {
            while (await call.ResponseStream.MoveNext(Token) && call.ResponseStream.Current.Progress?.PersistedSize != Whole(end))
            {
            }
        }
    }

    private static UploadDocumentRequest Chunk(byte[] content, int offset, int count) => new()
    {
        Chunk = new UploadChunk
        {
            WriteOffset = offset,
            Data = ByteString.CopyFrom(content, offset, count),
            Crc32C = Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, content.AsSpan(offset, count)),
        },
    };

    private static UploadDocumentRequest ResumeOf(UploadIntent intent) =>
        new() { Resume = new UploadResume { RecordId = intent.RecordId, RequestId = intent.RequestId } };

    private static GetUploadStatusRequest StatusOf(UploadIntent intent) =>
        new() { RecordId = intent.RecordId, RequestId = intent.RequestId };

    private static async Task<GetUploadStatusResponse> StatusAsync(DmpApi api, UploadIntent intent) =>
        await api.Documents.GetUploadStatusAsync(StatusOf(intent), cancellationToken: Token);

    /// <summary>A vanished caller is noticed a moment later.</summary>
    private static async Task<UnfinishedUpload> RestingAsync(DmpApi api, UploadIntent intent)
    {
        UnfinishedUpload? upload = null;
        await Waiting.UntilAsync(async () =>
        {
            upload = (await StatusAsync(api, intent)).Unfinished;
            Assert.NotNull(upload);
            return !upload.IsRunning;
        });
        return upload!;
    }
}
