namespace Dmp.Server.Audit;

/// <summary>Log messages of the log over the trace (event ids 1200 to 1299). Numbers and ids of events only.</summary>
internal static partial class TraceLog
{
    [LoggerMessage(
        1200, LogLevel.Critical,
        "The log of the trace is not continued: {Refusal} Events are still written. Ask an operator: dmp audit verify")]
    public static partial void Refused(ILogger logger, string refusal);

    [LoggerMessage(1201, LogLevel.Warning, "Continuing the log of the trace failed; it is tried again")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(1202, LogLevel.Error, "The event {EventId} of the trace cannot be committed to as it stands; its leaf says so")]
    public static partial void EventUnreadable(ILogger logger, Exception exception, Guid eventId);

    [LoggerMessage(1203, LogLevel.Information, "The log of the trace is continued again")]
    public static partial void Resumed(ILogger logger);
}
