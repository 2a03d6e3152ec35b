using Dmp.Storage.Keys;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Dmp.Storage;

/// <summary>
/// The content store as documents use it: plain bytes here, sealed ones there. Writers and readers count plain bytes; what a writer can
/// be taken up with is a multiple of <see cref="SealedFormat.SegmentBytes"/>.
/// </summary>
public sealed class ContentVault(IContentStore store, RecordKeys keys, MasterKeyOptions options, ILogger<ContentVault> logger)
{
    /// <inheritdoc cref="RecordKeys.GetOrCreateAsync"/>
    public Task<RecordKey> KeyOfAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct) =>
        keys.GetOrCreateAsync(connection, recordId, ct);

    /// <inheritdoc cref="RecordKeys.GetOrCreateAllAsync"/>
    public Task<IReadOnlyDictionary<Guid, RecordKey>> KeysOfAsync(
        NpgsqlConnection connection, IReadOnlyList<Guid> recordIds, CancellationToken ct) =>
        keys.GetOrCreateAllAsync(connection, recordIds, ct);

    /// <summary>
    /// False when the key was destroyed. Content of before and this answer may be followed by the destruction at any time.
    /// </summary>
    public static async Task<bool> IsLivingAsync(NpgsqlConnection connection, Guid recordId, Guid recordKeyId, CancellationToken ct) =>
        await RecordKeySql.FindAsync(connection, recordId, recordKeyId, ct) is { Wrapped: not null };

    /// <summary>The key that an unfinished upload was begun with. The connection is for its record.</summary>
    /// <exception cref="ContentErasedException">It was destroyed since: what was sent is lost, and the upload begins again.</exception>
    public async Task<RecordKey> KeyOfUploadAsync(NpgsqlConnection connection, Guid recordId, Guid recordKeyId, CancellationToken ct) =>
        await keys.OpenAsync(
            await RecordKeySql.FindAsync(connection, recordId, recordKeyId, ct)
                ?? throw new InvalidOperationException("An upload has a key that never was."),
            ct);

    /// <summary>Starts a blob of one content. The key may be disposed of as soon as this returns.</summary>
    public async Task<IContentWriter> CreateAsync(RecordKey key, Guid contentId, Guid blobId, CancellationToken ct) =>
        new SealedContentWriter(await store.CreateAsync(blobId, ct), key.CipherOf(contentId));

    /// <summary>Takes up what a writer left; null when nothing is left.</summary>
    /// <exception cref="ContentInUseException">A living writer holds it.</exception>
    public async Task<IContentWriter?> ResumeAsync(RecordKey key, Guid contentId, Guid blobId, CancellationToken ct) =>
        await store.ResumeAsync(blobId, SealedFormat.StoredSegmentBytes, ct) is { } left
            ? new SealedContentWriter(left, key.CipherOf(contentId))
            : null;

    /// <summary>
    /// A small content, sealed, to be put into a blob with others: writes <see cref="SealedFormat.StoredLength"/> bytes and answers how
    /// many.
    /// </summary>
    public static int Seal(RecordKey key, Guid contentId, ReadOnlySpan<byte> plain, Span<byte> stored)
    {
        using var cipher = key.CipherOf(contentId);
        return cipher.Seal(plain, stored);
    }

    /// <inheritdoc cref="Seal(RecordKey, Guid, ReadOnlySpan{byte}, Span{byte})"/>
    public static byte[] Seal(RecordKey key, Guid contentId, ReadOnlySpan<byte> plain)
    {
        var stored = new byte[SealedFormat.StoredLength(plain.Length)];
        Seal(key, contentId, plain, stored);
        return stored;
    }

    /// <summary>What was sealed so and lies in a row of the database.</summary>
    /// <exception cref="ContentDamagedException">It is not what was sealed.</exception>
    public static byte[] Open(RecordKey key, Guid contentId, ReadOnlySpan<byte> stored)
    {
        using var cipher = key.CipherOf(contentId);
        return cipher.Open(stored);
    }

    /// <inheritdoc cref="RecordKeys.OpenAsync"/>
    public Task<RecordKey> KeyOfAsync(RecordKeyRow row, CancellationToken ct) => keys.OpenAsync(row, ct);

    /// <summary>Plain bytes that another writer would find, or that were made durable; 0 when there are none.</summary>
    /// <exception cref="ContentInUseException">A living writer holds it.</exception>
    public async Task<long> SizeLeftAsync(Guid blobId, CancellationToken ct)
    {
        if (await store.ResumeAsync(blobId, SealedFormat.StoredSegmentBytes, ct) is { } part)
        {
            await using (part)
            {
                return part.Length / SealedFormat.StoredSegmentBytes * SealedFormat.SegmentBytes;
            }
        }

        if (await store.OpenAsync(blobId, ct) is { } blob)
        {
            await using (blob)
            {
                return Math.Max(0, SealedFormat.PlainLength(blob.Length));
            }
        }

        return 0;
    }

    /// <summary>A durable blob of one content that has no row yet; null when there is none. What it holds is told by its length.</summary>
    public async Task<IContentReader?> OpenWholeAsync(RecordKey key, Guid contentId, Guid blobId, CancellationToken ct)
    {
        if (await store.OpenAsync(blobId, ct) is not { } blob)
        {
            return null;
        }

        ContentLocation location =
            new() { ContentId = contentId, BlobId = blobId, SizeBytes = SealedFormat.PlainLength(blob.Length), Key = key.Row };
        return await OpenAsync(key, blob, location);
    }

    /// <summary>
    /// Opens content for reading; null when its blob is gone, which is lost data. <see cref="ContentLocation.Key"/> was read just now.
    /// </summary>
    /// <exception cref="ContentErasedException">Its key was destroyed.</exception>
    /// <exception cref="ContentDamagedException">It is not what was stored.</exception>
    public async Task<IContentReader?> OpenAsync(ContentLocation place, CancellationToken ct)
    {
        if (place.Key is null && !options.AcceptPlain)
        {
            logger.Damaged(place.ContentId, place.BlobId, ContentDamage.Plain, 0);
            throw new ContentDamagedException(place.ContentId, ContentDamage.Plain);
        }

        using var key = place.Key is { } row ? await keys.OpenAsync(row, ct) : null;
        return await store.OpenAsync(place.BlobId, ct) is { } blob ? await OpenAsync(key, blob, place) : null;
    }

    /// <summary>The same with the key already open.</summary>
    public async Task<IContentReader?> OpenAsync(RecordKey key, ContentLocation place, CancellationToken ct) =>
        await store.OpenAsync(place.BlobId, ct) is { } blob ? await OpenAsync(key, blob, place) : null;

    private async Task<IContentReader> OpenAsync(RecordKey? key, IContentReader blob, ContentLocation place)
    {
        // Also: a size or an offset in the row that cannot be.
        if (place.SizeBytes < 0 || place.SizeBytes > blob.Length || place.BlobOffset < 0
            || place.BlobOffset > blob.Length - place.StoredLength)
        {
            await blob.DisposeAsync();
            logger.Damaged(place.ContentId, place.BlobId, ContentDamage.Length, 0);
            throw new ContentDamagedException(place.ContentId, ContentDamage.Length);
        }

        return key is null
            ? new ContentSlice(blob, place.BlobOffset, place.SizeBytes)
            : new SealedContentReader(blob, key.CipherOf(place.ContentId), place, logger);
    }
}
