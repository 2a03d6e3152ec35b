namespace Dmp.Server.Notices;

/// <summary>Log messages of the notices (event ids 1400 to 1499). No address, no record, no text of a mail server: our ids only.</summary>
internal static partial class NoticeLog
{
    [LoggerMessage(
        1400, LogLevel.Warning, "No mail server is configured (Dmp:Notices:Smtp:Host): notices are made, and none is sent by e-mail")]
    public static partial void EmailIsOff(ILogger logger);

    [LoggerMessage(1401, LogLevel.Information, "Notices of the sandbox are written to {Directory}")]
    public static partial void MailboxIsUsed(ILogger logger, string directory);

    [LoggerMessage(1402, LogLevel.Warning, "Notices could not be made; it is tried again in some seconds")]
    public static partial void MakingFailed(ILogger logger, Exception exception);

    [LoggerMessage(1403, LogLevel.Warning, "Deliveries of notices could not be read or written; it is tried again in some seconds")]
    public static partial void DeliveringFailed(ILogger logger, Exception exception);

    [LoggerMessage(
        1404, LogLevel.Warning, "The delivery of the notice {NoticeId} on the channel {Channel} {Target} was given up: {Failure}")]
    public static partial void GivenUp(ILogger logger, Guid noticeId, string channel, string target, string failure);

    [LoggerMessage(1405, LogLevel.Error, "An attempt to deliver the notice {NoticeId} failed by a fault of the server: {ExceptionType}")]
    public static partial void AttemptBroke(ILogger logger, Guid noticeId, string exceptionType);

    [LoggerMessage(
        1406, LogLevel.Critical, "Changes up to {FirstPosition} were forgotten and notices were made up to {Position} only: some are lost")]
    public static partial void ChangesWereForgotten(ILogger logger, long firstPosition, long position);
}
