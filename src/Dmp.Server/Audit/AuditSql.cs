using Dapper;
using Dmp.Server.Access;
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

    /// <summary>Done in a secret connection, or about something done in one.</summary>
    public bool HiddenFromRepresentatives { get; init; }
}

internal static class AuditSql
{
    private const string Append =
        """
        insert into audit_event (
            event_id, event_time, method, actor_kind, actor_id, actor_name, profession_system, profession_code,
            specialty_code, sector_code, structure_id, structure_name, software_id, subject, record_id, document_ids, outcome, status_code,
            reason, server_request_id, request_id, hidden_from_representatives)
        values (
            @EventId, @EventTime, @Method, @ActorKind, @ActorId, @ActorName, @ProfessionSystem, @ProfessionCode,
            @SpecialtyCode, @SectorCode, @StructureId, @StructureName, @SoftwareId, @Subject, @RecordId, @DocumentIds, @Outcome, @StatusCode,
            @Reason, @ServerRequestId, @RequestId, @HiddenFromRepresentatives)
        """;

    // Served by audit_event_record_idx: event ids are UUIDs of version 7, in the order of time; the primary key of document
    // decides each document named. @OnlySubject limits the answer to one caller's own events. Documents that do not exist for
    // the patient's side (DocumentFilter.Exists) are left out, and so are events that are about nothing else.
    private const string List =
        """
        select e.event_id, e.event_time, e.method, e.actor_kind, e.actor_id, e.actor_name, e.profession_system,
            e.profession_code, e.structure_id, e.structure_name, e.software_id, e.subject, e.record_id, v.document_ids,
            e.outcome, e.status_code, e.reason, e.server_request_id, e.request_id
        from audit_event e
        cross join lateral (
            select coalesce(array_agg(named.document_id order by named.place) filter (
                    where not coalesce(
                        @IsOwner and d.patient_visible_time > @Now or @IsRepresentative and d.hidden_from_representatives,
                        false)),
                '{}') as document_ids
            from unnest(e.document_ids) with ordinality as named (document_id, place)
            left join document d on d.document_id = named.document_id and d.record_id = e.record_id
        ) v
        where e.record_id = @RecordId
            and not (@IsRepresentative and e.hidden_from_representatives)
            and (e.document_ids = '{}' or v.document_ids <> '{}')
            and (@OnlySubject::text is null or e.subject = @OnlySubject)
            and (@TimeFrom::timestamptz is null or e.event_time >= @TimeFrom)
            and (@TimeTo::timestamptz is null or e.event_time < @TimeTo)
            and (@BeforeEventId::uuid is null or e.event_id < @BeforeEventId)
        order by e.event_id desc
        limit @Limit
        """;

    public static Task AppendAsync(NpgsqlConnection connection, AuditEventRow row, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Append, row, cancellationToken: ct));

    public static Task<IEnumerable<AuditEventRow>> ListAsync(
        NpgsqlConnection connection,
        RecordAccess access,
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
                access.RecordId,
                IsOwner = access.Capacity != Capacity.None,
                IsRepresentative = access.Capacity is Capacity.Representative or Capacity.Caregiver,
                access.Now,
                OnlySubject = onlySubject,
                TimeFrom = timeFrom,
                TimeTo = timeTo,
                BeforeEventId = beforeEventId,
                Limit = limit,
            },
            cancellationToken: ct));
}
