namespace Dmp.Server.Media;

/// <summary>
/// Log messages about the content of documents that is not accepted (event ids 3100 to 3199). Ids are random; names of signatures are the
/// scanner's.
/// </summary>
internal static partial class MediaLog
{
    [LoggerMessage(3100, LogLevel.Warning,
        "Content {ContentId} is infected with {Signature} and was refused (request {ServerRequestId}); quarantine: {Quarantine}")]
    public static partial void Infected(ILogger logger, Guid contentId, string signature, Guid serverRequestId, string quarantine);

    [LoggerMessage(3101, LogLevel.Error,
        "Content {ContentId} is infected with {Signature} and was refused (request {ServerRequestId}); "
        + "it could not be put into quarantine")]
    public static partial void NotQuarantined(ILogger logger, Exception exception, Guid contentId, string signature, Guid serverRequestId);

    [LoggerMessage(3102, LogLevel.Error, "Content {ContentId} could not be scanned; the upload is refused and may be repeated")]
    public static partial void ScannerDown(ILogger logger, Exception exception, Guid contentId);

    [LoggerMessage(3103, LogLevel.Warning, "Content {ContentId} could not be scanned, and is accepted as configured (Dmp:Scan:WhenDown)")]
    public static partial void AcceptedUnscanned(ILogger logger, Exception exception, Guid contentId);

    [LoggerMessage(3104, LogLevel.Information, "{Deleted} documents were deleted from the quarantine")]
    public static partial void QuarantineSwept(ILogger logger, int deleted);

    [LoggerMessage(3105, LogLevel.Error, "The quarantine could not be swept; it is tried again after the usual pause")]
    public static partial void QuarantineSweepFailed(ILogger logger, Exception exception);
}
