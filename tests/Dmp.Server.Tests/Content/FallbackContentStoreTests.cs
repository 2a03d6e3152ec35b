using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Two stores while documents move: one to write, both to read.</summary>
public sealed class FallbackContentStoreTests : IDisposable
{
    private readonly TemporaryStore first = new();
    private readonly TemporaryStore second = new();
    private readonly FallbackContentStore store;

    public FallbackContentStoreTests() => store = new FallbackContentStore(first.Store, second.Store);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task New_blobs_go_to_the_first_store_and_old_ones_are_read_from_the_second()
    {
        var old = await second.PutAsync([1], Token);
        var made = await store.PutAsync([2], Token);
        Assert.Equal((byte[])[1], await store.GetAsync(old, Token));
        Assert.Equal((byte[])[2], await store.GetAsync(made, Token));
        Assert.Equal((byte[])[2], await first.GetAsync(made, Token));
        Assert.Null(await second.GetAsync(made, Token));
        Assert.Null(await store.OpenAsync(Guid.CreateVersion7(), Token));
        Assert.Equal([made], await store.ListAsync(Token).Select(blob => blob.ContentId).ToListAsync(Token));
    }

    [Fact]
    public async Task A_deletion_reaches_both_stores()
    {
        var blobId = await second.PutAsync([1], Token);
        await using (var copy = await first.Store.CreateAsync(blobId, Token))
        {
            await copy.AppendAsync(new byte[] { 1 }, Token);
            await copy.CommitAsync(Token);
        }

        await store.DeleteAsync(blobId, Token);
        Assert.Empty(first.Files);
        Assert.Empty(second.Files);
    }

    [Fact]
    public async Task What_was_begun_in_the_second_store_begins_again_and_its_part_goes()
    {
        var blobId = Guid.CreateVersion7();
        await using (var left = await second.Store.CreateAsync(blobId, Token))
        {
            await left.AppendAsync(new byte[] { 1 }, Token);
        }

        Assert.Null(await store.ResumeAsync(blobId, 1, Token));
        await using (var again = await store.CreateAsync(blobId, Token))
        {
            await again.AppendAsync(new byte[] { 2 }, Token);
        }

        Assert.Equal(2, await store.DeleteAbandonedAsync(TimeProvider.System.GetUtcNow().AddHours(1), Token));
        Assert.Empty(first.Files);
        Assert.Empty(second.Files);
    }

    [Fact]
    public async Task A_fallback_that_is_away_is_unavailable_and_not_an_absent_blob()
    {
        Directory.Delete(second.Root, recursive: true);
        var made = await store.PutAsync([2], Token);
        Assert.Equal((byte[])[2], await store.GetAsync(made, Token));
        await Assert.ThrowsAsync<ContentUnavailableException>(() => store.OpenAsync(Guid.CreateVersion7(), Token));
    }
}
