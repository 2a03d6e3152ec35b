using System.Globalization;

namespace Dmp.Storage;

/// <summary>
/// Who is writing a blob, when several servers may believe that they are. Each writer claims a generation by making its marker, which
/// the server lets only one do; the marker lists the pieces that the writer took over, by name and ETag. Pieces carry generation and
/// writer in their names, so what an older writer stores after it was relieved is never taken for a part of the blob.
/// A commit and a removal both begin by making <c>blobs/&lt;id&gt;</c>, where again only one can be first.
/// </summary>
internal sealed class S3Upload(S3ContentStore store, Guid blobId)
{
    private const int ClaimsMax = 5;

    /// <summary>A removal that has not ended after this long never will, and is done again.</summary>
    internal static readonly TimeSpan RemovalMax = TimeSpan.FromMinutes(15);

    // Generations begin anew when a part was removed and its blob is begun again.
    private readonly Guid writer = Guid.NewGuid();

    private int generation;
    private string? markerETag;
    private int sequence;

    public Guid BlobId => blobId;

    /// <summary>True when something of the blob is in the bucket, or was taken up there.</summary>
    public bool HasBegun => generation > 0;

    /// <summary>Relieves the last writer. Null when there is nothing to take up.</summary>
    public async Task<S3Manifest?> TakeUpAsync(int unit, CancellationToken cancellationToken)
    {
        var newest = (await NewestAsync(cancellationToken)).Generation;
        if (newest == 0 || await store.Bucket.HeadAsync(store.BlobKey(blobId), cancellationToken) is not null)
        {
            return null;
        }

        var marker = MarkerKey(newest);
        var head = await store.Bucket.HeadAsync(marker, cancellationToken)
            ?? throw new ContentUnavailableException("A marker vanished.");
        var taken = await store.ReadManifestAsync(marker, head, cancellationToken);
        var prefix = store.PiecePrefix(blobId);
        var written = await store.Bucket.ListAsync(prefix + PieceNames(newest, taken.Writer), cancellationToken)
            .Select(entry => (Offset: OffsetOf(entry.Key), Piece: new S3Piece(entry.Key[prefix.Length..], entry.ETag, (int)entry.Length)))
            .ToListAsync(cancellationToken);
        var whole = new S3Manifest([.. taken.Pieces, .. S3Manifest.Chain(taken.Length, written)]);
        var cut = whole.Cut(whole.Length / unit * unit);
        return await TryClaimAsync(newest + 1, cut, cancellationToken) ? cut : throw new ContentInUseException();
    }

