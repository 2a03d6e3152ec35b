using System.Text;
using Dmp.Audit.V1;
using Dmp.Cli;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Content;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Keys;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Content at rest as callers and operators meet it.</summary>
public sealed class SealedContentTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_file_of_the_store_holds_a_word_of_any_document()
    {
        await using var server = await TestServer.StartAsync(platform);
        var sample = await Sample.UploadAsync(platform, server);
        var marker = Encoding.ASCII.GetBytes("Monsieur Dupont souffre de 7f3a91c0");
        foreach (var copies in new[] { 1, 200, 20_000 })
        {
            var content = Enumerable.Repeat(marker, copies).SelectMany(bytes => bytes).ToArray();
            Assert.Equal(content, await sample.Api.ReadAsync(await sample.Api.UploadAsync(Given.Intent(sample.RecordId), content)));
        }

        // Also what is not finished.
        var half = sample.Api.Documents.UploadDocument(cancellationToken: Token);
        await half.RequestStream.WriteAsync(new UploadDocumentRequest { Intent = Given.Intent(sample.RecordId) }, Token);
        await half.SendAsync(Enumerable.Repeat(marker, 20_000).SelectMany(bytes => bytes).ToArray());
        await half.RequestStream.WriteAsync(
            new UploadDocumentRequest { Chunk = new UploadChunk { WriteOffset = 20_000 * marker.Length, Data = ByteString.CopyFromUtf8("x"), Flush = true } }, Token);
        Assert.True(await half.ResponseStream.MoveNext(Token));
        Assert.True(await half.ResponseStream.MoveNext(Token));
        Assert.True(half.ResponseStream.Current.Progress.PersistedSize > 600_000);

        half.Dispose();
        await WaitForAsync(() => server.QueryAsync<long>(platform, "select count(*) from upload where not running"), 1);

        var files = Directory.GetFiles(server.ContentDirectory, "*", SearchOption.AllDirectories);
        Assert.True(files.Sum(file => new FileInfo(file).Length) > 1_300_000);
        Assert.Contains(files, file => file.EndsWith(".part", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf("Monsieur"u8)));
    }

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
                    document, (await api.Documents.GetDocumentAsync(new() { RecordId = sample.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token)).Document);
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
        var events = (await patient.Audit.ListRecordEventsAsync(new ListRecordEventsRequest { RecordId = sample.RecordId }, cancellationToken: Token)).Events;
        var erasure = Assert.Single(events, told => told.Method == "dmp keys destroy");
        Assert.Equal("Effacement demandé par le titulaire", erasure.Justification);
        Assert.Equal((Dmp.Type.V1.ActorKind.System, sample.RecordId), (erasure.Actor.Kind, erasure.RecordId));

        // It is signed, and in the log with all others.
        await WaitForAsync(() => server.QueryAsync<long>(platform, "select count(*) from audit_event where event_id not in (select event_id from audit_leaf)"), 0);
        await using StringWriter output = new();
        var code = await DmpCommand.RunAsync(
            ["audit", "verify", "--connection", platform.Databases.AdminOf(server.Database), "--key", server.Services.GetRequiredService<TraceKeys>().Signers[0].Verifier.Text],
            output, output, Token);
        Assert.True(code == DmpCommand.Done, output.ToString());
    }

    [Fact]
    public async Task Erasing_twice_or_what_was_never_there_is_refused()
    {
        await using var server = await TestServer.StartAsync(platform);
        KeysCli cli = new(platform, server);
        var sample = await Sample.UploadAsync(platform, server);
        string[] destroy = ["destroy", sample.RecordId, "--reason", "Demande du titulaire", "--keys", Path.Combine(server.DataDirectory, "audit-keys")];

        // Nobody confirms: the tests have no terminal.
        Assert.Equal(1, (await cli.RunAsync(destroy)).Code);
        await sample.AssertReadableAsync();

        Assert.Equal(0, (await cli.RunAsync([.. destroy, "--yes"])).Code);
        Assert.Contains("destroyed already", (await cli.RunAsync([.. destroy, "--yes"])).Error, StringComparison.Ordinal);
        Assert.Contains(
            "no such record", (await cli.RunAsync([.. destroy.Select(part => part == sample.RecordId ? Given.NewId() : part), "--yes"])).Error, StringComparison.Ordinal);
        Assert.Equal(1, await server.QueryAsync<long>(platform, "select count(*) from audit_event where method = 'dmp keys destroy'"));
    }

    [Fact]
    public async Task A_read_under_way_ends_when_the_content_is_erased()
    {
        await using var server = await TestServer.StartAsync(platform);
        var sample = await Sample.UploadAsync(platform, server);
        var large = await sample.Api.UploadAsync(Given.Intent(sample.RecordId), Given.Text(40_000_000));
        using var call = sample.Api.Documents.ReadDocument(
            new ReadDocumentRequest { RecordId = sample.RecordId, DocumentId = large.DocumentId }, cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.True(await call.ResponseStream.MoveNext(Token));
        await new KeysCli(platform, server).DestroyAsync(sample.RecordId);
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
        await using var server = await TestServer.StartAsync(platform);
        KeysCli cli = new(platform, server);
        var sample = await Sample.UploadAsync(platform, server);
        var (intent, content) = (Given.Intent(sample.RecordId), Given.Text(900_000));
        using (var call = sample.Api.Documents.UploadDocument(cancellationToken: Token))
        {
            await call.RequestStream.WriteAsync(new UploadDocumentRequest { Intent = intent }, Token);
            await call.SendAsync(content[..400_000], 100_000);
            await WaitForAsync(() => server.QueryAsync<long>(platform, "select count(*) from upload"), 1);
            await cli.DestroyAsync(sample.RecordId);
            for (var offset = 400_000; offset < content.Length; offset += 100_000)
            {
                await call.RequestStream.WriteAsync(
                    new UploadDocumentRequest { Chunk = new UploadChunk { WriteOffset = offset, Data = ByteString.CopyFrom(content, offset, 100_000) } }, Token);
            }

            await call.RequestStream.WriteAsync(Given.Finish(content), Token);
            await Refusals.RefusedAsync(StatusCode.Aborted, ErrorReason.WriteConflict, call.DocumentAsync);
        }

        var document = await sample.Api.UploadAsync(intent, content);
        Assert.Equal(content, await sample.Api.ReadAsync(document));
    }

    [Fact]
    public async Task An_upload_that_broke_before_the_erasure_begins_again_from_nothing()
    {
        await using var server = await TestServer.StartAsync(platform);
        var sample = await Sample.UploadAsync(platform, server);
        var (intent, content) = (Given.Intent(sample.RecordId), Given.Text(900_000));
        using (var call = sample.Api.Documents.UploadDocument(cancellationToken: Token))
        {
            await call.RequestStream.WriteAsync(new UploadDocumentRequest { Intent = intent }, Token);
            await call.SendAsync(content[..800_000]);
            await WaitForAsync(() => server.QueryAsync<long>(platform, "select count(*) from upload"), 1);
        }

        await WaitForAsync(() => server.QueryAsync<long>(platform, "select count(*) from upload where not running and persisted_size > 300000"), 1);
        GetUploadStatusRequest status = new() { RecordId = sample.RecordId, RequestId = intent.RequestId };
        Assert.True((await sample.Api.Documents.GetUploadStatusAsync(status, cancellationToken: Token)).Unfinished.PersistedSize > 300_000);
        await new KeysCli(platform, server).DestroyAsync(sample.RecordId);
        Assert.Equal(0, (await sample.Api.Documents.GetUploadStatusAsync(status, cancellationToken: Token)).Unfinished.PersistedSize);

        using var resumed = sample.Api.Documents.UploadDocument(cancellationToken: Token);
        await resumed.RequestStream.WriteAsync(
            new UploadDocumentRequest { Resume = new UploadResume { RecordId = sample.RecordId, RequestId = intent.RequestId } }, Token);
        Assert.True(await resumed.ResponseStream.MoveNext(Token));
        Assert.Equal(0, resumed.ResponseStream.Current.Accepted.PersistedSize);
        await resumed.SendAsync(content);
        await resumed.RequestStream.WriteAsync(Given.Finish(content), Token);
        Assert.Equal(content, await sample.Api.ReadAsync(await resumed.DocumentAsync()));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(600_000)]
    public async Task Changed_files_are_told_as_damaged_and_never_as_not_found(int size)
    {
        await using var server = await TestServer.StartAsync(platform);
        var sample = await Sample.UploadAsync(platform, server, size);
        var other = await Sample.UploadAsync(platform, server, size);
        var (mine, theirs) = (await BlobAsync(server, sample), await BlobAsync(server, other));
        var bytes = File.ReadAllBytes(mine);

        File.WriteAllBytes(mine, File.ReadAllBytes(theirs));
        await DamagedAsync(sample);
        File.WriteAllBytes(mine, bytes[..^1]);
        await DamagedAsync(sample);
        File.WriteAllBytes(mine, [.. bytes.Select((value, i) => i == size / 2 ? (byte)(value ^ 1) : value)]);
        await DamagedAsync(sample);
        File.WriteAllBytes(mine, bytes);
        await sample.AssertReadableAsync();
    }

    [Fact]
    public async Task Rows_that_somebody_changed_open_nothing_else()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Keys:CacheFor=00:00:00", "--Dmp:Keys:AcceptPlain=false");
        KeysCli cli = new(platform, server);
        var (sample, other) = (await Sample.UploadAsync(platform, server), await Sample.UploadAsync(platform, server));
        foreach (var change in new[]
        {
            // The document of another patient under this one's name, with all that belongs to it.
            """
             update document_version v set content_id = gen_random_uuid(), blob_id = o.blob_id, blob_offset = o.blob_offset, record_key_id = o.record_key_id
             from document_version o where v.document_id = '{0}' and o.document_id = '{1}'
             """,
            "update record_key k set wrapped = o.wrapped from record_key o where k.record_id = '{2}' and o.record_id = '{3}'",

            // Sealed bytes as if they were plain.
            "update document_version set record_key_id = null where document_id = '{0}'",
        })
        {
            await cli.ExecuteAsync("create table kept_version as table document_version; create table kept_key as table record_key");
            await cli.ExecuteAsync(string.Format(
                System.Globalization.CultureInfo.InvariantCulture, change, sample.Document.DocumentId, other.Document.DocumentId, sample.RecordId, other.RecordId));
            await DamagedAsync(sample);
            await cli.ExecuteAsync(
                """
                update record_key k set wrapped = o.wrapped from kept_key o where k.record_key_id = o.record_key_id;
                update document_version v set content_id = o.content_id, blob_id = o.blob_id, blob_offset = o.blob_offset, record_key_id = o.record_key_id
                from kept_version o where v.document_id = o.document_id;
                drop table kept_version; drop table kept_key
                """);
            await sample.AssertReadableAsync();
        }
    }

    [Fact]
    public async Task Documents_from_before_sealing_are_read_until_the_settings_say_no()
    {
        await using var server = await TestServer.StartAsync(platform);
        KeysCli cli = new(platform, server);
        var sample = await Sample.UploadAsync(platform, server, 600_000);
        File.WriteAllBytes(await BlobAsync(server, sample), sample.Content);
        await cli.ExecuteAsync($"update document_version set record_key_id = null where document_id = '{sample.Document.DocumentId}'");
        await sample.AssertReadableAsync();
        Assert.Contains("versions that are not sealed  1", await cli.DoAsync("status"), StringComparison.Ordinal);

        // It cannot be erased by a key.
        var refused = await cli.RunAsync(
            "destroy", sample.RecordId, "--reason", "Demande du titulaire", "--yes", "--keys", Path.Combine(server.DataDirectory, "audit-keys"));
        Assert.Equal(1, refused.Code);
        Assert.Contains("--leave-plain", refused.Error, StringComparison.Ordinal);
        await cli.DestroyAsync(sample.RecordId, "--leave-plain");
        await sample.AssertReadableAsync();

        await using var strict = await server.StartBesideAsync(platform, "--Dmp:Keys:AcceptPlain=false");
        await Refusals.RefusedAsync(StatusCode.DataLoss, ErrorReason.ContentDamaged, () => sample.At(platform, strict).ReadAsync(sample.Document));
    }

    [Fact]
    public async Task A_master_key_that_is_away_makes_content_unavailable_and_nothing_else()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Keys:CacheFor=00:00:00");
        var sample = await Sample.UploadAsync(platform, server);
        Directory.Move(server.MasterKeyDirectory, server.MasterKeyDirectory + ".away");
        await Refusals.RefusedAsync(StatusCode.Unavailable, ErrorReason.StorageUnavailable, () => sample.Api.ReadAsync(sample.Document));
        await Refusals.RefusedAsync(StatusCode.Unavailable, ErrorReason.StorageUnavailable, () => sample.Api.UploadAsync(sample.RecordId));
        Assert.Single(await sample.Api.SearchIdsAsync(sample.RecordId));
        Directory.Move(server.MasterKeyDirectory + ".away", server.MasterKeyDirectory);
        await sample.AssertReadableAsync();
        await sample.Api.UploadAsync(sample.RecordId);
    }

    private static async Task ErasedAsync(Func<Task> read) => await Refusals.RefusedAsync(StatusCode.FailedPrecondition, ErrorReason.ContentErased, read);

    private static async Task DamagedAsync(Sample sample) =>
        await Refusals.RefusedAsync(StatusCode.DataLoss, ErrorReason.ContentDamaged, () => sample.Api.ReadAsync(sample.Document));

    private static async Task WaitForAsync(Func<Task<long>> count, long wanted)
    {
        for (var attempt = 0; await count() != wanted; attempt++)
        {
            Assert.True(attempt < 200, $"did not become {wanted}");
            await Task.Delay(50, Token);
        }
    }

    private async Task<string> BlobAsync(TestServer server, Sample sample)
    {
        var blobId = await server.QueryAsync<Guid>(
            platform, $"select coalesce(blob_id, content_id) from document_version where document_id = '{sample.Document.DocumentId}'");
        return ((DiskContentStore)server.Services.GetRequiredService<IContentStore>()).BlobPath(blobId);
    }
}
