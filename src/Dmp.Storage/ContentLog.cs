using Microsoft.Extensions.Logging;

namespace Dmp.Storage;

/// <summary>Log messages of the content store (event ids 3200 to 3299). Content ids are random and say nothing about a document.</summary>
internal static partial class ContentLog
{
    [LoggerMessage(EventId = 3200, Level = LogLevel.Information,
        Message = "Content sweep: {PartsDeleted} abandoned parts deleted, {BlobsChecked} blobs checked, {OrphansDeleted} orphans deleted")]
    public static partial void Swept(this ILogger logger, int partsDeleted, long blobsChecked, int orphansDeleted);

    [LoggerMessage(EventId = 3201, Level = LogLevel.Information, Message = "Orphaned blob {ContentId} deleted")]
    public static partial void OrphanDeleted(this ILogger logger, Guid contentId);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Error, Message = "Content sweep failed; it is tried again after the usual pause")]
    public static partial void SweepFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3203, Level = LogLevel.Warning,
        Message = "What was written of blob {BlobId} could not be kept or removed as meant; the sweep removes what is left")]
    public static partial void LeftoverNotHandled(this ILogger logger, Exception exception, Guid blobId);

    [LoggerMessage(EventId = 3204, Level = LogLevel.Critical,
        Message = "INCIDENT: content {ContentId} in blob {BlobId} is not what was stored ({Damage}, segment {Segment})")]
    public static partial void Damaged(this ILogger logger, Guid contentId, Guid blobId, ContentDamage damage, long segment);

    [LoggerMessage(EventId = 3205, Level = LogLevel.Critical,
        Message = "INCIDENT: the wrapped key {RecordKeyId} of record {RecordId} is not what was made for it")]
    public static partial void KeyDamaged(this ILogger logger, Exception exception, Guid recordKeyId, Guid recordId);
}
