using Dapper;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>An event as a whole, with what of it the caller may see and its place in the log.</summary>
internal sealed record ProvenEventRow : AuditEventRow
{
    /// <summary>The places in <see cref="AuditEventRow.DocumentIds"/>, from 1, of the documents that exist for the caller.</summary>
    public required int[] VisiblePlaces { get; init; }

    /// <summary>Null while the event waits for its leaf.</summary>
    public long? LeafIndex { get; init; }
}

/// <summary>Events with everything that is needed to prove them; shown is what <see cref="AuditSql"/> lists.</summary>
internal static class ProvenEventSql
{
    private const string Columns =
        $"""
        {AuditSql.Columns}, {AuditSql.ProofColumns}, e.document_ids, e.document_versions, e.document_sha256s,
            v.places as visible_places, l.leaf_index
        """;

    // Served by the primary keys.
    private const string Find =
        $"""
        select {Columns}
        from audit_event e
        {TraceFilter.VisibleDocuments}
        left join lateral {TraceLogSql.LeafOfEvent} l on true
        where {TraceFilter.VisibleEvents}
            and e.event_id = any (@EventIds)
        order by e.event_id
        """;

    // Served by audit_event_record_idx of the months between both ids, read from its end, and the leaves of what is found there.
    private const string ListPage =
        $"""
        select {Columns}
        from audit_event e
        {TraceFilter.VisibleDocuments}
        join lateral {TraceLogSql.LeafOfEvent} l on l.leaf_index < @TreeSize
        where {TraceFilter.VisibleEvents}
            and (@TimeFrom::timestamptz is null or e.event_time >= @TimeFrom)
            and (@TimeTo::timestamptz is null or e.event_time < @TimeTo)
            and e.event_id >= @FirstId
            and e.event_id <= @LastId
            and e.event_id > @AfterEventId
        order by e.event_id
        limit @Limit
        """;

    public static async Task<List<ProvenEventRow>> FindAsync(
        NpgsqlConnection connection, RecordAccess access, string? onlySubject, Guid[] eventIds, CancellationToken ct)
    {
        var parameters = new StatementParameters(TraceFilter.ParametersOf(access, onlySubject), new { EventIds = eventIds });
        return (await connection.QueryAsync<ProvenEventRow>(new CommandDefinition(Find, parameters, cancellationToken: ct))).AsList();
    }

    /// <summary>Events in the tree of <paramref name="treeSize"/>, the oldest first.</summary>
    public static async Task<List<ProvenEventRow>> ListPageAsync(
        NpgsqlConnection connection,
        RecordAccess access,
        string? onlySubject,
        (DateTimeOffset? From, DateTimeOffset? To) time,
        long treeSize,
        Guid afterEventId,
        int limit,
        CancellationToken ct)
    {
        var (firstId, lastId) = EventIds.Between(time.From, time.To);
        var page = new
        {
            TimeFrom = time.From,
            TimeTo = time.To,
            FirstId = firstId,
            LastId = lastId,
            TreeSize = treeSize,
            AfterEventId = afterEventId,
            Limit = limit,
        };
        return await connection.QueryInIndexOrderAsync<ProvenEventRow>(
            ListPage, new StatementParameters(TraceFilter.ParametersOf(access, onlySubject), page), ct);
    }
}
