using Dapper;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>A remembered call.</summary>
internal sealed record RequestLogRow
{
    public required string Method { get; init; }

    public required byte[] Fingerprint { get; init; }

    public required byte[] Response { get; init; }
}

internal static class RequestLogSql
{
    /// <summary>
    /// Claims a request id for this transaction. Waits for another transaction that holds the same id: when that one
    /// commits, nothing is inserted and the row below is there; when it rolls back, the claim succeeds.
    /// </summary>
    private const string Claim =
        """
        insert into request_log (caller_key, request_id, method, fingerprint, response, create_time)
        values (@CallerKey, @RequestId, @Method, @Fingerprint, '', @Now)
        on conflict on constraint request_log_pkey do nothing
        """;

    private const string Find =
        """
        select method, fingerprint, response
        from request_log
        where caller_key = @CallerKey
            and request_id = @RequestId
        """;

    private const string Complete =
        """
        update request_log
        set response = @Response
        where caller_key = @CallerKey
            and request_id = @RequestId
        """;

    private const string Forget =
        """
        delete from request_log
        where create_time < @Before
        """;

    public static async Task<bool> ClaimAsync(
        NpgsqlConnection connection, string callerKey, Guid requestId, string method, byte[] fingerprint, DateTimeOffset now, CancellationToken ct) =>
        await connection.ExecuteAsync(new CommandDefinition(
            Claim,
            new { CallerKey = callerKey, RequestId = requestId, Method = method, Fingerprint = fingerprint, Now = now },
            cancellationToken: ct)) == 1;

    public static Task<RequestLogRow?> FindAsync(
        NpgsqlConnection connection, string callerKey, Guid requestId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<RequestLogRow>(new CommandDefinition(
            Find, new { CallerKey = callerKey, RequestId = requestId }, cancellationToken: ct));

    public static Task CompleteAsync(
        NpgsqlConnection connection, string callerKey, Guid requestId, byte[] response, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            Complete, new { CallerKey = callerKey, RequestId = requestId, Response = response }, cancellationToken: ct));

    public static Task<int> ForgetAsync(NpgsqlConnection connection, DateTimeOffset before, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Forget, new { Before = before }, cancellationToken: ct));
}
