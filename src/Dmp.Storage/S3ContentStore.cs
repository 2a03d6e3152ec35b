using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dmp.Storage;

/// <summary>
/// Blobs as objects of an S3 bucket. S3 has no append, no rename and no locks, so a blob that does not fit one piece is many objects
/// and a manifest: <c>blobs/&lt;id&gt;</c> is the blob itself or its manifest, <c>pieces/&lt;id&gt;/</c> holds the pieces, and
/// <c>incoming/&lt;id&gt;/&lt;generation&gt;</c> says that a blob is being written, by which writer in turn, and from what.
/// Writers on other servers are told apart by their generation, see <see cref="S3Upload"/>.
/// </summary>
public sealed class S3ContentStore : IContentStore, IDisposable
{
    private readonly ConcurrentDictionary<Guid, S3ContentWriter> living = new();
    private readonly ILogger<S3ContentStore> logger;
    private readonly S3Options options;

    public S3ContentStore(IOptions<ContentOptions> options, TimeProvider time, ILogger<S3ContentStore> logger)
    {
        this.logger = logger;
        Time = time;
        this.options = options.Value.S3;
        Bucket = new S3Bucket(this.options);
    }

    /// <summary>Bytes of a full piece, and most bytes of a blob that is one object. Tests take less.</summary>
    internal int PieceBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// A flush ends a piece of this length; a shorter one is stored again with what follows, so that flushes make few objects.
    /// </summary>
    internal int FlushedPieceBytes { get; init; } = 1024 * 1024;

    internal S3Bucket Bucket { get; }

    internal TimeProvider Time { get; }

    private string BlobPrefix => options.Prefix + "blobs/";

    private string CheckKey => options.Prefix + "check";

    private string IncomingPrefix => options.Prefix + "incoming/";

    public void Dispose() => Bucket.Dispose();

    public Task<IContentWriter> CreateAsync(Guid blobId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Nothing is asked of the server before there are bytes: the id is new, and the commit finds out if it is not.
        var writer = new S3ContentWriter(this, new S3Upload(this, blobId), new S3Manifest([]));
        return living.TryAdd(blobId, writer)
            ? Task.FromResult<IContentWriter>(writer)
            : throw new InvalidOperationException("A blob is created once; this one has a writer.");
    }

    public async Task<IContentWriter?> ResumeAsync(Guid blobId, int unit, CancellationToken cancellationToken)
    {
        if (living.ContainsKey(blobId))
        {
            throw new ContentInUseException();
        }

        var upload = new S3Upload(this, blobId);
        if (await upload.TakeUpAsync(unit, cancellationToken) is not { } left)
        {
            return null;
        }

        var writer = new S3ContentWriter(this, upload, left);
        return living.TryAdd(blobId, writer) ? writer : throw new ContentInUseException();
    }

    public async Task<IContentReader?> OpenAsync(Guid blobId, CancellationToken cancellationToken) =>
        await Bucket.HeadAsync(BlobKey(blobId), cancellationToken) is { } head && head.Kind != S3Kind.Tombstone
            ? new S3ContentReader(Bucket, await ExtentsAsync(blobId, head, cancellationToken))
            : null;

    public async Task DeleteAsync(Guid blobId, CancellationToken cancellationToken)
    {
        var head = await Bucket.HeadAsync(BlobKey(blobId), cancellationToken);
        switch (head?.Kind)
        {
            case S3Kind.Content:
                await Bucket.DeleteAsync(BlobKey(blobId), cancellationToken);
                break;

            case S3Kind.Manifest:
                // Seen by the sweep until all pieces are gone, should this end half-way.
                var marker = MarkerPrefix(blobId) + "0";
                await Bucket.PutAsync(marker, S3Kind.Content, [], 0, cancellationToken);
                await Bucket.DeleteAsync(BlobKey(blobId), cancellationToken);
                await Bucket.DeleteAsync(KeysAsync(PiecePrefix(blobId), cancellationToken), cancellationToken);
                await Bucket.DeleteAsync(marker, cancellationToken);
                break;

            case S3Kind.Tombstone:
                await new S3Upload(this, blobId).RemoveAsync(cancellationToken);
                break;

            default:
                break;
        }
    }

    public async Task DeletePartAsync(Guid blobId, CancellationToken cancellationToken)
    {
        if (!living.ContainsKey(blobId) && await KeysAsync(MarkerPrefix(blobId), cancellationToken).AnyAsync(cancellationToken))
        {
            await new S3Upload(this, blobId).RemoveAsync(cancellationToken);
        }
    }

