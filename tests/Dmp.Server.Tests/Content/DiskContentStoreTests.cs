using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Content;

public sealed class DiskContentStoreTests : ContentStoreTests, IDisposable
{
    private readonly TemporaryStore temporary = new();

    private protected override IContentStore Store => temporary.Store;

    public void Dispose() => temporary.Dispose();

    private protected override Task<IReadOnlyList<string>> ListEverythingAsync() =>
        Task.FromResult<IReadOnlyList<string>>([.. temporary.Files]);

    [Fact]
    public async Task The_blob_lies_under_the_random_tail_of_its_id()
    {
        var contentId = await temporary.PutAsync([1, 2, 3], Token);
        var name = contentId.ToString();
        Assert.Equal(Path.Combine(temporary.Root, "blobs", name[^4..^2], name[^2..], name), Assert.Single(temporary.Files));
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
    public async Task An_open_reader_reads_on_after_a_deletion()
    {
        var contentId = await temporary.PutAsync([4, 5, 6], Token);
        await using var reader = await temporary.Store.OpenAsync(contentId, Token);
        Assert.NotNull(reader);
        await temporary.Store.DeleteAsync(contentId, Token);
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
