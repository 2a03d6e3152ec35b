using System.Text;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Keys;
using Dmp.Storage;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Content at rest as callers and operators meet it.</summary>
public sealed class SealedContentTests(Platform platform)
{
    private const string SameBlob = "blob_id = o.blob_id, blob_offset = o.blob_offset, record_key_id = o.record_key_id";

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
        await half.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = Given.Intent(sample.RecordId) });
        await half.SendAsync(Enumerable.Repeat(marker, 20_000).SelectMany(bytes => bytes).ToArray());
        await half.RequestStream.OfferAsync(
            new UploadDocumentRequest
            {
                Chunk = new UploadChunk { WriteOffset = 20_000 * marker.Length, Data = ByteString.CopyFromUtf8("x"), Flush = true },
            });
        Assert.True(await half.ResponseStream.MoveNext(Token));
        Assert.True(await half.ResponseStream.MoveNext(Token));
        Assert.True(half.ResponseStream.Current.Progress.PersistedSize > 600_000);

        half.Dispose();
        await WaitForAsync(() => server.QueryAsync<long>(platform, "select count(*) from upload where not running"), 1);

        var files = Directory.GetFiles(server.ContentDirectory, "*", SearchOption.AllDirectories);
        Assert.True(files.Sum(file => new FileInfo(file).Length) > 1_300_000);
        Assert.Contains(files, file => file.EndsWith(".part", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal(-1, Bytes(file).AsSpan().IndexOf("Monsieur"u8)));

        // The call that left may still hold its part: that is read as it stands.
        static byte[] Bytes(string file)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
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
            // The document of another patient under this one's name, with all that belongs to it, once the schema no longer stands in
            // the way.
            """
             alter table document_version drop constraint document_version_record_key_fkey;
             update document_version v set content_id = gen_random_uuid(), blob_id = o.blob_id, blob_offset = o.blob_offset,
                 record_key_id = o.record_key_id
             from document_version o where v.document_id = '{0}' and o.document_id = '{1}'
             """,
            "update record_key k set wrapped = o.wrapped from record_key o where k.record_id = '{2}' and o.record_id = '{3}'",

            // Sealed bytes as if they were plain.
            "update document_version set record_key_id = null where document_id = '{0}'",
        })
        {
            await cli.ExecuteAsync("create table kept_version as table document_version; create table kept_key as table record_key");
            await cli.ExecuteAsync(string.Format(
                System.Globalization.CultureInfo.InvariantCulture, change, sample.Document.DocumentId, other.Document.DocumentId,
                sample.RecordId, other.RecordId));
            await DamagedAsync(sample);
            await cli.ExecuteAsync(
                $"""
                update record_key k set wrapped = o.wrapped from kept_key o where k.record_key_id = o.record_key_id;
                update document_version v set content_id = o.content_id, {SameBlob}
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
            "destroy", sample.RecordId, "--reason", "Demande du titulaire", "--yes", "--keys",
            Path.Combine(server.DataDirectory, "audit-keys"));
        Assert.Equal(1, refused.Code);
        Assert.Contains("--leave-plain", refused.Error, StringComparison.Ordinal);
        await cli.DestroyAsync(sample.RecordId, "--leave-plain");
        await sample.AssertReadableAsync();

        await using var strict = await server.StartBesideAsync(platform, "--Dmp:Keys:AcceptPlain=false");
        await Refusals.RefusedAsync(
            StatusCode.DataLoss, ErrorReason.ContentDamaged, () => sample.At(platform, strict).ReadAsync(sample.Document));
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

    private static async Task DamagedAsync(Sample sample) =>
        await Refusals.RefusedAsync(StatusCode.DataLoss, ErrorReason.ContentDamaged, () => sample.Api.ReadAsync(sample.Document));

    private static Task WaitForAsync(Func<Task<long>> count, long wanted) => Waiting.UntilAsync(async () => await count() == wanted);

    private async Task<string> BlobAsync(TestServer server, Sample sample)
    {
        var blobId = await server.QueryAsync<Guid>(
            platform, $"select coalesce(blob_id, content_id) from document_version where document_id = '{sample.Document.DocumentId}'");
        return ((DiskContentStore)server.Services.GetRequiredService<IContentStore>()).BlobPath(blobId);
    }
}
