namespace Dmp.Server.Edge;

/// <summary>
/// Log messages about what the server bears of one address, connection or caller (event ids 1600 to 1699). No address and no name.
/// </summary>
internal static partial class EdgeLog
{
    [LoggerMessage(1600, LogLevel.Warning, "{Count} connections on which no caller is known were closed for newer ones of their address")]
    public static partial void ConnectionsDisplaced(ILogger logger, long count);

    [LoggerMessage(1601, LogLevel.Information, "{Method} was ended while the caller took nothing; request {ServerRequestId}")]
    public static partial void Stalled(ILogger logger, string method, Guid serverRequestId);

    [LoggerMessage(1602, LogLevel.Warning, "The events of refused calls could not be written; they are counted on and tried again")]
    public static partial void CountsNotWritten(ILogger logger, Exception exception);

    [LoggerMessage(1603, LogLevel.Error, "The server stops and could not write the events of {Calls} refused calls")]
    public static partial void CountsLost(ILogger logger, Exception exception, long calls);

    [LoggerMessage(1604, LogLevel.Warning, "{Count} new connections were held: their addresses had sent too much of nobody")]
    public static partial void ConnectionsHeld(ILogger logger, long count);

    [LoggerMessage(1605, LogLevel.Warning, "{Count} connections were closed for calls that lead to nothing")]
    public static partial void ConnectionsClosed(ILogger logger, long count);

    [LoggerMessage(1606, LogLevel.Warning, "{Count} calls were refused: their callers had too many under way")]
    public static partial void CallsRefused(ILogger logger, long count);
}
