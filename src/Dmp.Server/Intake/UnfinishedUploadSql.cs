using Dapper;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>An upload that has not become a document.</summary>
internal sealed record UploadRow
{
    public required Guid UploadId { get; init; }

    public required string CallerKey { get; init; }

    public required Guid RequestId { get; init; }

    public required Guid RecordId { get; init; }

    public required Guid ContentId { get; init; }

    /// <summary>The key that what was sent is sealed with.</summary>
    public required Guid RecordKeyId { get; init; }

    /// <summary>The intent as it was sent.</summary>
    public required byte[] Intent { get; init; }

    public required byte[] Fingerprint { get; init; }

    public required bool Secret { get; init; }

    /// <summary>Counts the calls that took it up.</summary>
    public required int Generation { get; init; }

    public required bool Running { get; init; }

    /// <summary>Bytes that were in the content store at the last sign of life.</summary>
    public long PersistedSize { get; init; }

    /// <summary>The last sign of life of the call that sends it.</summary>
    public required DateTimeOffset HeartbeatTime { get; init; }
}

/// <summary>A sign of life of an upload.</summary>
internal sealed record UploadSign(Guid RecordId, Guid UploadId, int Generation, long PersistedSize, DateTimeOffset Now);

/// <summary>
/// Unfinished uploads. Every statement but the sweep names the generation it believes in: whoever took the upload up later has another
/// one, and the call before finds no row.
/// </summary>
internal static class UnfinishedUploadSql
{
    // upload_request_key decides between two that begin at once.
    private const string Insert =
        """
        insert into upload (
            upload_id, caller_key, request_id, record_id, content_id, record_key_id, intent, fingerprint, secret, generation, running,
            start_time, heartbeat_time)
        values (
            @UploadId, @CallerKey, @RequestId, @RecordId, @ContentId, @RecordKeyId, @Intent, @Fingerprint, @Secret, @Generation, @Running,
            @HeartbeatTime, @HeartbeatTime)
        on conflict on constraint upload_request_key do nothing
        """;

    // upload_request_key.
    private const string Find =
        """
        select upload_id, caller_key, request_id, record_id, content_id, record_key_id, intent, fingerprint, secret, generation, running,
            persisted_size, heartbeat_time
        from upload
        where caller_key = @CallerKey
            and request_id = @RequestId
            and record_id = @RecordId
        """;

    private const string TakeUp =
        """
        update upload
        set generation = generation + 1, running = true, heartbeat_time = @Now, content_id = @ContentId, record_key_id = @RecordKeyId
        where record_id = @RecordId
            and upload_id = @UploadId
            and generation = @Generation
        """;

    private const string Beat =
        """
        update upload
        set heartbeat_time = @Now, persisted_size = @PersistedSize
        where record_id = @RecordId
            and upload_id = @UploadId
            and generation = @Generation
        """;

    private const string Rest =
        """
        update upload
        set running = false, heartbeat_time = @Now, persisted_size = @PersistedSize
        where record_id = @RecordId
            and upload_id = @UploadId
            and generation = @Generation
        """;

    private const string Delete =
        """
        delete from upload
        where record_id = @RecordId
            and upload_id = @UploadId
            and generation = @Generation
        """;

    // The primary key.
    private const string DeleteAll =
        """
        delete from upload u
        using unnest(@RecordIds::uuid[], @UploadIds::uuid[], @Generations::integer[]) n (record_id, upload_id, generation)
        where u.record_id = n.record_id
            and u.upload_id = n.upload_id
            and u.generation = n.generation
        returning u.upload_id
        """;

    // upload_heartbeat_idx. Skips what a call is just taking up.
    private const string DeleteExpired =
        """
        delete from upload
        where (record_id, upload_id) in (
            select record_id, upload_id from upload
            where heartbeat_time < @Before
            order by heartbeat_time
            limit 100
            for update skip locked
        )
        returning content_id
        """;

    /// <summary>False when there is one for this request id.</summary>
    public static async Task<bool> InsertAsync(NpgsqlConnection connection, UploadRow upload, CancellationToken ct) =>
        await connection.ExecuteAsync(new CommandDefinition(Insert, upload, cancellationToken: ct)) == 1;

    public static Task<UploadRow?> FindAsync(
        NpgsqlConnection connection, string callerKey, Guid requestId, Guid recordId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<UploadRow>(new CommandDefinition(
            Find, new { CallerKey = callerKey, RequestId = requestId, RecordId = recordId }, cancellationToken: ct));

    /// <summary>With the content and the key that the row names from here on. False when another call was quicker.</summary>
    public static Task<bool> TakeUpAsync(NpgsqlConnection connection, UploadRow upload, DateTimeOffset now, CancellationToken ct) =>
        ChangeAsync(connection, TakeUp, new
        {
            upload.RecordId,
            upload.UploadId,
            upload.Generation,
            upload.ContentId,
            upload.RecordKeyId,
            Now = now
        }, ct);

    /// <summary>False when the upload is no longer this call's.</summary>
    public static Task<bool> BeatAsync(NpgsqlConnection connection, UploadSign sign, CancellationToken ct) =>
        ChangeAsync(connection, Beat, sign, ct);

    /// <summary>The call ends; the upload waits to be taken up.</summary>
    public static Task<bool> RestAsync(NpgsqlConnection connection, UploadSign sign, CancellationToken ct) =>
        ChangeAsync(connection, Rest, sign, ct);

    /// <summary>False when the upload is no longer this call's.</summary>
    public static Task<bool> DeleteAsync(
        NpgsqlConnection connection, Guid recordId, Guid uploadId, int generation, CancellationToken ct) =>
        ChangeAsync(connection, Delete, new { RecordId = recordId, UploadId = uploadId, Generation = generation }, ct);

    /// <summary>The same for several; answers which of them were still this call's.</summary>
    public static async Task<HashSet<Guid>> DeleteAllAsync(
        NpgsqlConnection connection, IEnumerable<UploadPlan> uploads, CancellationToken ct) =>
    [
        .. await connection.QueryAsync<Guid>(new CommandDefinition(
            DeleteAll,
            new
            {
                RecordIds = uploads.Select(upload => upload.RecordId).ToArray(),
                UploadIds = uploads.Select(upload => upload.UploadId).ToArray(),
                Generations = uploads.Select(upload => upload.Generation).ToArray(),
            },
            cancellationToken: ct)),
    ];

    /// <summary>Forgets up to a hundred that nobody took up, and answers where their bytes are.</summary>
    public static async Task<IReadOnlyList<Guid>> DeleteExpiredAsync(
        NpgsqlConnection connection, DateTimeOffset before, CancellationToken ct) =>
        [.. await connection.QueryAsync<Guid>(new CommandDefinition(DeleteExpired, new { Before = before }, cancellationToken: ct))];

    private static async Task<bool> ChangeAsync(NpgsqlConnection connection, string sql, object parameters, CancellationToken ct) =>
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: ct)) == 1;
}
