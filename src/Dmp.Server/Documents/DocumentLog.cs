namespace Dmp.Server.Documents;

/// <summary>Log messages of documents (event ids 1500 to 1599).</summary>
internal static partial class DocumentLog
{
    [LoggerMessage(1500, LogLevel.Critical, "The content {ContentId} of document {DocumentId} version {Version} is missing")]
    public static partial void ContentLost(ILogger logger, Guid documentId, int version, Guid contentId);

    [LoggerMessage(1501, LogLevel.Warning, "Upload {UploadId} could not be released; it is forgotten when it is abandoned")]
    public static partial void UploadNotReleased(ILogger logger, Exception exception, Guid uploadId);
}
