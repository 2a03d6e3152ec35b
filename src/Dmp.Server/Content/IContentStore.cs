namespace Dmp.Server.Content;

/// <summary>
/// Keeps the bytes of document versions. One version is one immutable blob under a random id made by the caller
/// (UUIDv7); the id says nothing about the document, so names may be logged and listed. An interface, because local disk
/// is the first implementation and an object store the second.
/// Every failure of the storage itself is a <see cref="ContentUnavailableException"/>, so that callers answer
/// UNAVAILABLE without knowing the implementation.
/// </summary>
internal interface IContentStore
{
    /// <summary>
    /// Starts a new blob. Nothing is visible under <paramref name="contentId"/> before <see cref="IContentWriter.CommitAsync"/>
    /// returns. An id is used once: a second writer of the same id is a mistake of the caller.
    /// </summary>
    public Task<IContentWriter> CreateAsync(Guid contentId, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a committed blob, or answers null when there is none. A row that refers to an absent blob is lost data and
    /// must be treated as such, not as a document that does not exist.
    /// </summary>
    public Task<IContentReader?> OpenAsync(Guid contentId, CancellationToken cancellationToken);

    /// <summary>Removes a committed blob. Absent is fine, so that a repeated deletion succeeds. Open readers read on.</summary>
    public Task DeleteAsync(Guid contentId, CancellationToken cancellationToken);

    /// <summary>Walks all committed blobs in no particular order without holding the list in memory.</summary>
    public IAsyncEnumerable<StoredContent> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Removes what writers left behind that were last written before <paramref name="lastWriteBefore"/> and that no
    /// living writer holds. Answers how many were removed.
    /// </summary>
    public Task<int> DeleteAbandonedAsync(DateTimeOffset lastWriteBefore, CancellationToken cancellationToken);
}

/// <summary>
/// Writes one blob from front to back; one caller at a time. After a failure the writer only refuses. Disposing without
/// a commit leaves nothing.
/// </summary>
internal interface IContentWriter : IAsyncDisposable
{
    /// <summary>Bytes appended so far.</summary>
    public long Length { get; }

    /// <summary>Appends; the buffer belongs to the caller again when this completes, nothing of it is kept.</summary>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken);

    /// <summary>Makes the blob visible. It survives a power cut from the moment this returns.</summary>
    public Task CommitAsync(CancellationToken cancellationToken);
}

/// <summary>Reads one blob at any offset; several reads may run at once.</summary>
internal interface IContentReader : IAsyncDisposable
{
    public long Length { get; }

    /// <summary>
    /// Fills <paramref name="buffer"/> from <paramref name="offset"/>. Answers fewer bytes than asked only at the end of
    /// the blob, and 0 at or after it.
    /// </summary>
    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);
}

/// <summary>A committed blob as the sweep sees it.</summary>
internal readonly record struct StoredContent(Guid ContentId, DateTimeOffset LastWriteTime);
