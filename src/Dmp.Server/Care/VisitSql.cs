using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Care;

/// <summary>A read of a record.</summary>
internal sealed record VisitRow
{
    public required DateTimeOffset EventTime { get; init; }
}

/// <summary>When somebody last looked at a record, by its trace.</summary>
internal static class VisitSql
{
    // Served by audit_event_record_idx of the months between both ids: read from the newest event backwards, up to the first that fits. Of
    // whose record the row is, row-level security says too. 1 is allowed.
    private const string FindLast =
        """
        select e.event_time
        from audit_event e
        where e.record_id = @RecordId
            and e.event_id >= @FirstId
            and e.event_id <= @LastId
            and e.event_time <= @Latest
            and e.outcome = 1
            and e.method = any(@Methods::text[])
            and (@ActorId::text is null or e.actor_id = @ActorId)
            and (@Subject::text is null or e.subject = @Subject)
        order by e.event_id desc
        limit 1
        """;

    /// <summary>
    /// The newest event of these methods, between both times, of a professional by national identifier, or of another person by the token.
    /// </summary>
    public static async Task<DateTimeOffset?> FindLastAsync(
        NpgsqlConnection connection,
        Caller caller,
        Guid recordId,
        (DateTimeOffset Earliest, DateTimeOffset Latest) between,
        string[] methods,
        CancellationToken ct)
    {
        var (firstId, lastId) = EventIds.Between(between.Earliest, between.Latest);
        await RowScope.OfRecord(caller, recordId).ApplyAsync(connection, ct);
        var found = await connection.QueryInIndexOrderAsync<VisitRow>(
            FindLast,
            new
            {
                RecordId = recordId,
                FirstId = firstId,
                LastId = lastId,
                between.Latest,
                Methods = methods,
                ActorId = caller.ProfessionalId,
                Subject = caller.ProfessionalId is null ? caller.Subject : null,
            },
            ct);
        return found is [var newest] ? newest.EventTime : null;
    }
}