    /// <summary>Claims the first generation, unless there is one already.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        var next = 1;
        for (var claim = 0; generation == 0; claim++)
        {
            if (claim == ClaimsMax)
            {
                throw new ContentUnavailableException("Other writers keep taking up the blob.");
            }

            if (!await TryClaimAsync(next, new S3Manifest([]), cancellationToken))
            {
                next = (await NewestAsync(cancellationToken)).Generation + 1;
            }
        }
    }

    /// <summary>Stores what begins at <paramref name="offset"/> of the blob.</summary>
    public async Task<S3Piece> StoreAsync(long offset, byte[] buffer, int count, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken);
        var name = string.Create(CultureInfo.InvariantCulture, $"{PieceNames(generation, writer)}{offset:D16}-{++sequence:D6}");
        var key = store.PiecePrefix(blobId) + name;
        var put = store.Bucket.PutAsync(key, S3Kind.Content, buffer, count, cancellationToken);
        var mine = IsMineAsync(cancellationToken);
        await Task.WhenAll(put, mine);
        if (!await mine)
        {
            // Nobody would ever look for it.
            await store.Bucket.DeleteAsync(key, CancellationToken.None);
            throw Relieved();
        }

        return new S3Piece(name, await put, count);
    }

    /// <summary>Makes the blob visible as one object.</summary>
    public async Task CommitAsync(byte[] buffer, int count)
    {
        await PublishAsync(S3Kind.Content, buffer, count);
        if (HasBegun)
        {
            await CleanUpAsync(new S3Manifest([]));
        }
    }

    /// <summary>Makes the blob visible as its pieces.</summary>
    public async Task CommitAsync(S3Manifest manifest)
    {
        var bytes = manifest.ToBytes();
        await PublishAsync(S3Kind.Manifest, bytes, bytes.Length);

        // A removal that was faster has taken its tombstone away again after all pieces, so a look now sees what is missing.
        if (!await IsWholeAsync(manifest))
        {
            await store.Bucket.DeleteAsync(store.BlobKey(blobId), CancellationToken.None);
            throw new ContentUnavailableException("Pieces of the blob are not what was stored.");
        }

        await CleanUpAsync(manifest);
    }

    /// <summary>Removes what was written, unless another writer has taken it up since.</summary>
    public async Task DiscardAsync(CancellationToken cancellationToken)
    {
        if (HasBegun && await IsMineAsync(cancellationToken))
        {
            await RemoveAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Removes what writers left. Of a committed blob only what does not belong to it. Can be repeated when it ended half-way.
    /// </summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        var blobKey = store.BlobKey(blobId);
        if (await store.Bucket.PutNewAsync(blobKey, S3Kind.Tombstone, [], 0, cancellationToken) is null)
        {
            switch (await store.Bucket.HeadAsync(blobKey, cancellationToken))
            {
                case null:
                case { Kind: S3Kind.Tombstone } young when store.Time.GetUtcNow() - young.LastWriteTime < RemovalMax:
                    // Somebody else removes it at this moment. Were there two, the slower one could remove what was begun anew.
                    return;

                case { Kind: S3Kind.Content }:
                    await KeepOnlyAsync(new S3Manifest([]), cancellationToken);
                    return;

                case { Kind: S3Kind.Manifest } head:
                    await KeepOnlyAsync(await store.ReadManifestAsync(blobKey, head, cancellationToken), cancellationToken);
                    return;

                default:
                    break;
            }
        }

        await KeepOnlyAsync(new S3Manifest([]), cancellationToken);
        await store.Bucket.DeleteAsync(blobKey, cancellationToken);
    }

    private async Task PublishAsync(S3Kind kind, byte[] buffer, int count)
    {
        // No token: once begun, the commit ends one way or the other.
        if (HasBegun && !await IsMineAsync(CancellationToken.None))
        {
            throw Relieved();
        }

        if (await store.Bucket.PutNewAsync(store.BlobKey(blobId), kind, buffer, count, CancellationToken.None) is null)
        {
            throw new ContentUnavailableException("The blob has been committed or removed by another writer.");
        }
    }

    private async Task<bool> IsWholeAsync(S3Manifest manifest)
    {
        var prefix = store.PiecePrefix(blobId);
        var there = new Dictionary<string, S3Entry>(StringComparer.Ordinal);
        await foreach (var entry in store.Bucket.ListAsync(prefix, CancellationToken.None))
        {
            there[entry.Key[prefix.Length..]] = entry;
        }

        return manifest.Pieces.All(piece =>
            there.TryGetValue(piece.Name, out var entry) && entry.ETag == piece.ETag && entry.Length >= piece.Length);
    }

    private async Task CleanUpAsync(S3Manifest manifest)
    {
        try
        {
            await KeepOnlyAsync(manifest, CancellationToken.None);
        }
        catch (ContentUnavailableException failure)
        {
            // The blob is committed; the sweep finds its marker.
            store.TellLeftover(blobId, failure);
        }
    }

    /// <summary>Removes all pieces but these, and then the markers by which the sweep would find them.</summary>
    private async Task KeepOnlyAsync(S3Manifest manifest, CancellationToken cancellationToken)
    {
        var prefix = store.PiecePrefix(blobId);
        var kept = manifest.Pieces.Select(piece => prefix + piece.Name).ToHashSet(StringComparer.Ordinal);
        await store.Bucket.DeleteAsync(store.KeysAsync(prefix, cancellationToken).Where(key => !kept.Contains(key)), cancellationToken);
        await store.Bucket.DeleteAsync(store.KeysAsync(store.MarkerPrefix(blobId), cancellationToken), cancellationToken);
    }

    private async Task<bool> TryClaimAsync(int number, S3Manifest taken, CancellationToken cancellationToken)
    {
        var bytes = (taken with { Writer = writer }).ToBytes();
        if (await store.Bucket.PutNewAsync(MarkerKey(number), S3Kind.Manifest, bytes, bytes.Length, cancellationToken) is not { } etag)
        {
            return false;
        }

        (generation, markerETag) = (number, etag);
        return true;
    }

    private async Task<bool> IsMineAsync(CancellationToken cancellationToken) =>
        await NewestAsync(cancellationToken) == (generation, markerETag);

    /// <summary>Generation 0 when nobody writes the blob.</summary>
    private async Task<(int Generation, string? ETag)> NewestAsync(CancellationToken cancellationToken)
    {
        var prefix = store.MarkerPrefix(blobId);
        (int Generation, string? ETag) newest = default;
        await foreach (var entry in store.Bucket.ListAsync(prefix, cancellationToken))
        {
            if (int.TryParse(entry.Key.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number > newest.Generation)
            {
                newest = (number, entry.ETag);
            }
        }

        return newest;
    }

    private string MarkerKey(int number) => string.Create(CultureInfo.InvariantCulture, $"{store.MarkerPrefix(blobId)}{number:D6}");

    private static string PieceNames(int number, Guid by) => string.Create(CultureInfo.InvariantCulture, $"{number:D6}-{by:N}-");

    private static long OffsetOf(string pieceKey)
    {
        var parts = pieceKey[(pieceKey.LastIndexOf('/') + 1)..].Split('-');
        return parts.Length == 4 && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? offset
            : throw new ContentUnavailableException("An object among the pieces of a blob is none.");
    }

    private static ContentUnavailableException Relieved() => new("Another writer has taken up the blob, or it was removed.");
}
