namespace Dmp.Storage;

/// <summary>
/// While blobs move from one store to another: new ones go to the first, and what is not there yet is read from the second. Nothing is
/// ever written to the second, so that one more copy after the last server was switched finds all of it.
/// </summary>
public sealed class FallbackContentStore(IContentStore store, IContentStore fallback) : IContentStore
{
    public Task<IContentWriter> CreateAsync(Guid blobId, CancellationToken cancellationToken) =>
        store.CreateAsync(blobId, cancellationToken);

    /// <summary>What was begun in the other store is not taken up: it begins again in this one.</summary>
    public Task<IContentWriter?> ResumeAsync(Guid blobId, int unit, CancellationToken cancellationToken) =>
        store.ResumeAsync(blobId, unit, cancellationToken);

    public async Task<IContentReader?> OpenAsync(Guid blobId, CancellationToken cancellationToken) =>
        await store.OpenAsync(blobId, cancellationToken) ?? await fallback.OpenAsync(blobId, cancellationToken);

    public async Task DeleteAsync(Guid blobId, CancellationToken cancellationToken)
    {
        // Where it came from first: a copy that is under way finds no row any more, and takes back what it made.
        await fallback.DeleteAsync(blobId, cancellationToken);
        await store.DeleteAsync(blobId, cancellationToken);
    }

    public async Task DeletePartAsync(Guid blobId, CancellationToken cancellationToken)
    {
        await fallback.DeletePartAsync(blobId, cancellationToken);
        await store.DeletePartAsync(blobId, cancellationToken);
    }

    /// <summary>The first store alone: the second one goes as a whole.</summary>
    public IAsyncEnumerable<StoredContent> ListAsync(CancellationToken cancellationToken) => store.ListAsync(cancellationToken);

    public async Task<int> DeleteAbandonedAsync(DateTimeOffset lastWriteBefore, CancellationToken cancellationToken) =>
        await fallback.DeleteAbandonedAsync(lastWriteBefore, cancellationToken) + await store.DeleteAbandonedAsync(
            lastWriteBefore, cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => store.CheckAsync(cancellationToken);
}
