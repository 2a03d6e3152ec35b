using Dapper;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>The first access of a professional to a record, by the trace.</summary>
internal sealed record FirstAccessRow
{
    public required Guid EventId { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    public required Guid RecordId { get; init; }

    public required string ProfessionalId { get; init; }

    /// <summary>In a secret connection.</summary>
    public required bool Secret { get; init; }
}

/// <summary>Finding first accesses in the order of the trace's log.</summary>
internal static class FirstAccessSql
{
    // Served by audit_leaf_pkey. The log has no holes and grows at its end alone.
    private const string ReadLeaves =
        """
        select leaf_index, event_id
        from audit_leaf
        where leaf_index > @After
        order by leaf_index
        limit @Limit
        """;

    // Served by audit_event_pkey, in the months between both ids only, and by notice_first_access_pkey. The kinds of the right are
    // consent, attending physician and emergency.
    private const string FindNew =
        """
        select distinct on (e.record_id, e.actor_id, e.hidden_from_representatives)
            e.event_id, e.event_time, e.record_id, e.actor_id as professional_id, e.hidden_from_representatives as secret
        from audit_event e
        where e.event_id between @FirstId and @LastId
            and e.event_id = any (@EventIds::uuid[])
            and e.record_id is not null
            and e.actor_kind = 1
            and e.actor_id is not null
            and e.outcome = 1
            and e.basis in (4, 5, 6)
            and e.method = any (@Methods)
            and not exists (
                select from notice_first_access known
                where known.record_id = e.record_id
                    and known.professional_id = e.actor_id
                    and known.secret = e.hidden_from_representatives
            )
        order by e.record_id, e.actor_id, e.hidden_from_representatives, e.event_time
        """;

    private const string Insert =
        """
        insert into notice_first_access (record_id, professional_id, secret)
        values (@RecordId, @ProfessionalId, @Secret)
        """;

    /// <summary>The next leaves of the log.</summary>
    public static async Task<List<(long Index, Guid EventId)>> ReadLeavesAsync(
        NpgsqlConnection connection, long after, int limit, CancellationToken ct) =>
        (await connection.QueryAsync<(long, Guid)>(new CommandDefinition(
            ReadLeaves, new { After = after, Limit = limit }, cancellationToken: ct))).AsList();

    /// <summary>Which of these events are the first of a professional on a record.</summary>
    public static async Task<IReadOnlyList<FirstAccessRow>> FindNewAsync(
        NpgsqlConnection connection, Guid[] eventIds, string[] methods, CancellationToken ct)
    {
        var rows = await connection.QueryAsync<FirstAccessRow>(new CommandDefinition(
            FindNew,
            new
            {
                // PostgreSQL compares UUIDs byte by byte, and so does .NET.
                FirstId = eventIds.Min(),
                LastId = eventIds.Max(),
                EventIds = eventIds,
                Methods = methods,
            },
            cancellationToken: ct));
        return rows.AsList();
    }

    /// <summary>Remembers it, on a connection for its record.</summary>
    public static Task InsertAsync(NpgsqlConnection connection, FirstAccessRow row, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Insert, row, cancellationToken: ct));
}
