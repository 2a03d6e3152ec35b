
namespace Dmp.Storage;

/// <summary>Where bytes lie in the content store.</summary>
public readonly record struct ContentPlace(Guid BlobId, long Offset);

/// <summary>
/// Makes small contents durable together (ADR 0016). One file each would cost a flush of the disk each, and that is what limits a node
/// that takes in small documents.
/// </summary>
public sealed class ContentPacks(IContentStore store, TimeProvider time) : IDisposable
{
    /// <summary>
    /// A blob takes no more once it has this much, so that a reader or a copy of it stays cheap: with the last content it fits one piece of
    /// a bucket.
    /// </summary>
    private const int PackBytes = 3 * 1024 * 1024;

    private readonly SharedTurns<Content> turns = new(content => content.Bytes.Length, PackBytes);

    /// <summary>
    /// Answers when the contents are durable, where each of them lies. Contents of one call may share blobs with those of others.
    /// </summary>
    /// <exception cref="ContentUnavailableException">None of them may be relied on.</exception>
    public async Task<IReadOnlyList<ContentPlace>> AddAsync(IReadOnlyList<ReadOnlyMemory<byte>> contents)
    {
        Content[] own = [.. contents.Select(bytes => new Content { Bytes = bytes })];
        await turns.ServeAsync(own, WriteAsync);
        return [.. own.Select(content => content.Place)];
    }

    public void Dispose() => turns.Dispose();

    private async Task WriteAsync(IReadOnlyList<Content> contents)
    {
        var blobId = Guid.CreateVersion7(time.GetUtcNow());
        await using var writer = await store.CreateAsync(blobId, CancellationToken.None);
        try
        {
            foreach (var content in contents)
            {
                content.Place = new ContentPlace(blobId, writer.Length);
                await writer.AppendAsync(content.Bytes, CancellationToken.None);
            }

            await writer.CommitAsync(CancellationToken.None);
        }
        finally
        {
            // Nothing to do once it is committed.
            await writer.DiscardAsync(CancellationToken.None);
        }
    }

    private sealed class Content
    {
        public required ReadOnlyMemory<byte> Bytes { get; init; }

        public ContentPlace Place { get; set; }
    }
}
