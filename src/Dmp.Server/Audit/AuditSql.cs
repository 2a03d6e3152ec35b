using Dapper;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>One event of the trace, as stored.</summary>
internal sealed record AuditEventRow
{
    public required Guid EventId { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    public required string Method { get; init; }

    public required short ActorKind { get; init; }

    public string? ActorId { get; init; }

    public string? ActorName { get; init; }

    public string? ProfessionSystem { get; init; }

    public string? ProfessionCode { get; init; }

    public string? SpecialtyCode { get; init; }

    public string? SectorCode { get; init; }

    public string? StructureId { get; init; }

    public string? StructureName { get; init; }

    public string? SoftwareId { get; init; }

    public string? Subject { get; init; }

    public Guid? RecordId { get; init; }

    public required Guid[] DocumentIds { get; init; }

    public required short Outcome { get; init; }

    public required short StatusCode { get; init; }

    public string? Reason { get; init; }

    public required Guid ServerRequestId { get; init; }

    public string? RequestId { get; init; }
}

internal static class AuditSql
{
    private const string Append =
        """
        insert into audit_event (
            event_id, event_time, method, actor_kind, actor_id, actor_name, profession_system, profession_code,
            specialty_code, sector_code, structure_id, structure_name, software_id, subject, record_id, document_ids, outcome, status_code, reason,
            server_request_id, request_id)
        values (
            @EventId, @EventTime, @Method, @ActorKind, @ActorId, @ActorName, @ProfessionSystem, @ProfessionCode,
            @SpecialtyCode, @SectorCode, @StructureId, @StructureName, @SoftwareId, @Subject, @RecordId, @DocumentIds, @Outcome, @StatusCode, @Reason,
            @ServerRequestId, @RequestId)
        """;

    // Served by audit_event_record_idx: event ids are UUIDs of version 7, in the order of time. @OnlySubject limits the
    // answer to one caller's own events.
    private const string List =
        """
        select event_id, event_time, method, actor_kind, actor_id, actor_name, profession_system, profession_code,
            structure_id, structure_name, software_id, subject, record_id, document_ids, outcome, status_code, reason,
            server_request_id, request_id
        from audit_event
        where record_id = @RecordId
            and (@OnlySubject::text is null or subject = @OnlySubject)
            and (@TimeFrom::timestamptz is null or event_time >= @TimeFrom)
            and (@TimeTo::timestamptz is null or event_time < @TimeTo)
            and (@BeforeEventId::uuid is null or event_id < @BeforeEventId)
        order by event_id desc
        limit @Limit
        """;

    public static Task AppendAsync(NpgsqlConnection connection, AuditEventRow row, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Append, row, cancellationToken: ct));

    public static Task<IEnumerable<AuditEventRow>> ListAsync(
        NpgsqlConnection connection,
        Guid recordId,
        string? onlySubject,
        DateTimeOffset? timeFrom,
        DateTimeOffset? timeTo,
        Guid? beforeEventId,
        int limit,
        CancellationToken ct) =>
        connection.QueryAsync<AuditEventRow>(new CommandDefinition(
            List,
            new
            {
                RecordId = recordId,
                OnlySubject = onlySubject,
                TimeFrom = timeFrom,
                TimeTo = timeTo,
                BeforeEventId = beforeEventId,
                Limit = limit,
            },
            cancellationToken: ct));
}
