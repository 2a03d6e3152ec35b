using CsCheck;
using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>What every content store does. The class of each store derives from this one and adds what only it does.</summary>
public abstract class ContentStoreTests
{
    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected abstract IContentStore Store { get; }

    /// <summary>Names of everything that the store holds, committed or not.</summary>
    private protected abstract Task<IReadOnlyList<string>> ListEverythingAsync();

    [Fact]
    public Task Any_chunking_and_any_range_read_give_the_bytes_back() =>
        Gen.Select(Gen.Byte.Array[0, 5000], Gen.Int[1, 1500], Gen.Int[0, 5500], Gen.Int[0, 3000]).SampleAsync(
            async (content, chunkSize, offset, count) =>
            {
                var blobId = Guid.CreateVersion7();
                await using (var writer = await Store.CreateAsync(blobId, Token))
                {
                    foreach (var chunk in content.Chunk(chunkSize))
                    {
                        await writer.AppendAsync(chunk, Token);
                    }

                    Assert.Equal(content.Length, writer.Length);
                    await writer.CommitAsync(Token);
                }

                await using var reader = await Store.OpenAsync(blobId, Token);
                Assert.NotNull(reader);
                Assert.Equal(content.Length, reader.Length);
                var buffer = new byte[count];
                var read = await reader.ReadAsync(offset, buffer, Token);
                Assert.Equal(content.Skip(offset).Take(count), buffer[..read]);
            },
            iter: 60);

    [Fact]
    public Task Discarding_leaves_nothing() =>
        Gen.Select(Gen.Byte.Array[0, 3000].Array[0, 4], Gen.Bool).SampleAsync(
            async (chunks, flush) =>
            {
                var blobId = Guid.CreateVersion7();
                await using (var writer = await Store.CreateAsync(blobId, Token))
                {
                    foreach (var chunk in chunks)
                    {
                        await writer.AppendAsync(chunk, Token);
                    }

                    if (flush)
                    {
                        await writer.FlushAsync(Token);
                    }

                    Assert.Null(await Store.OpenAsync(blobId, Token));
                    await writer.DiscardAsync(Token);
                }

                Assert.Null(await Store.ResumeAsync(blobId, 1, Token));
                Assert.Empty(await ListEverythingAsync());
                Assert.Null(await Store.OpenAsync(blobId, Token));
            },
            iter: 30,
            threads: 1);

