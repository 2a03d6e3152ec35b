using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Storage;

namespace Dmp.Server.Documents;

/// <summary>One version of a document with the state of the document, as a caller may see it.</summary>
internal sealed record DocumentRow
{
    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>Where the page behind it begins.</summary>
    public (DateTimeOffset Time, Guid Id, int Version) SearchPosition => (ServiceStartTime, DocumentId, Version);

    public required int CurrentVersion { get; init; }

    public required bool Masked { get; init; }

    /// <summary>Hidden from the patient until then; null when it is not.</summary>
    public DateTimeOffset? PatientVisibleTime { get; init; }

    public bool HiddenFromRepresentatives { get; init; }

    public required short State { get; init; }

    public required long Revision { get; init; }

    public required DateTimeOffset UpdateTime { get; init; }

    public required short DepositorKind { get; init; }

    public required byte[] Depositor { get; init; }

    public required byte[] Metadata { get; init; }

    public required string ClassCode { get; init; }

    public required DateTimeOffset ServiceStartTime { get; init; }

    public required long SizeBytes { get; init; }

    public required byte[] Sha256 { get; init; }

    public required byte[] Sha1 { get; init; }

    public required short Form { get; init; }

    public required Guid ContentId { get; init; }

    /// <summary>The blob that holds the content, with that of others; null: one of its own, named by <see cref="ContentId"/>.</summary>
    public Guid? BlobId { get; init; }

    public required long BlobOffset { get; init; }

    /// <summary>The key that the content is sealed with; null for content of before sealing.</summary>
    public Guid? RecordKeyId { get; init; }

    /// <summary>The master key that wraps it; null when there is no such key of this record. Not asked for by searches.</summary>
    public string? MasterKeyId { get; init; }

    /// <summary>Null when the key was destroyed. Not asked for by searches.</summary>
    public byte[]? WrappedKey { get; init; }

    /// <summary>The version in the trace.</summary>
    public TracedDocument Traced => new(DocumentId, Version, Sha256);

    /// <summary>Where the bytes of the content lie.</summary>
    public ContentLocation Location => new()
    {
        ContentId = ContentId,
        BlobId = BlobId ?? ContentId,
        BlobOffset = BlobOffset,
        SizeBytes = SizeBytes,
        Key = RecordKeyId is { } recordKeyId
            ? new RecordKeyRow { RecordKeyId = recordKeyId, RecordId = RecordId, MasterKeyId = MasterKeyId, Wrapped = WrappedKey }
            : null,
    };

    /// <summary>The submission set with which the version came.</summary>
    public Guid? SubmissionSetId { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>The caller is its author, see <see cref="DocumentFilter.IsOwn"/>. Not asked for by searches.</summary>
    public bool IsOwn { get; init; }

    /// <summary>The caller may read its content, see <see cref="DocumentFilter.IsReadableIfExists"/>. Not asked for by searches.</summary>
    public bool IsReadable { get; init; }
}
