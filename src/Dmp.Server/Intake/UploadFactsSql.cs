using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>What the decisions about several uploads of one caller need, read at one moment and in one round trip.</summary>
internal sealed record UploadFacts
{
    /// <summary>The records that there are, by id.</summary>
    public required IReadOnlyDictionary<Guid, AccessFacts> Records { get; init; }

    /// <summary>Who their patients are.</summary>
    public required IReadOnlyDictionary<Guid, RecordIdentity> Identities { get; init; }

    /// <summary>Earlier calls, by request id.</summary>
    public required IReadOnlyDictionary<Guid, RequestLogRow> Remembered { get; init; }

    /// <summary>Request ids of uploads whose unique id the same depositor has used in the record.</summary>
    public required IReadOnlySet<Guid> TakenUniqueIds { get; init; }

    /// <summary>Unfinished uploads by request id, before the bytes come.</summary>
    public required IReadOnlyDictionary<Guid, UploadRow> Unfinished { get; init; }

    /// <summary>What was answered before for a request id; null when it is new. Refuses another content.</summary>
    public byte[]? AnswerTo(Guid requestId, byte[] fingerprint) =>
        Remembered.TryGetValue(requestId, out var row) ? RequestLogSql.AnswerOf(row, requestId, fingerprint) : null;
}

internal static class UploadFactsSql
{
    // The primary key of record.
    private const string Identities =
        """
        select record_id, ins_number, birth_family_name, birth_given_names, birth_date, used_family_name, used_given_name
        from record
        where record_id = any(@RecordIds)
        """;

    // request_log_pkey.
    private const string Remembered =
        """
        select request_id, method, fingerprint, response
        from request_log
        where caller_key = @CallerKey
            and request_id = any(@RememberedIds)
        """;

    // document_version_unique_id_key for each; the offset keeps the planner from reading the versions of all records once and joining them.
    private const string TakenUniqueIds =
        """
        select n.request_id
        from unnest(@RequestIds::uuid[], @UploadRecordIds::uuid[], @UniqueIds::text[]) n (request_id, record_id, unique_id)
        where exists (
            select from document_version v
            where v.record_id = n.record_id
                and v.depositor_key = @DepositorKey
                and v.unique_id = n.unique_id
            offset 0
        )
        """;

    // upload_request_key. One of another record is out of sight.
    private const string Unfinished =
        """
        select upload_id, caller_key, request_id, record_id, content_id, intent, fingerprint, secret, generation, running,
            persisted_size, record_key_id, heartbeat_time
        from upload
        where caller_key = @CallerKey
            and request_id = any(@RequestIds)
            and record_id = any(@RecordIds)
        """;

    // Until the transaction ends: every statement of an upload finds its rows by an index, whatever the parameters are, and planning the
    // access facts anew for each upload takes several times as long as running them.
    private const string AsPlanned =
        "select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)";

    private static readonly string together = $"{AsPlanned}; {AccessSql.ByRecords}; {Remembered}; {TakenUniqueIds}; {Identities}";

    // With the bytes, an unfinished upload is the call's own.
    private static readonly ScopedSql withBytes = new(WorkRole.Intake, together);
    private static readonly ScopedSql beforeBytes = new(WorkRole.Intake, $"{together}; {Unfinished}");

    /// <summary>From here on the connection is for the records of these uploads and sets, which have different request ids.</summary>
    public static async Task<UploadFacts> ReadAsync(
        NpgsqlConnection connection,
        Caller caller,
        IReadOnlyList<UploadPlan> uploads,
        DateTimeOffset now,
        CancellationToken ct,
        bool areBytesHere = true,
        IReadOnlyList<SubmissionSetPlan>? sets = null)
    {
        sets ??= [];
        var recordIds = uploads.Select(upload => upload.RecordId).Concat(sets.Select(set => set.RecordId)).Distinct().ToArray();
        var asked = new
        {
            RecordIds = recordIds,
            CallerKey = caller.Key,
            DepositorKey = caller.DepositorKey,
            RememberedIds = uploads.Select(upload => upload.RequestId).Concat(sets.Select(set => set.RequestId)).ToArray(),
            RequestIds = uploads.Select(upload => upload.RequestId).ToArray(),
            UploadRecordIds = uploads.Select(upload => upload.RecordId).ToArray(),
            UniqueIds = uploads.Select(upload => upload.Metadata.UniqueId).ToArray(),
        };
        var scope = RowScope.OfRecords(caller, recordIds);
        var parameters = scope.Parameters(asked, AccessSql.OfCaller(caller, now));
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            (areBytesHere ? withBytes : beforeBytes).For(scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        await results.ReadAsync();
        return new UploadFacts
        {
            Records = (await results.ReadAsync<AccessFacts>()).ToDictionary(facts => facts.RecordId),
            Remembered = (await results.ReadAsync<RequestLogRow>()).ToDictionary(row => row.RequestId),
            TakenUniqueIds = (await results.ReadAsync<Guid>()).ToHashSet(),
            Identities = (await results.ReadAsync<RecordIdentity>()).ToDictionary(identity => identity.RecordId),
            Unfinished = areBytesHere
                ? new Dictionary<Guid, UploadRow>()
                : (await results.ReadAsync<UploadRow>()).ToDictionary(row => row.RequestId),
        };
    }
}
