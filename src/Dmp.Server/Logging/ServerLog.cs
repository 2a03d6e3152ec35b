namespace Dmp.Server.Logging;

/// <summary>Log messages of the request path (event ids 1000 to 1099). No content, no INS, no token: names and our ids only.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1000, LogLevel.Error, "{Method} failed; request {ServerRequestId}")]
    public static partial void CallFailed(ILogger logger, Exception? exception, string method, Guid serverRequestId);

    [LoggerMessage(1001, LogLevel.Critical, "{Method} answered without an event in the trace; request {ServerRequestId}")]
    public static partial void CallWithoutTrace(ILogger logger, string method, Guid serverRequestId);

    [LoggerMessage(1002, LogLevel.Error, "The failure {StatusCode} of {Method} could not be traced; request {ServerRequestId}")]
    public static partial void FailureNotTraced(
        ILogger logger, Exception exception, string method, Guid serverRequestId, int statusCode);

    [LoggerMessage(1003, LogLevel.Warning, "The database or the content store did not answer {Method}")]
    public static partial void StorageFailed(ILogger logger, Exception exception, string method);

    [LoggerMessage(1010, LogLevel.Information, "Forgot {Requests} old request ids and {Uploads} abandoned uploads")]
    public static partial void Swept(ILogger logger, int requests, int uploads);

    [LoggerMessage(1011, LogLevel.Warning, "Sweeping old request ids and uploads failed; it is tried again later")]
    public static partial void SweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(1012, LogLevel.Warning, "Changes could not be put in order; it is tried again in a second")]
    public static partial void SequencingFailed(ILogger logger, Exception exception);

    [LoggerMessage(1013, LogLevel.Warning, "Listening for changes ended; it begins again")]
    public static partial void ListeningFailed(ILogger logger, Exception exception);

    [LoggerMessage(1014, LogLevel.Error, "Not serving: {Fault}")]
    public static partial void NotServing(ILogger logger, string fault);

    [LoggerMessage(1015, LogLevel.Information, "Serving again")]
    public static partial void ServingAgain(ILogger logger);

    [LoggerMessage(1016, LogLevel.Warning, "Whom changes concern could not be looked up; it is tried again")]
    public static partial void WatchingFailed(ILogger logger, Exception exception);

    [LoggerMessage(
        1020, LogLevel.Information, "New connections get the certificate in {Path}: serial number {SerialNumber}, valid until {End:u}")]
    public static partial void CertificateRenewed(ILogger logger, string path, string serialNumber, DateTimeOffset end);

    [LoggerMessage(1021, LogLevel.Warning, "The certificate in {Path} changed and cannot be used, the one before stays in use: {Fault}")]
    public static partial void CertificateKept(ILogger logger, string path, string fault);

    [LoggerMessage(1022, LogLevel.Warning, "The certificate in {Path} is valid until {End:u} only")]
    public static partial void CertificateEnds(ILogger logger, string path, DateTimeOffset end);
}
