using Dmp.Server.Documents;

namespace Dmp.Server.Content;

/// <summary>Where the bytes of one content lie, from its row in the database.</summary>
internal sealed record ContentLocation
{
    /// <summary>Identity of the content; used once, never changed.</summary>
    public required Guid ContentId { get; init; }

    public required Guid BlobId { get; init; }

    public long BlobOffset { get; init; }

    /// <summary>Bytes of the content itself. What they take in the store follows from it.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>The key it is sealed with; null for content of before sealing, which is plain.</summary>
    public RecordKeyRow? Key { get; init; }

    public static ContentLocation Of(DocumentRow row) => new()
    {
        ContentId = row.ContentId,
        BlobId = row.BlobId ?? row.ContentId,
        BlobOffset = row.BlobOffset,
        SizeBytes = row.SizeBytes,
        Key = row.RecordKeyId is { } recordKeyId
            ? new RecordKeyRow { RecordKeyId = recordKeyId, RecordId = row.RecordId, MasterKeyId = row.MasterKeyId, Wrapped = row.WrappedKey }
            : null,
    };

    public long StoredLength => Key is null ? SizeBytes : SealedFormat.StoredLength(SizeBytes);
}