    [Fact]
    public Task What_a_writer_left_is_taken_up_at_a_multiple_of_the_unit() =>
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.Byte.Array[0, 3000], Gen.Int[1, 700]).SampleAsync(
            async (first, second, unit) =>
            {
                var blobId = Guid.CreateVersion7();
                await using (var writer = await Store.CreateAsync(blobId, Token))
                {
                    await writer.AppendAsync(first, Token);
                    await Assert.ThrowsAsync<ContentInUseException>(() => Store.ResumeAsync(blobId, unit, Token));
                }

                Assert.Null(await Store.OpenAsync(blobId, Token));
                var kept = first.Length / unit * unit;
                byte[] whole = [.. first.Take(kept), .. second];
                await using (var writer = await Store.ResumeAsync(blobId, unit, Token))
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

                Assert.Equal(whole, await Store.GetAsync(blobId, Token));
                Assert.Null(await Store.ResumeAsync(blobId, unit, Token));
            },
            iter: 40);

    [Fact]
    public async Task A_part_is_deleted_unless_a_living_writer_holds_it()
    {
        var blobId = Guid.CreateVersion7();
        await using (var writer = await Store.CreateAsync(blobId, Token))
        {
            await writer.AppendAsync(new byte[] { 1 }, Token);
            await writer.FlushAsync(Token);
            await Store.DeletePartAsync(blobId, Token);
            Assert.NotEmpty(await ListEverythingAsync());
        }

        await Store.DeletePartAsync(blobId, Token);
        await Store.DeletePartAsync(blobId, Token);
        Assert.Empty(await ListEverythingAsync());
    }

    [Fact]
    public async Task A_committed_blob_can_be_read_before_the_writer_is_disposed()
    {
        var blobId = Guid.CreateVersion7();
        await using var writer = await Store.CreateAsync(blobId, Token);
        await writer.AppendAsync(new byte[] { 7 }, Token);
        await writer.CommitAsync(Token);
        Assert.Equal((byte[])[7], await Store.GetAsync(blobId, Token));
    }

    [Fact]
    public async Task Concurrent_writers_do_not_disturb_each_other()
    {
        var contents = Enumerable.Range(0, 24).Select(i => Enumerable.Repeat((byte)i, 40_000 + i).ToArray()).ToArray();
        var blobIds = await Task.WhenAll(contents.Select(content => Task.Run(() => Store.PutAsync(content, Token), Token)));
        for (var i = 0; i < contents.Length; i++)
        {
            Assert.Equal(contents[i], await Store.GetAsync(blobIds[i], Token));
        }

        Assert.Equal(contents.Length, (await ListEverythingAsync()).Count);
    }

    [Fact]
    public async Task An_id_has_one_writer()
    {
        var blobId = Guid.CreateVersion7();
        await using var first = await Store.CreateAsync(blobId, Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store.CreateAsync(blobId, Token));
        await first.AppendAsync(new byte[] { 1 }, Token);
        await first.CommitAsync(Token);
        Assert.Equal((byte[])[1], await Store.GetAsync(blobId, Token));
    }

    [Fact]
    public async Task A_committed_blob_is_never_overwritten()
    {
        var blobId = await Store.PutAsync([1], Token);
        await using (var second = await Store.CreateAsync(blobId, Token))
        {
            await second.AppendAsync(new byte[] { 2 }, Token);
            await Assert.ThrowsAsync<ContentUnavailableException>(() => second.CommitAsync(Token));
            await second.DiscardAsync(Token);
        }

        Assert.Equal((byte[])[1], await Store.GetAsync(blobId, Token));
        Assert.Single(await ListEverythingAsync());
    }

    [Fact]
    public async Task A_writer_that_has_ended_refuses()
    {
        var blobId = Guid.CreateVersion7();
        var writer = await Store.CreateAsync(blobId, Token);
        await writer.CommitAsync(Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.AppendAsync(new byte[] { 1 }, Token).AsTask());
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.CommitAsync(Token));
        Assert.Equal((byte[])[], await Store.GetAsync(blobId, Token));
    }

    [Fact]
    public async Task Deleting_twice_is_fine()
    {
        var blobId = await Store.PutAsync([4, 5, 6], Token);
        await Store.DeleteAsync(blobId, Token);
        await Store.DeleteAsync(blobId, Token);
        await Store.DeleteAsync(Guid.CreateVersion7(), Token);
        Assert.Null(await Store.OpenAsync(blobId, Token));
        Assert.Empty(await ListEverythingAsync());
    }

    [Fact]
    public async Task The_list_holds_what_is_committed()
    {
        var before = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        var blobIds = new[] { await Store.PutAsync([1], Token), await Store.PutAsync([], Token), await Store.PutAsync([2], Token) };
        await using var writer = await Store.CreateAsync(Guid.CreateVersion7(), Token);
        await writer.AppendAsync(new byte[] { 1 }, Token);
        await writer.FlushAsync(Token);
        var listed = await Store.ListAsync(Token).ToListAsync(Token);
        Assert.Equal(blobIds.Order(), listed.Select(blob => blob.ContentId).Order());
        Assert.All(listed, blob => Assert.InRange(blob.LastWriteTime, before, before.AddMinutes(10)));
    }

    [Fact]
    public async Task Parts_without_a_living_writer_go_once_they_have_aged()
    {
        await using var living = await Store.CreateAsync(Guid.CreateVersion7(), Token);
        await living.AppendAsync(new byte[] { 1 }, Token);
        await living.FlushAsync(Token);
        await using (var left = await Store.CreateAsync(Guid.CreateVersion7(), Token))
        {
            await left.AppendAsync(new byte[] { 2 }, Token);
        }

        var now = TimeProvider.System.GetUtcNow();
        Assert.Equal(0, await Store.DeleteAbandonedAsync(now.AddMinutes(-10), Token));
        Assert.Equal(1, await Store.DeleteAbandonedAsync(now.AddMinutes(10), Token));
        Assert.Equal(0, await Store.DeleteAbandonedAsync(now.AddMinutes(10), Token));
        await living.AppendAsync(new byte[] { 3 }, Token);
        await living.CommitAsync(Token);
    }

    [Fact]
    public async Task Checking_leaves_no_blob()
    {
        await Store.CheckAsync(Token);
        Assert.Empty(await Store.ListAsync(Token).ToListAsync(Token));
        Assert.Equal(0, await Store.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow().AddHours(1), Token));
    }
}
