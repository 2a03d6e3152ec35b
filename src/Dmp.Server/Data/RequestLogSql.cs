using Dapper;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>A remembered call.</summary>
internal sealed record RequestLogRow
{
    public Guid RequestId { get; init; }

    public required string Method { get; init; }

    public required byte[] Fingerprint { get; init; }

    public required byte[] Response { get; init; }
}

/// <summary>A call to be remembered.</summary>
internal readonly record struct RequestClaim(Guid RequestId, string Method, byte[] Fingerprint, byte[] Response);

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

    // The same for several at once, with their answers. In the order of the ids, so that two batches that share some never wait for each
    // other.
    private const string ClaimAll =
        """
        insert into request_log (caller_key, request_id, method, fingerprint, response, create_time)
        select @CallerKey, n.request_id, n.method, n.fingerprint, n.response, @Now
        from unnest(@RequestIds::uuid[], @Methods::text[], @Fingerprints::bytea[], @Responses::bytea[]) n (request_id, method,
            fingerprint, response)
        order by n.request_id
        on conflict on constraint request_log_pkey do nothing
        returning request_id
        """;

    /// <summary>Parameters: CallerKey, RequestId.</summary>
    public const string Find =
        """
        select request_id, method, fingerprint, response
        from request_log
        where caller_key = @CallerKey
            and request_id = @RequestId
        """;

    // request_log_pkey.
    private const string FindKnown =
        """
        select request_id
        from request_log
        where caller_key = @CallerKey
            and request_id = any(@RequestIds)
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
        NpgsqlConnection connection, string callerKey, Guid requestId, string method, byte[] fingerprint, DateTimeOffset now,
            CancellationToken ct) =>
        await connection.ExecuteAsync(new CommandDefinition(
            Claim,
            new { CallerKey = callerKey, RequestId = requestId, Method = method, Fingerprint = fingerprint, Now = now },
            cancellationToken: ct)) == 1;

    /// <summary>The ids that were free, and are remembered with their answers once the transaction commits.</summary>
    public static async Task<HashSet<Guid>> ClaimAllAsync(
        NpgsqlConnection connection, string callerKey, IReadOnlyList<RequestClaim> claims, DateTimeOffset now, CancellationToken ct) =>
    [
        .. await connection.QueryAsync<Guid>(new CommandDefinition(
            ClaimAll,
            new
            {
                CallerKey = callerKey,
                RequestIds = claims.Select(claim => claim.RequestId).ToArray(),
                Methods = claims.Select(claim => claim.Method).ToArray(),
                Fingerprints = claims.Select(claim => claim.Fingerprint).ToArray(),
                Responses = claims.Select(claim => claim.Response).ToArray(),
                Now = now,
            },
            cancellationToken: ct)),
    ];

    public static Task<RequestLogRow?> FindAsync(
        NpgsqlConnection connection, string callerKey, Guid requestId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<RequestLogRow>(new CommandDefinition(
            Find, new { CallerKey = callerKey, RequestId = requestId }, cancellationToken: ct));

    /// <summary>Those of the ids that are remembered by now.</summary>
    public static async Task<HashSet<Guid>> FindKnownAsync(
        NpgsqlConnection connection, string callerKey, IEnumerable<Guid> requestIds, CancellationToken ct) =>
    [
        .. await connection.QueryAsync<Guid>(new CommandDefinition(
            FindKnown, new { CallerKey = callerKey, RequestIds = requestIds.ToArray() }, cancellationToken: ct)),
    ];

    public static NpgsqlBatchCommand ToComplete(string callerKey, Guid requestId, byte[] response) =>
        new NpgsqlBatchCommand(Complete).With("CallerKey", callerKey).With("RequestId", requestId).With("Response", response);

    public static Task<int> ForgetAsync(NpgsqlConnection connection, DateTimeOffset before, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Forget, new { Before = before }, cancellationToken: ct));

    /// <summary>The answer remembered for a request id, null when there is none. Refuses another content.</summary>
    public static async Task<byte[]?> RecallAsync(
        NpgsqlConnection connection, string callerKey, Guid requestId, byte[] fingerprint, CancellationToken ct)
    {
        var row = await FindAsync(connection, callerKey, requestId, ct);
        return row is null ? null : AnswerOf(row, requestId, fingerprint);
    }

    /// <summary>The answer of a remembered call. Refuses another content.</summary>
    public static byte[] AnswerOf(RequestLogRow row, Guid requestId, byte[] fingerprint) =>
        row.Fingerprint.AsSpan().SequenceEqual(fingerprint)
            ? row.Response
            : throw Failures.Of(ErrorReason.RequestIdReused, ("request_id", requestId.ToString()));
}
