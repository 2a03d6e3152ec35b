namespace Dmp.Storage;

/// <summary>
/// Keeps bytes as immutable blobs under ids made by the caller (UUIDv7); an id says nothing about a document, so names may be logged
/// and listed. An interface, because local disk is the first implementation and an object store the second.
/// Every failure of the storage itself is a <see cref="ContentUnavailableException"/>, so that callers answer
/// UNAVAILABLE without knowing the implementation.
/// </summary>
public interface IContentStore
{
    /// <summary>
    /// Starts a new blob. Nothing is visible under <paramref name="blobId"/> before <see cref="IContentWriter.CommitAsync"/>
    /// returns. An id is created once: a second creation of the same id is a mistake of the caller.
    /// </summary>
    public Task<IContentWriter> CreateAsync(Guid blobId, CancellationToken cancellationToken);

    /// <summary>
    /// Takes up what a writer left that ended without commit or discard, also one of another server or a killed one. What is there is
    /// cut to a multiple of <paramref name="unit"/> bytes. Null when nothing is left.
    /// </summary>
    /// <exception cref="ContentInUseException">A living writer holds it.</exception>
    public Task<IContentWriter?> ResumeAsync(Guid blobId, int unit, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a committed blob, or answers null when there is none. A row that refers to an absent blob is lost data and
    /// must be treated as such, not as a document that does not exist.
    /// </summary>
    public Task<IContentReader?> OpenAsync(Guid blobId, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a committed blob. Absent is fine, so that a repeated deletion succeeds. Open readers read on, or find it unavailable.
    /// </summary>
    public Task DeleteAsync(Guid blobId, CancellationToken cancellationToken);

    /// <summary>
    /// Removes what a writer left that ended without commit or discard. Absent is fine; what a living writer holds stays.
    /// </summary>
    public Task DeletePartAsync(Guid blobId, CancellationToken cancellationToken);

    /// <summary>Walks all committed blobs in no particular order without holding the list in memory.</summary>
    public IAsyncEnumerable<StoredContent> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Removes what writers left behind that were last written before <paramref name="lastWriteBefore"/> and that no
    /// living writer holds. Answers how many were removed.
    /// </summary>
    public Task<int> DeleteAbandonedAsync(DateTimeOffset lastWriteBefore, CancellationToken cancellationToken);

    /// <summary>Does what an upload would do first, and leaves nothing of it.</summary>
    /// <exception cref="ContentUnavailableException">An upload would fail.</exception>
    public Task CheckAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Writes one blob from front to back; one caller at a time. After a failure the writer only refuses. Disposing without
/// commit or discard leaves what was written for <see cref="IContentStore.ResumeAsync"/>.
/// </summary>
public interface IContentWriter : IAsyncDisposable
{
    /// <summary>Bytes appended so far, also by the writers before.</summary>
    public long Length { get; }

    /// <summary>Bytes that a writer after this one would find if the process ended without a warning.</summary>
    public long PersistedLength { get; }

    /// <summary>Appends; the buffer belongs to the caller again when this completes, nothing of it is kept.</summary>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken);

    /// <summary>Makes durable what can be, and answers how many bytes a writer after this one would find after a power cut.</summary>
    public Task<long> FlushAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads back what was appended, as <see cref="IContentReader.ReadAsync"/> does: for the digest of an upload taken up again.
    /// </summary>
    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Makes the blob visible. It survives a power cut from the moment this returns.</summary>
    public Task CommitAsync(CancellationToken cancellationToken);

    /// <summary>Ends writing and removes what was written. What cannot be removed now is left to the sweep.</summary>
    public Task DiscardAsync(CancellationToken cancellationToken);
}

/// <summary>Reads one blob at any offset; several reads may run at once.</summary>
public interface IContentReader : IAsyncDisposable
{
    public long Length { get; }

    /// <summary>
    /// Fills <paramref name="buffer"/> from <paramref name="offset"/>. Answers fewer bytes than asked only at the end of
    /// the blob, and 0 at or after it.
    /// </summary>
    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);
}

/// <summary>A committed blob as the sweep sees it.</summary>
public readonly record struct StoredContent(Guid ContentId, DateTimeOffset LastWriteTime);
