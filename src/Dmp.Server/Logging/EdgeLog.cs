namespace Dmp.Server.Logging;

/// <summary>
/// Log messages about what the server bears of one address, connection or caller (event ids 1600 to 1699). No address and no name.
/// </summary>
internal static partial class EdgeLog
{
    [LoggerMessage(1600, LogLevel.Debug, "A connection was refused: its address has {Limit} on which no caller is known")]
    public static partial void ConnectionRefused(ILogger logger, int limit);

    [LoggerMessage(1601, LogLevel.Information, "{Method} was ended: the caller took nothing for {LimitSeconds} s; request {ServerRequestId}")]
    public static partial void Stalled(ILogger logger, string method, Guid serverRequestId, double limitSeconds);

    [LoggerMessage(1602, LogLevel.Warning, "The events of refused calls could not be written; they are counted on and tried again")]
    public static partial void CountsNotWritten(ILogger logger, Exception exception);

    [LoggerMessage(1603, LogLevel.Error, "The server stops and could not write the events of {Calls} refused calls")]
    public static partial void CountsLost(ILogger logger, Exception exception, long calls);
}
