using Dapper;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Audit;

internal static class AuditSql
{
    private const string AppendAll =
        """
        insert into audit_event (
            event_id, event_time, method, actor_kind, actor_id, actor_name, profession_system, profession_code, specialty_code,
            sector_code, structure_id, structure_name, software_id, subject, record_id, document_ids, outcome, status_code, reason,
            server_request_id, request_id, hidden_from_representatives, document_versions, document_sha256s, staff_id, user_agent,
            access_mode, basis, emergency_access_id, justification, origin, duration_us, call_count, salt, root, signature, signing_key)
        select
            n.event_id, n.event_time, n.method, n.actor_kind, n.actor_id, n.actor_name, n.profession_system, n.profession_code,
            n.specialty_code, n.sector_code, n.structure_id, n.structure_name, n.software_id, n.subject, n.record_id,
            (@DocumentIds::uuid[])[n.document_ids_from:n.document_ids_to], n.outcome, n.status_code, n.reason, n.server_request_id,
            n.request_id, n.hidden_from_representatives, (@DocumentVersions::integer[])[n.document_ids_from:n.document_ids_to],
            (@DocumentSha256s::bytea[])[n.document_ids_from:n.document_ids_to], n.staff_id, n.user_agent, n.access_mode, n.basis,
            n.emergency_access_id, n.justification, n.origin::inet, n.duration_us, n.call_count, n.salt, n.root, n.signature, n.signing_key
        from unnest(
            @EventId::uuid[], @EventTime::timestamptz[], @Method::text[], @ActorKind::smallint[], @ActorId::text[], @ActorName::text[],
            @ProfessionSystem::text[], @ProfessionCode::text[], @SpecialtyCode::text[], @SectorCode::text[], @StructureId::text[],
            @StructureName::text[], @SoftwareId::text[], @Subject::text[], @RecordId::uuid[], @DocumentIdsFrom::integer[],
            @DocumentIdsTo::integer[], @Outcome::smallint[], @StatusCode::smallint[], @Reason::text[], @ServerRequestId::uuid[],
            @RequestId::text[], @HiddenFromRepresentatives::boolean[], @StaffId::text[], @UserAgent::text[], @AccessMode::smallint[],
            @Basis::smallint[], @EmergencyAccessId::uuid[], @Justification::text[], @Origin::text[], @DurationUs::bigint[],
            @CallCount::bigint[],
            @Salt::bytea[], @Root::bytea[], @Signature::bytea[], @SigningKey::text[]) n (
            event_id, event_time, method, actor_kind, actor_id, actor_name, profession_system, profession_code, specialty_code,
            sector_code, structure_id, structure_name, software_id, subject, record_id, document_ids_from, document_ids_to, outcome,
            status_code, reason, server_request_id, request_id, hidden_from_representatives, staff_id, user_agent, access_mode, basis,
                emergency_access_id, justification,
            origin, duration_us, call_count, salt, root, signature, signing_key)
        """;

    /// <summary>What is answered of an event, but its documents.</summary>
    public const string Columns =
        """
        e.event_id, e.event_time, e.method, e.actor_kind, e.actor_id, e.actor_name, e.profession_system,
            e.profession_code, e.specialty_code, e.sector_code, e.structure_id, e.structure_name, e.staff_id, e.software_id, e.user_agent,
            e.subject, e.record_id, e.outcome, e.status_code, e.reason, e.server_request_id, e.request_id, e.access_mode, e.basis,
            e.emergency_access_id, e.justification, host(e.origin) as origin, e.duration_us, e.call_count
        """;

    /// <summary>What the commitment covers besides, and the commitment.</summary>
    public const string ProofColumns = "e.hidden_from_representatives, e.salt, e.root, e.signature, e.signing_key";

    // Served by audit_event_record_idx of the months between both ids: event ids are UUIDs of version 7, in the order of time. The pages of
    // a record with many events are read in that order and no further.
    private const string List =
        $"""
        select {Columns}, e.salt, v.document_ids, v.document_versions, v.document_sha256s
        from audit_event e
        {TraceFilter.VisibleDocuments}
        where {TraceFilter.VisibleEvents}
            and (@TimeFrom::timestamptz is null or e.event_time >= @TimeFrom)
            and (@TimeTo::timestamptz is null or e.event_time < @TimeTo)
            and e.event_id >= @FirstId
            and e.event_id <= @LastId
            and (@BeforeEventId::uuid is null or e.event_id < @BeforeEventId)
        order by e.event_id desc
        limit @Limit
        """;

