using Dmp.Audit.V1;
using Dmp.Cli;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Tests.Documents.Import;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Keys;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>The key of a record is destroyed: what readers, uploads under way and the patient see of it.</summary>
public sealed class ErasureTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Erased_content_is_gone_at_once_on_every_server_and_everything_else_stays()
    {
        await using var one = await TestServer.StartAsync(platform);
        await using var two = await one.StartBesideAsync(platform);
        var sample = await Sample.UploadAsync(platform, one);
        var large = await sample.Api.UploadAsync(Given.Intent(sample.RecordId), Given.Text(700_000));
        var bystander = await Sample.UploadAsync(platform, one);
        var there = sample.At(platform, two);

        // Both have the key in memory now.
        await sample.AssertReadableAsync();
        Assert.Equal(sample.Content, await there.ReadAsync(sample.Document));

        Assert.Equal(
            $"The key of record {sample.RecordId} is destroyed. Backups still hold it: see docs/encryption.md.",
            await new KeysCli(platform, one).DestroyAsync(sample.RecordId));

        foreach (var api in new[] { sample.Api, there, new(two.Channel, platform.Callers.Token(sample.Patient)) })
        {
            foreach (var document in new[] { sample.Document, large })
            {
                await ErasedAsync(() => api.ReadAsync(document));
                Assert.Equal(
                    document, (await api.Documents.GetDocumentAsync(
                        new() { RecordId = sample.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token)).Document);
            }

            Assert.Equal(2, (await api.SearchIdsAsync(sample.RecordId)).Count);
        }

        // To others they exist no more than before.
        DmpApi stranger = new(one.Channel, platform.Callers.Token(TestProfessional.New()));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => stranger.ReadAsync(sample.Document));
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.DocumentNotFound, () => sample.Api.ReadAsync(sample.Document, request => request.Version = 2));
        await bystander.AssertReadableAsync();

        // The record goes on, with another key.
        var content = Given.Text();
        var later = await sample.Api.UploadAsync(Given.Intent(sample.RecordId), content);
        Assert.Equal(content, await there.ReadAsync(later));
        await ErasedAsync(() => sample.Api.ReadAsync(sample.Document));
    }

    [Fact]
    public async Task The_patient_sees_the_erasure_and_its_reason_in_the_trace_and_can_verify_it()
    {
        await using var server = await TestServer.StartAsync(platform);
        var sample = await Sample.UploadAsync(platform, server);
        await new KeysCli(platform, server).DestroyAsync(sample.RecordId);
        DmpApi patient = new(server.Channel, platform.Callers.Token(sample.Patient));
        var events = (await patient.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = sample.RecordId }, cancellationToken: Token)).Events;
        var erasure = Assert.Single(events, told => told.Method == "dmp keys destroy");
        Assert.Equal("Effacement demandé par le titulaire", erasure.Justification);
        Assert.Equal((Dmp.Type.V1.ActorKind.System, sample.RecordId), (erasure.Actor.Kind, erasure.RecordId));

        // It is signed, and in the log with all others.
        await WaitForAsync(
            () => server.QueryAsync<long>(
                platform, "select count(*) from audit_event where event_id not in (select event_id from audit_leaf)"), 0);
        await using StringWriter output = new();
        var code = await DmpCommand.RunAsync(
            [
                "audit", "verify", "--connection", platform.Databases.AdminOf(server.Database), "--key",
                server.Services.GetRequiredService<TraceKeys>().Signers[0].Verifier.Text,
            ],
            output, output, Token);
        Assert.True(code == DmpCommand.Done, output.ToString());
    }

    [Fact]
    public async Task Erasing_twice_or_what_was_never_there_is_refused()
    {
        KeysCli cli = new(platform, platform.Server);
        var sample = await Sample.UploadAsync(platform, platform.Server);
        var keys = Path.Combine(platform.Server.DataDirectory, "audit-keys");
        string[] destroy = ["destroy", sample.RecordId, "--reason", "Demande du titulaire", "--keys", keys];

        // Nobody confirms: the tests have no terminal.
        Assert.Equal(1, (await cli.RunAsync(destroy)).Code);
        await sample.AssertReadableAsync();

        Assert.Equal(0, (await cli.RunAsync([.. destroy, "--yes"])).Code);
        Assert.Contains("destroyed already", (await cli.RunAsync([.. destroy, "--yes"])).Error, StringComparison.Ordinal);
        Assert.Contains(
            "no such record",
            (await cli.RunAsync([.. destroy.Select(part => part == sample.RecordId ? Given.NewId() : part), "--yes"])).Error,
            StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync(sample, "audit_event", "method = 'dmp keys destroy'"));
    }

    [Fact]
    public async Task A_read_under_way_ends_when_the_content_is_erased()
    {
        var sample = await Sample.UploadAsync(platform, platform.Server);
        var large = await sample.Api.UploadAsync(Given.Intent(sample.RecordId), Given.Text(40_000_000));
        using var call = sample.Api.Documents.ReadDocument(
            new ReadDocumentRequest { RecordId = sample.RecordId, DocumentId = large.DocumentId }, cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.True(await call.ResponseStream.MoveNext(Token));
        await new KeysCli(platform, platform.Server).DestroyAsync(sample.RecordId);
        var read = 0L;
        await ErasedAsync(async () =>
        {
            await foreach (var response in call.ResponseStream.ReadAllAsync(Token))
            {
                read += response.Chunk.Data.Length;
            }
        });
        Assert.InRange(read, 1, 39_000_000);
    }

    [Fact]
    public async Task An_upload_under_way_when_the_content_is_erased_is_told_to_begin_again_and_then_is_new_content()
    {
        KeysCli cli = new(platform, platform.Server);
        var sample = await Sample.UploadAsync(platform, platform.Server);
        var (intent, content) = (Given.Intent(sample.RecordId), Given.Text(900_000));
        using (var call = sample.Api.Documents.UploadDocument(cancellationToken: Token))
        {
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            await call.SendAsync(content[..400_000], 100_000);
            await WaitForAsync(() => CountAsync(sample, "upload"), 1);
            await cli.DestroyAsync(sample.RecordId);
            for (var offset = 400_000; offset < content.Length; offset += 100_000)
            {
                await call.RequestStream.OfferAsync(
                    new UploadDocumentRequest
                    {
                        Chunk = new UploadChunk { WriteOffset = offset, Data = ByteString.CopyFrom(content, offset, 100_000) },
                    });
            }

            await call.RequestStream.OfferAsync(Given.Finish(content));
            await Refusals.RefusedAsync(StatusCode.Aborted, ErrorReason.WriteConflict, call.DocumentAsync);
        }

        var document = await sample.Api.UploadAsync(intent, content);
        Assert.Equal(content, await sample.Api.ReadAsync(document));
    }

    [Fact]
    public async Task An_upload_that_broke_before_the_erasure_begins_again_from_nothing()
    {
        var sample = await Sample.UploadAsync(platform, platform.Server);
        var (intent, content) = (Given.Intent(sample.RecordId), Given.Text(900_000));
        using (var call = sample.Api.Documents.UploadDocument(cancellationToken: Token))
        {
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            await call.SendAsync(content[..800_000]);

            // What vanishes with the line is none of the server's business; what is to be found again must have arrived.
            await call.RequestStream.OfferAsync(
                new UploadDocumentRequest { Chunk = new UploadChunk { WriteOffset = 800_000, Flush = true } });
            while (await call.ResponseStream.MoveNext(Token) && call.ResponseStream.Current.Progress is not { PersistedSize: > 300_000 })
            {
            }
        }

        await WaitForAsync(() => CountAsync(sample, "upload", "not running and persisted_size > 300000"), 1);
        GetUploadStatusRequest status = new() { RecordId = sample.RecordId, RequestId = intent.RequestId };
        Assert.True((await sample.Api.Documents.GetUploadStatusAsync(status, cancellationToken: Token)).Unfinished.PersistedSize > 300_000);
        await new KeysCli(platform, platform.Server).DestroyAsync(sample.RecordId);
        Assert.Equal(0, (await sample.Api.Documents.GetUploadStatusAsync(status, cancellationToken: Token)).Unfinished.PersistedSize);

        using var resumed = sample.Api.Documents.UploadDocument(cancellationToken: Token);
        await resumed.RequestStream.OfferAsync(
            new UploadDocumentRequest { Resume = new UploadResume { RecordId = sample.RecordId, RequestId = intent.RequestId } });
        Assert.True(await resumed.ResponseStream.MoveNext(Token));
        Assert.Equal(0, resumed.ResponseStream.Current.Accepted.PersistedSize);
        await resumed.SendAsync(content);
        await resumed.RequestStream.OfferAsync(Given.Finish(content));
        Assert.Equal(content, await sample.Api.ReadAsync(await resumed.DocumentAsync()));
    }

    [Fact]
    public async Task A_submission_set_under_way_when_the_content_is_erased_is_stored_whole_when_it_is_sent_again()
    {
        var sample = await Sample.UploadAsync(platform, platform.Server);
        var (small, large, content) = (Given.Intent(sample.RecordId), Given.Intent(sample.RecordId), Given.Text(600_000));
        var (bytes, intent) = (Given.Text(), Importing.SetOf(small, large));
        using (var import = new Importing(sample.Api))
        {
            var set = await import.SetAsync(intent);
            var first = await import.SendAsync(small, bytes);
            var second = await import.BeginAsync(large);
            await import.ChunkAsync(second, 0, content[..200_000]);
            await import.ChunkAsync(second, 200_000, content[200_000..400_000]);
            await WaitForAsync(() => CountAsync(sample, "upload"), 1);
            await new KeysCli(platform, platform.Server).DestroyAsync(sample.RecordId);
            await import.ChunkAsync(second, 400_000, content[400_000..]);
            await import.FinishAsync(second, content);
            await import.EndAsync();
            Assert.All(new[] { set, first, second }, item => Importing.Refused(
                StatusCode.Aborted, ErrorReason.WriteConflict, import.Results[item]));
        }

        using var again = new Importing(sample.Api);
        var whole = await again.SetAsync(intent);
        await again.SendAsync(small, bytes);
        var resent = await again.BeginAsync(large);
        for (var offset = 0; offset < content.Length; offset += 200_000)
        {
            await again.ChunkAsync(resent, offset, content[offset..(offset + 200_000)]);
        }

        await again.FinishAsync(resent, content);
        await again.EndAsync();
        Assert.Equal(2, again.Results[whole].SubmissionSet.Members.Count);
        Assert.Equal(content, await sample.Api.ReadAsync(again.Results[resent].Document));
    }

    [Fact]
    public async Task The_signature_of_a_submission_set_is_erased_with_the_content_that_it_signs()
    {
        var sample = await Sample.UploadAsync(platform, platform.Server);
        var letter = Given.Intent(sample.RecordId);
        var intent = Importing.SetOf(letter);
        intent.Signature = ByteString.CopyFromUtf8("<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>");
        var stored = (await Importing.SetAsync(sample.Api, intent, (letter, Given.Text()))).Set.SubmissionSet;
        GetSubmissionSetRequest request = new() { RecordId = sample.RecordId, SubmissionSetId = stored.SubmissionSetId };
        Assert.Equal(
            intent.Signature,
            (await sample.Api.Documents.GetSubmissionSetAsync(request, cancellationToken: Token)).SubmissionSet.Signature);

        await new KeysCli(platform, platform.Server).DestroyAsync(sample.RecordId);

        var left = (await sample.Api.Documents.GetSubmissionSetAsync(request, cancellationToken: Token)).SubmissionSet;
        Assert.Empty(left.Signature);
        Assert.Equal(stored.Members, left.Members);
        Assert.Equal(0, await CountAsync(sample, "submission_set", "signature is not null"));
    }

    private static async Task ErasedAsync(Func<Task> read) =>
        await Refusals.RefusedAsync(StatusCode.FailedPrecondition, ErrorReason.ContentErased, read);

    private Task<long> CountAsync(Sample sample, string table, string condition = "true") =>
        platform.Server.QueryAsync<long>(platform, $"select count(*) from {table} where record_id = '{sample.RecordId}' and {condition}");

    private static Task WaitForAsync(Func<Task<long>> count, long wanted) => Waiting.UntilAsync(async () => await count() == wanted);
}