    public async IAsyncEnumerable<StoredContent> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in Bucket.ListAsync(BlobPrefix, cancellationToken))
        {
            if (Guid.TryParseExact(entry.Key.AsSpan(BlobPrefix.Length), "D", out var blobId))
            {
                yield return new StoredContent(blobId, entry.LastWriteTime);
            }
        }
    }

    public async Task<int> DeleteAbandonedAsync(DateTimeOffset lastWriteBefore, CancellationToken cancellationToken)
    {
        var deleted = 0;
        Guid? last = null;
        await foreach (var marker in Bucket.ListAsync(IncomingPrefix, cancellationToken))
        {
            // The markers of a blob follow each other, the oldest first.
            if (IdOf(marker.Key) is { } blobId && blobId != last && !living.ContainsKey(blobId))
            {
                last = blobId;
                if (!await WasWrittenSinceAsync(blobId, lastWriteBefore, cancellationToken))
                {
                    await new S3Upload(this, blobId).RemoveAsync(cancellationToken);
                    deleted++;
                }
            }
        }

        return deleted;
    }

    public Task CheckAsync(CancellationToken cancellationToken) =>
        Bucket.PutAsync(CheckKey, S3Kind.Content, [], 0, cancellationToken);

    /// <summary>Stops a server whose bucket cannot be used; the message says what is to be set right.</summary>
    public async Task RequireUsableAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The right to read and to list, and the bucket itself: an absent object is told apart from an absent bucket.
            await Bucket.HeadAsync(CheckKey, cancellationToken);
            await CheckAsync(cancellationToken);
            if (await Bucket.PutNewAsync(CheckKey, S3Kind.Content, [], 0, cancellationToken) is not null)
            {
                throw new StoreRefusedException(
                    "The server behind Dmp:Content:S3:Endpoint ignores If-None-Match, by which two writers of one blob are kept apart. "
                    + "It cannot be used.");
            }
        }
        catch (ContentUnavailableException failure)
        {
            throw new StoreRefusedException(WhatIsWrong(failure), failure);
        }
    }

    internal string BlobKey(Guid blobId) => $"{BlobPrefix}{blobId:D}";

    internal string PiecePrefix(Guid blobId) => $"{options.Prefix}pieces/{blobId:D}/";

    internal string MarkerPrefix(Guid blobId) => $"{IncomingPrefix}{blobId:D}/";

    internal IAsyncEnumerable<string> KeysAsync(string prefix, CancellationToken cancellationToken) =>
        Bucket.ListAsync(prefix, cancellationToken).Select(entry => entry.Key);

    internal async Task<S3Manifest> ReadManifestAsync(string key, S3Head head, CancellationToken cancellationToken)
    {
        if (head.Length > S3Manifest.BytesMax)
        {
            throw new ContentUnavailableException("A manifest is too large to be one.");
        }

        var bytes = new byte[head.Length];
        await Bucket.ReadAsync(key, head.ETag, 0, bytes, cancellationToken);
        return S3Manifest.Parse(bytes);
    }

    internal IEnumerable<S3Extent> ExtentsOf(Guid blobId, S3Manifest manifest) =>
        manifest.Pieces.Select(piece => new S3Extent(PiecePrefix(blobId) + piece.Name, piece.ETag, piece.Length));

    /// <summary>The writer has ended in one way or another.</summary>
    internal void Release(Guid blobId, S3ContentWriter writer) => living.TryRemove(KeyValuePair.Create(blobId, writer));

    /// <summary>A failure that must not hide how the writing itself ended.</summary>
    internal void TellLeftover(Guid blobId, ContentUnavailableException failure) => logger.LeftoverNotHandled(failure, blobId);

    private async Task<IEnumerable<S3Extent>> ExtentsAsync(Guid blobId, S3Head head, CancellationToken cancellationToken) =>
        head.Kind == S3Kind.Content
            ? [new S3Extent(BlobKey(blobId), head.ETag, head.Length)]
            : ExtentsOf(blobId, await ReadManifestAsync(BlobKey(blobId), head, cancellationToken));

    private async Task<bool> WasWrittenSinceAsync(Guid blobId, DateTimeOffset time, CancellationToken cancellationToken)
    {
        foreach (var prefix in (string[])[MarkerPrefix(blobId), PiecePrefix(blobId)])
        {
            if (await Bucket.ListAsync(prefix, cancellationToken).AnyAsync(entry => entry.LastWriteTime >= time, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    private string WhatIsWrong(ContentUnavailableException failure)
    {
        var where = string.IsNullOrEmpty(options.Endpoint) ? $"AWS region {options.Region}" : options.Endpoint;
        return failure.InnerException switch
        {
            AmazonS3Exception { ErrorCode: "NoSuchBucket" } =>
                $"Dmp:Content:S3:Bucket: there is no bucket {options.Bucket} at {where}. Make it first; the server never does.",
            AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden } refusal =>
                $"Dmp:Content:S3: {where} refuses these credentials for the bucket {options.Bucket} ({refusal.ErrorCode}).",
            AmazonS3Exception refusal => $"Dmp:Content:S3: {where} answered {(int)refusal.StatusCode} {refusal.ErrorCode}.",
            { } cause => $"Dmp:Content:S3: {where} cannot be used: {cause.Message}",
            null => $"Dmp:Content:S3: {failure.Message}",
        };
    }

    private Guid? IdOf(string markerKey)
    {
        var rest = markerKey.AsSpan(IncomingPrefix.Length);
        var slash = rest.IndexOf('/');
        return slash > 0 && Guid.TryParseExact(rest[..slash], "D", out var blobId) ? blobId : null;
    }
}
