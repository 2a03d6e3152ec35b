using CsCheck;
using Dmp.Server.Content;
using Dmp.Server.Options;
using Xunit;

namespace Dmp.Server.Tests.Content;

public sealed class DiskContentStoreTests : IDisposable
{
    private readonly TemporaryStore temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public Task Any_chunking_and_any_range_read_give_the_bytes_back() =>
        Gen.Select(Gen.Byte.Array[0, 5000], Gen.Int[1, 1500], Gen.Int[0, 5500], Gen.Int[0, 3000]).SampleAsync(
            async (content, chunkSize, offset, count) =>
            {
                var contentId = Guid.CreateVersion7();
                await using (var writer = await temporary.Store.CreateAsync(contentId, Token))
                {
                    foreach (var chunk in content.Chunk(chunkSize))
                    {
                        await writer.AppendAsync(chunk, Token);
                    }

                    Assert.Equal(content.Length, writer.Length);
                    await writer.CommitAsync(Token);
                }

                await using var reader = await temporary.Store.OpenAsync(contentId, Token);
                Assert.NotNull(reader);
                Assert.Equal(content.Length, reader.Length);
                var buffer = new byte[count];
                var read = await reader.ReadAsync(offset, buffer, Token);
                Assert.Equal(content.Skip(offset).Take(count), buffer[..read]);
            },
            iter: 60);

    [Fact]
    public Task Discarding_leaves_nothing() =>
        Gen.Byte.Array[0, 3000].Array[0, 4].SampleAsync(
            async chunks =>
            {
                var contentId = Guid.CreateVersion7();
                await using (var writer = await temporary.Store.CreateAsync(contentId, Token))
                {
                    foreach (var chunk in chunks)
                    {
                        await writer.AppendAsync(chunk, Token);
                    }

                    Assert.Null(await temporary.Store.OpenAsync(contentId, Token));
                    await writer.DiscardAsync(Token);
                }

                Assert.Null(await temporary.Store.ResumeAsync(contentId, 1, Token));
                Assert.Empty(temporary.Files);
                Assert.Null(await temporary.Store.OpenAsync(contentId, Token));
            },
            iter: 30,
            threads: 1);

