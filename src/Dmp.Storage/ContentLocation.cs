namespace Dmp.Storage;

/// <summary>Where the bytes of one content lie, from its row in the database.</summary>
public sealed record ContentLocation
{
    /// <summary>Identity of the content; used once, never changed.</summary>
    public required Guid ContentId { get; init; }

    public required Guid BlobId { get; init; }

    public long BlobOffset { get; init; }

    /// <summary>Bytes of the content itself. What they take in the store follows from it.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>The key it is sealed with; null for content of before sealing, which is plain.</summary>
    public RecordKeyRow? Key { get; init; }

    public long StoredLength => Key is null ? SizeBytes : SealedFormat.StoredLength(SizeBytes);
}
