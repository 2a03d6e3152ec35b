using CsCheck;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Blobs of many objects, and what is left when something ends half-way.</summary>
public sealed class S3PieceTests(S3Server server) : S3StorePair(server)
{
    [Fact]
    public async Task What_fits_one_piece_is_one_object_and_more_is_a_manifest_with_pieces()
    {
        var small = await One.PutAsync(Bytes(Piece), Token);
        Assert.Equal([$"blobs/{small}"], await KeysAsync());
        var large = await One.PutAsync(Bytes(2 * Piece + 1), Token);
        var keys = await KeysAsync();
        Assert.Equal([$"blobs/{small}", $"blobs/{large}"], keys.Where(key => key.StartsWith("blobs/", StringComparison.Ordinal)).Order());
        Assert.Equal(3, keys.Count(key => key.StartsWith($"pieces/{large}/", StringComparison.Ordinal)));
        Assert.Equal(5, keys.Count);
        await One.DeleteAsync(large, Token);
        Assert.Equal([$"blobs/{small}"], await KeysAsync());
    }

    [Fact]
    public Task Any_range_of_many_pieces_is_right() =>
        Gen.Select(Gen.Int[0, 12_000], Gen.Select(Gen.Int[0, 12_500], Gen.Int[0, 5000]).Array[1, 6]).SampleAsync(
            async (size, ranges) =>
            {
                var content = Bytes(size);
                var blobId = await One.PutAsync(content, Token);
                await using var reader = await Two.OpenAsync(blobId, Token);
                Assert.NotNull(reader);
                await Task.WhenAll(ranges.Select(async range =>
                {
                    var (offset, count) = range;
                    var buffer = new byte[count];
                    var read = await reader.ReadAsync(offset, buffer, Token);
                    Assert.Equal(content.Skip(offset).Take(count), buffer[..read]);
                }));
            },
            iter: 30);

    [Fact]
    public async Task Reading_on_and_on_gives_every_byte_of_a_large_blob_with_few_requests()
    {
        using var store = S3ContentStoreTests.Open(Options);
        var content = Bytes(9_500_000);
        var blobId = await store.PutAsync(content, Token);
        Assert.Equal(1 + 3, (await KeysAsync()).Count);
        await using var reader = await store.OpenAsync(blobId, Token);
        Assert.NotNull(reader);
        var read = new MemoryStream();
        var buffer = new byte[30_000];
        while (await reader.ReadAsync(read.Length, buffer, Token) is > 0 and var count)
        {
            read.Write(buffer, 0, count);
        }

        Assert.Equal(content, read.ToArray());
    }

    [Fact]
    public async Task Many_flushes_make_few_objects_and_the_commit_leaves_only_what_it_needs()
    {
        var content = Bytes(5_050);
        var blobId = Guid.CreateVersion7();
        await using var writer = await One.CreateAsync(blobId, Token);
        foreach (var chunk in content.Chunk(50))
        {
            await writer.AppendAsync(chunk, Token);
            Assert.Equal(writer.Length, await writer.FlushAsync(Token));
            Assert.Equal(writer.Length, writer.PersistedLength);
        }

        await writer.CommitAsync(Token);
        Assert.Equal(content, await Two.GetAsync(blobId, Token));

        // A flush ends a piece of 250 bytes or more.
        Assert.Equal(1 + 21, (await KeysAsync()).Count);
    }

    [Fact]
    public async Task More_than_a_page_of_pieces_and_of_blobs_is_listed_and_deleted()
    {
        using var tiny = new S3ContentStore(
            Microsoft.Extensions.Options.Options.Create(new ContentOptions { Directory = "unused", S3 = Options }),
            TimeProvider.System,
            NullLogger<S3ContentStore>.Instance)
        { PieceBytes = 3 };
        var content = Bytes(3 * 1010 + 1);
        var large = await tiny.PutAsync(content, Token);
        Assert.Equal(content, await One.GetAsync(large, Token));
        List<Guid> blobIds = [large];
        await Parallel.ForAsync(0, 1005, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (_, ct) =>
        {
            var blobId = await One.PutAsync([1], ct);
            lock (blobIds)
            {
                blobIds.Add(blobId);
            }
        });
        Assert.Equal(blobIds.Order(), (await One.ListAsync(Token).Select(blob => blob.ContentId).ToListAsync(Token)).Order());
        await Parallel.ForEachAsync(blobIds, Token, async (blobId, ct) => await One.DeleteAsync(blobId, ct));
        Assert.Empty(await KeysAsync());
    }

    [Fact]
    public async Task A_commit_that_ended_before_its_clean_up_keeps_its_pieces()
    {
        var blobId = await One.PutAsync(Bytes(2500), Token);
        var kept = await KeysAsync();
        await One.Bucket.PutAsync(One.MarkerPrefix(blobId) + "000001", S3Kind.Manifest, [], 0, Token);
        await One.Bucket.PutAsync(One.PiecePrefix(blobId) + "of-nobody", S3Kind.Content, [], 0, Token);
        Assert.Null(await Two.ResumeAsync(blobId, 1, Token));
        Assert.Equal(1, await Two.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow().AddHours(1), Token));
        Assert.Equal(kept, await KeysAsync());
        Assert.Equal(Bytes(2500), await Two.GetAsync(blobId, Token));
    }

    [Fact]
    public async Task A_removal_that_ended_half_way_is_finished_later_and_not_while_it_may_run()
    {
        var blobId = Guid.CreateVersion7();
        await using (var left = await One.CreateAsync(blobId, Token))
        {
            await left.AppendAsync(Bytes(2500), Token);
        }

        await One.Bucket.PutAsync(One.BlobKey(blobId), S3Kind.Tombstone, [], 0, Token);
        var before = await KeysAsync();
        Assert.Null(await Two.OpenAsync(blobId, Token));
        Assert.Null(await Two.ResumeAsync(blobId, 1, Token));
        await Two.DeletePartAsync(blobId, Token);
        await Two.DeleteAsync(blobId, Token);
        Assert.Equal(before, await KeysAsync());
        using var later = Open(Options, new MovedTime(S3Upload.RemovalMax + TimeSpan.FromMinutes(1)));
        await later.DeleteAsync(blobId, Token);
        Assert.Empty(await KeysAsync());
    }

    [Fact]
    public async Task A_deletion_that_ended_half_way_is_finished_by_the_sweep()
    {
        var blobId = await One.PutAsync(Bytes(2500), Token);
        await One.Bucket.PutAsync(One.MarkerPrefix(blobId) + "0", S3Kind.Content, [], 0, Token);
        await One.Bucket.DeleteAsync(One.BlobKey(blobId), Token);
        Assert.Null(await Two.ResumeAsync(blobId, 1, Token));
        Assert.Equal(1, await Two.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow().AddHours(1), Token));
        Assert.Empty(await KeysAsync());
    }
}