    [Fact]
    public Task What_a_writer_left_is_taken_up_at_a_multiple_of_the_unit() =>
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.Byte.Array[0, 3000], Gen.Int[1, 700]).SampleAsync(
            async (first, second, unit) =>
            {
                var contentId = Guid.CreateVersion7();
                await using (var writer = await temporary.Store.CreateAsync(contentId, Token))
                {
                    await writer.AppendAsync(first, Token);
                    await Assert.ThrowsAsync<ContentInUseException>(() => temporary.Store.ResumeAsync(contentId, unit, Token));
                }

                Assert.Null(await temporary.Store.OpenAsync(contentId, Token));
                var kept = first.Length / unit * unit;
                byte[] whole = [.. first.Take(kept), .. second];
                await using (var writer = await temporary.Store.ResumeAsync(contentId, unit, Token))
                {
                    Assert.NotNull(writer);
                    Assert.Equal(kept, writer.Length);
                    await writer.AppendAsync(second, Token);
                    Assert.Equal(kept + second.Length, await writer.FlushAsync(Token));
                    var readBack = new byte[kept + second.Length + 1];
                    Assert.Equal(kept + second.Length, await writer.ReadAsync(0, readBack, Token));
                    Assert.Equal(whole, readBack[..^1]);
                    await writer.CommitAsync(Token);
                }

                Assert.Equal(whole, await temporary.GetAsync(contentId, Token));
                Assert.Null(await temporary.Store.ResumeAsync(contentId, unit, Token));
            },
            iter: 40);

    [Fact]
    public async Task A_part_is_deleted_unless_a_living_writer_holds_it()
    {
        var contentId = Guid.CreateVersion7();
        await using (await temporary.Store.CreateAsync(contentId, Token))
        {
            await temporary.Store.DeletePartAsync(contentId, Token);
            Assert.Single(temporary.Files);
        }

        await temporary.Store.DeletePartAsync(contentId, Token);
        await temporary.Store.DeletePartAsync(contentId, Token);
        Assert.Empty(temporary.Files);
    }

    [Fact]
    public async Task The_blob_lies_under_the_random_tail_of_its_id()
    {
        var contentId = await temporary.PutAsync([1, 2, 3], Token);
        var name = contentId.ToString();
        Assert.Equal(Path.Combine(temporary.Root, "blobs", name[^4..^2], name[^2..], name), Assert.Single(temporary.Files));
    }

    [Fact]
    public async Task A_committed_blob_can_be_read_before_the_writer_is_disposed()
    {
        var contentId = Guid.CreateVersion7();
        await using var writer = await temporary.Store.CreateAsync(contentId, Token);
        await writer.AppendAsync(new byte[] { 7 }, Token);
        await writer.CommitAsync(Token);
        Assert.Equal((byte[])[7], await temporary.GetAsync(contentId, Token));
    }

    [Fact]
    public async Task Concurrent_writers_do_not_disturb_each_other()
    {
        var contents = Enumerable.Range(0, 24).Select(i => Enumerable.Repeat((byte)i, 40_000 + i).ToArray()).ToArray();
        var contentIds = await Task.WhenAll(contents.Select(content => Task.Run(() => temporary.PutAsync(content, Token), Token)));
        for (var i = 0; i < contents.Length; i++)
        {
            Assert.Equal(contents[i], await temporary.GetAsync(contentIds[i], Token));
        }

        Assert.Empty(Directory.EnumerateFiles(temporary.Incoming));
    }

    [Fact]
    public async Task An_id_has_one_writer()
    {
        var contentId = Guid.CreateVersion7();
        await using var first = await temporary.Store.CreateAsync(contentId, Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => temporary.Store.CreateAsync(contentId, Token));
        await first.AppendAsync(new byte[] { 1 }, Token);
        await first.CommitAsync(Token);
        Assert.Equal((byte[])[1], await temporary.GetAsync(contentId, Token));
    }

    [Fact]
    public async Task A_committed_blob_is_never_overwritten()
    {
        var contentId = await temporary.PutAsync([1], Token);
        await using (var second = await temporary.Store.CreateAsync(contentId, Token))
        {
            await second.AppendAsync(new byte[] { 2 }, Token);
            await Assert.ThrowsAsync<ContentUnavailableException>(() => second.CommitAsync(Token));
            await second.DiscardAsync(Token);
        }

        Assert.Equal((byte[])[1], await temporary.GetAsync(contentId, Token));
        Assert.Single(temporary.Files);
    }

    [Fact]
    public async Task A_writer_that_has_ended_refuses()
    {
        var contentId = Guid.CreateVersion7();
        var writer = await temporary.Store.CreateAsync(contentId, Token);
        await writer.CommitAsync(Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.AppendAsync(new byte[] { 1 }, Token).AsTask());
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.CommitAsync(Token));
        Assert.Equal((byte[])[], await temporary.GetAsync(contentId, Token));
    }

    [Fact]
    public async Task A_full_disk_is_unavailable_and_the_writer_cannot_commit_afterwards()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "Only Linux has a device that is always full.");
        var partPath = Path.Combine(temporary.Incoming, "full.part");
        var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        await using var writer = new DiskContentWriter(temporary.Store, Guid.CreateVersion7(), partPath, handle);
        await Assert.ThrowsAsync<ContentUnavailableException>(() => writer.AppendAsync(new byte[100], Token).AsTask());
        Assert.Equal(0, writer.Length);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(Token));
        Assert.Empty(temporary.Files);
    }

    [Fact]
    public async Task A_store_whose_disk_is_gone_is_unavailable_for_everything()
    {
        var contentId = await temporary.PutAsync([1], Token);
        await using var writer = await temporary.Store.CreateAsync(Guid.CreateVersion7(), Token);
        Directory.Delete(temporary.Root, recursive: true);
        await Assert.ThrowsAsync<ContentUnavailableException>(() => writer.CommitAsync(Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => temporary.Store.CreateAsync(Guid.CreateVersion7(), Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => temporary.Store.OpenAsync(contentId, Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => temporary.Store.DeleteAsync(contentId, Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => temporary.Store.ListAsync(Token).ToArrayAsync(Token).AsTask());
        await Assert.ThrowsAsync<ContentUnavailableException>(
            () => temporary.Store.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow(), Token));
    }

    [Fact]
    public async Task A_blob_cut_short_while_it_is_read_is_unavailable_and_never_short()
    {
        var contentId = await temporary.PutAsync(new byte[5000], Token);
        await using var reader = await temporary.Store.OpenAsync(contentId, Token);
        Assert.NotNull(reader);
        await using (var file = new FileStream(temporary.Store.BlobPath(contentId), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(100);
        }

        await Assert.ThrowsAsync<ContentUnavailableException>(() => reader.ReadAsync(0, new byte[5000], Token).AsTask());
    }

    [Fact]
    public async Task Deleting_twice_is_fine_and_an_open_reader_reads_on()
    {
        var contentId = await temporary.PutAsync([4, 5, 6], Token);
        await using var reader = await temporary.Store.OpenAsync(contentId, Token);
        Assert.NotNull(reader);
        await temporary.Store.DeleteAsync(contentId, Token);
        await temporary.Store.DeleteAsync(contentId, Token);
        await temporary.Store.DeleteAsync(Guid.CreateVersion7(), Token);
        Assert.Null(await temporary.Store.OpenAsync(contentId, Token));
        var buffer = new byte[3];
        Assert.Equal(3, await reader.ReadAsync(0, buffer, Token));
        Assert.Equal([4, 5, 6], buffer);
    }

    [Fact]
    public void A_directory_that_cannot_be_made_stops_the_start()
    {
        var file = Path.Combine(temporary.Root, "a-file");
        File.WriteAllText(file, "");
        var options = Microsoft.Extensions.Options.Options.Create(new ContentOptions { Directory = Path.Combine(file, "below") });
        Assert.ThrowsAny<IOException>(() => new DiskContentStore(options));
    }
}