    // For who reads the event as it was written: every document that it names.
    private const string DocumentColumns =
        """
        e.salt, e.document_ids,
            coalesce(e.document_versions, array_fill(0, array[cardinality(e.document_ids)])) as document_versions,
            coalesce(e.document_sha256s, array_fill(''::bytea, array[cardinality(e.document_ids)])) as document_sha256s
        """;

    // Served by audit_event_actor_idx, of the months between both ids.
    private const string ListOfActor =
        $"""
        select {Columns}, {DocumentColumns}
        from audit_event e
        where e.actor_id = @ActorId
            and (@TimeFrom::timestamptz is null or e.event_time >= @TimeFrom)
            and (@TimeTo::timestamptz is null or e.event_time < @TimeTo)
            and e.event_id >= @FirstId
            and e.event_id <= @LastId
            and (@BeforeEventId::uuid is null or e.event_id < @BeforeEventId)
        order by e.event_id desc
        limit @Limit
        """;

    // Served by audit_event_call_idx of the months since the call began.
    private const string ListOfCall =
        $"""
        select {Columns}, {DocumentColumns}, e.hidden_from_representatives
        from audit_event e
        where e.server_request_id = @ServerRequestId
            and e.event_id >= @FirstId
            and (not @OfRecords or e.record_id is not null)
            and (@RecordId::uuid is null or e.record_id = @RecordId)
            and (@OtherThan::uuid is null or e.record_id <> @OtherThan)
            and (@BeforeEventId::uuid is null or e.event_id < @BeforeEventId)
        order by e.event_id desc
        limit @Limit
        """;

    private const string AddMonths = "select dmp_add_trace_months(3)";

