using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>What is wrong with an upload is told precisely, and nothing of it stays.</summary>
public sealed class UploadFaultTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_faults_of_an_intent_are_told_at_once()
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id);
        intent.RequestId = "1";
        intent.Metadata.Type = new Coding { System = "2.16.840.1.113883.6.1", Code = "00000-0" };
        intent.Metadata.Title = "";
        intent.Metadata.MediaType = "application/x-msdownload";
        intent.Metadata.ServiceStartTime = null;
        intent.ExpectedSha256 = ByteString.CopyFrom([1, 2, 3]);

        await Refusals.FieldsAsync(
            () => platform.As(record.Physician).UploadAsync(intent, Given.Text()),
            "request_id", "metadata.type", "metadata.title", "metadata.media_type", "metadata.service_start_time", "expected_sha256");
        await NothingIsLeftAsync(record);
    }

    [Fact]
    public async Task A_first_message_without_intent()
    {
        var record = await platform.RecordAsync();
        using var call = platform.As(record.Physician).Documents.UploadDocument(cancellationToken: Token);
        await call.RequestStream.OfferAsync(Given.Finish([]));
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.UploadIntentMissing, call.DocumentAsync);

        using var silent = platform.As(record.Physician).Documents.UploadDocument(cancellationToken: Token);
        await silent.RequestStream.CompleteAsync();
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.UploadIntentMissing, silent.DocumentAsync);
    }

    [Fact]
    public Task A_second_intent() => RefusedAsync(
        StatusCode.InvalidArgument, ErrorReason.UploadIntentRepeated, async (call, intent, _) =>
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent }));

    [Fact]
    public Task A_chunk_out_of_order() => RefusedAsync(
        StatusCode.OutOfRange, ErrorReason.UploadOffsetWrong, async (call, _, content) =>
            await call.RequestStream.OfferAsync(Chunk(7, content)));

    [Fact]
    public Task A_chunk_that_is_too_large() => RefusedAsync(
        StatusCode.InvalidArgument, ErrorReason.UploadChunkTooLarge, async (call, _, _) =>
            await call.RequestStream.OfferAsync(Chunk(0, new byte[300_000])));

    [Fact]
    public Task A_message_that_is_too_large() => RefusedAsync(
        StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge, async (call, _, _) =>
            await call.RequestStream.OfferAsync(Chunk(0, new byte[2_000_000])));

    [Fact]
    public Task An_empty_document() => RefusedAsync(
        StatusCode.InvalidArgument, ErrorReason.DocumentEmpty, async (call, _, _) =>
            await call.RequestStream.OfferAsync(Given.Finish([])));

    [Fact]
    public Task A_wrong_digest() => RefusedAsync(
        StatusCode.InvalidArgument, ErrorReason.DigestMismatch, async (call, _, content) =>
        {
            await call.SendAsync(content);
            var finish = Given.Finish(content);
            finish.Finish.Sha256 = ByteString.CopyFrom(SHA256.HashData([]));
            await call.RequestStream.OfferAsync(finish);
        });

    [Fact]
    public Task A_wrong_size() => RefusedAsync(
        StatusCode.InvalidArgument, ErrorReason.SizeMismatch, async (call, _, content) =>
        {
            await call.SendAsync(content);
            var finish = Given.Finish(content);
            finish.Finish.SizeBytes++;
            await call.RequestStream.OfferAsync(finish);
        });

    [Fact]
    public Task No_finish() => RefusedAsync(
        StatusCode.InvalidArgument, ErrorReason.UploadIncomplete, async (call, _, content) =>
        {
            await call.SendAsync(content);
            await call.RequestStream.CompleteAsync();
        });

    [Fact]
    public async Task A_content_of_another_kind_than_announced()
    {
        var record = await platform.RecordAsync();
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.MediaTypeMismatch,
            () => platform.As(record.Physician).UploadAsync(Given.Intent(record.Id, "application/pdf"), Given.Text()));
        await NothingIsLeftAsync(record);
    }

    [Fact]
    public async Task An_oversize_that_is_announced_is_refused_before_bytes_travel()
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id);
        intent.ExpectedSizeBytes = 1L << 40;
        await Refusals.RefusedAsync(
            StatusCode.ResourceExhausted, ErrorReason.DocumentTooLarge,
            () => platform.As(record.Physician).UploadAsync(intent, Given.Text()));
        intent.ExpectedSizeBytes = 0;
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.DocumentEmpty, () => platform.As(record.Physician).UploadAsync(intent, Given.Text()));
    }

    [Fact]
    public async Task Metadata_of_200_kilobytes()
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id);
        intent.Metadata.Comments = new string('x', 200_000);
        await Refusals.FieldsAsync(() => platform.As(record.Physician).UploadAsync(intent, Given.Text()), "metadata.comments");
        await NothingIsLeftAsync(record);
    }

    [Fact]
    public async Task An_intent_of_which_each_field_is_within_its_limit_and_the_whole_is_not()
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id);
        var longest = string.Concat(Enumerable.Repeat("𝄞", 256));
        intent.Metadata.EventCodes.AddRange(
            Enumerable.Range(0, 50).Select(i => new Coding { System = "1.2.3", Code = $"{i}", Display = longest }));
        intent.Metadata.Authors.AddRange(
            Enumerable.Range(0, 20).Select(_ => new Author { Institution = new Institution { Name = longest } }));
        await Refusals.RefusedAsync(
            StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge,
            () => platform.As(record.Physician).UploadAsync(intent, Given.Text()));
        await NothingIsLeftAsync(record);
    }

    [Fact]
    public async Task A_record_that_does_not_exist_and_one_that_is_somebody_elses_answer_the_same()
    {
        var record = await platform.RecordAsync();
        var other = platform.As(TestPatient.New());
        var foreign = await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => other.UploadAsync(Given.Intent(record.Id), Given.Text()));
        var absent = await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied,
            () => other.UploadAsync(Given.Intent(Given.NewId()), Given.Text()));
        Assert.Equal(foreign.Message, absent.Message);
    }

    [Fact]
    public async Task A_client_that_vanishes_leaves_nothing_and_may_come_again_with_the_same_request_id()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var intent = Given.Intent(record.Id);
        var content = Given.Text(200_000);
        using (var call = api.Documents.UploadDocument(cancellationToken: Token))
        {
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            Assert.True(await call.ResponseStream.MoveNext(Token));
            await call.RequestStream.OfferAsync(Chunk(0, content[..100_000]));
        }

        await NothingIsLeftAsync(record);
        Assert.Equal(content, await api.ReadAsync(await api.UploadAsync(intent, content)));
    }

    private static UploadDocumentRequest Chunk(long offset, byte[] data) =>
        new() { Chunk = new UploadChunk { WriteOffset = offset, Data = ByteString.CopyFrom(data) } };

    /// <summary>After an accepted intent <paramref name="send"/> goes wrong, and the upload leaves nothing.</summary>
    private async Task RefusedAsync(
        StatusCode code,
        ErrorReason reason,
        Func<AsyncDuplexStreamingCall<UploadDocumentRequest, UploadDocumentResponse>, UploadIntent, byte[], Task> send)
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id);
        using (var call = platform.As(record.Physician).Documents.UploadDocument(cancellationToken: Token))
        {
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            await send(call, intent, Given.Text());
            await Refusals.RefusedAsync(code, reason, call.DocumentAsync);
        }

        await NothingIsLeftAsync(record);
    }

    /// <summary>No document, no unfinished upload, no temporary byte. Vanished callers are noticed a moment later.</summary>
    private async Task NothingIsLeftAsync(OpenedRecord record)
    {
        Assert.Empty(await platform.As(record.Physician).SearchIdsAsync(record.Id));
        await Waiting.UntilAsync(async () => await platform.Server.QueryAsync<long>(
            platform, $"select count(*) from upload where record_id = '{record.Id}'") == 0);
        Assert.Equal(0, await platform.Server.QueryAsync<long>(platform, $"select count(*) from document where record_id = '{record.Id}'"));
    }
}