    /// <summary>Makes the partitions of this month and the next two, where they are missing.</summary>
    public static Task AddMonthsAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(AddMonths, cancellationToken: ct));

    /// <summary>Adds one signed event.</summary>
    public static async Task AppendAsync(NpgsqlConnection connection, AuditEventRow row, CancellationToken ct)
    {
        await using NpgsqlBatch batch = new(connection);
        batch.BatchCommands.Add(ToAppend([row]));
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Adds several signed events.</summary>
    public static NpgsqlBatchCommand ToAppend(IReadOnlyList<AuditEventRow> rows) =>
        new NpgsqlBatchCommand(AppendAll)
            .With("EventId", rows, row => row.EventId)
            .With("EventTime", rows, row => row.EventTime)
            .With("Method", rows, row => row.Method)
            .With("ActorKind", rows, row => row.ActorKind)
            .With("ActorId", rows, row => row.ActorId)
            .With("ActorName", rows, row => row.ActorName)
            .With("ProfessionSystem", rows, row => row.ProfessionSystem)
            .With("ProfessionCode", rows, row => row.ProfessionCode)
            .With("SpecialtyCode", rows, row => row.SpecialtyCode)
            .With("SectorCode", rows, row => row.SectorCode)
            .With("StructureId", rows, row => row.StructureId)
            .With("StructureName", rows, row => row.StructureName)
            .With("SoftwareId", rows, row => row.SoftwareId)
            .With("Subject", rows, row => row.Subject)
            .With("RecordId", rows, row => row.RecordId)
            .WithLists("DocumentIds", rows, row => row.DocumentIds)
            .With("Outcome", rows, row => row.Outcome)
            .With("StatusCode", rows, row => row.StatusCode)
            .With("Reason", rows, row => row.Reason)
            .With("ServerRequestId", rows, row => row.ServerRequestId)
            .With("RequestId", rows, row => row.RequestId)
            .With("HiddenFromRepresentatives", rows, row => row.HiddenFromRepresentatives)
            .With("DocumentVersions", rows.SelectMany(row => row.DocumentVersions!).ToArray())
            .With("DocumentSha256s", rows.SelectMany(row => row.DocumentSha256s!).ToArray())
            .With("StaffId", rows, row => row.StaffId)
            .With("UserAgent", rows, row => row.UserAgent)
            .With("AccessMode", rows, row => row.AccessMode)
            .With("Basis", rows, row => row.Basis)
            .With("EmergencyAccessId", rows, row => row.EmergencyAccessId)
            .With("Justification", rows, row => row.Justification)
            .With("Origin", rows, row => row.Origin)
            .With("DurationUs", rows, row => row.DurationUs)
            .With("CallCount", rows, row => row.CallCount)
            .With("Salt", rows, row => row.Salt)
            .With("Root", rows, row => row.Root)
            .With("Signature", rows, row => row.Signature)
            .With("SigningKey", rows, row => row.SigningKey);

    public static Task<List<AuditEventRow>> ListAsync(
        NpgsqlConnection connection,
        RecordAccess access,
        string? onlySubject,
        DateTimeOffset? timeFrom,
        DateTimeOffset? timeTo,
        Guid? beforeEventId,
        int limit,
        CancellationToken ct)
    {
        var (firstId, lastId) = EventIds.Between(timeFrom, timeTo);
        return connection.QueryInIndexOrderAsync<AuditEventRow>(
            List,
            new StatementParameters(
                TraceFilter.ParametersOf(access, onlySubject),
                new
                {
                    TimeFrom = timeFrom,
                    TimeTo = timeTo,
                    FirstId = firstId,
                    LastId = lastId,
                    BeforeEventId = beforeEventId,
                    Limit = limit
                }),
            ct);
    }

    /// <summary>What one professional or structure did, on a connection of <see cref="RowScope.OfConduct"/>.</summary>
    public static Task<List<AuditEventRow>> ListOfActorAsync(
        NpgsqlConnection connection,
        string actorId,
        DateTimeOffset? timeFrom,
        DateTimeOffset? timeTo,
        Guid? beforeEventId,
        int limit,
        CancellationToken ct)
    {
        var (firstId, lastId) = EventIds.Between(timeFrom, timeTo);
        return connection.QueryInIndexOrderAsync<AuditEventRow>(
            ListOfActor,
            new
            {
                ActorId = actorId,
                TimeFrom = timeFrom,
                TimeTo = timeTo,
                FirstId = firstId,
                LastId = lastId,
                BeforeEventId = beforeEventId,
                Limit = limit,
            },
            ct);
    }

    /// <summary>The events of one call, for somebody who reviews it.</summary>
    public static Task<List<AuditEventRow>> ListOfCallAsync(
        NpgsqlConnection connection, Caller reader, Guid serverRequestId, Guid? beforeEventId, int limit, CancellationToken ct) =>
        ListOfCallAsync(connection, reader, serverRequestId, ofRecords: false, null, null, beforeEventId, limit, ct);

    /// <summary>
    /// The newest event of the call about a record, about the one that is given if any, and whether there are events of it about others:
    /// an import has one for each document, a subscription for each record.
    /// </summary>
    public static async Task<(AuditEventRow? Newest, bool HasOthers)> FindOfCallAsync(
        NpgsqlConnection connection, Caller reader, Guid serverRequestId, Guid? recordId, CancellationToken ct)
    {
        if (await ListOfCallAsync(connection, reader, serverRequestId, ofRecords: true, recordId, null, null, 1, ct) is not [var newest])
        {
            return (null, false);
        }

        var others = await ListOfCallAsync(connection, reader, serverRequestId, ofRecords: true, null, newest.RecordId, null, 1, ct);
        return (newest, others.Count > 0);
    }

    private static async Task<List<AuditEventRow>> ListOfCallAsync(
        NpgsqlConnection connection,
        Caller reader,
        Guid serverRequestId,
        bool ofRecords,
        Guid? recordId,
        Guid? otherThan,
        Guid? beforeEventId,
        int limit,
        CancellationToken ct)
    {
        await RowScope.OfCall(reader, serverRequestId).ApplyAsync(connection, ct);
        return await connection.QueryInIndexOrderAsync<AuditEventRow>(
            ListOfCall,
            new
            {
                ServerRequestId = serverRequestId,
                FirstId = EventIds.LeastOfCall(serverRequestId),
                OfRecords = ofRecords,
                RecordId = recordId,
                OtherThan = otherThan,
                BeforeEventId = beforeEventId,
                Limit = limit,
            },
            ct);
    }
}
