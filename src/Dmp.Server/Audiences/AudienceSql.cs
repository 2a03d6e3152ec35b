using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Audiences;

/// <summary>Somebody who may see something of a record, as last seen on it.</summary>
internal sealed record AudienceRow
{
    /// <summary>The numbers of <see cref="Dmp.Type.V1.ActorKind"/>: professional or structure.</summary>
    public required short ActorKind { get; init; }

    public required string ActorId { get; init; }

    public string? ActorName { get; init; }

    /// <summary>Of the last call on the record; null when there was none.</summary>
    public string? ProfessionSystem { get; init; }

    public string? ProfessionCode { get; init; }

    public string? SpecialtyCode { get; init; }

    public string? SectorCode { get; init; }

    public string? StructureId { get; init; }

    /// <summary>For somebody who never called: structures in which a right may stand.</summary>
    public required string[] StructureIds { get; init; }

    /// <summary>False for a professional of whom nothing but the identifier is known.</summary>
    public bool IsSeen => ActorKind != 1 || ProfessionCode is not null;
}

internal static class AudienceSql
{
    /// <summary>How many are looked at together.</summary>
    public const int AudienceMax = 200;

    // Who was last seen how: served by audit_event_record_idx.
    private const string LastSeen =
        """
        left join lateral (
            select e.actor_name, e.profession_system, e.profession_code, e.specialty_code, e.sector_code, e.structure_id
            from audit_event e
            where e.record_id = @RecordId
                and e.actor_kind = 1
                and e.actor_id = a.actor_id
                and e.profession_code is not null
                and (@SeesSecret or not e.hidden_from_representatives)
            order by e.event_id desc
            limit 1
        ) seen on a.actor_kind = 1
        """;

    // consent_pkey, care_team_member_living_key, emergency_access_actor_idx, document_version_search_idx, visibility_rule_record_idx;
    // with a document its versions alone. A structure beside a professional is one in which the right may stand, when it is not known where
    // the professional works.
    private const string Everybody =
        """
        select c.actor_kind, c.actor_id, c.actor_name, null::text as structure_id
        from consent c
        where c.record_id = @RecordId and c.revoke_time is null and c.expire_time > @Now and c.actor_kind in (1, 2)
            and (@SeesSecret or not c.hidden_from_representatives)
        union all
        select m.actor_kind, m.actor_id, m.actor_name, null
        from consent c
        join care_team_member m on m.care_team_id = c.care_team_id and m.leave_time is null
        where c.record_id = @RecordId and c.revoke_time is null and c.expire_time > @Now
            and (@SeesSecret or not c.hidden_from_representatives)
        union all
        select 1::smallint, e.professional_id, '', null
        from emergency_access e
        where e.record_id = @RecordId and e.expire_time > @Now and e.end_time is null
        union all
        select distinct 1::smallint, v.depositor_professional_id, '', null
        from document_version v
        where v.record_id = @RecordId and v.depositor_professional_id is not null
            and (@DocumentId::uuid is null or v.document_id = @DocumentId)
        union all
        select distinct 2::smallint, v.depositor_structure_id, '', null
        from document_version v
        where v.record_id = @RecordId and v.depositor_structure_id is not null
            and (@DocumentId::uuid is null or v.document_id = @DocumentId)
        union all
        select distinct 1::smallint, author.id, '', v.depositor_structure_id
        from document_version v
        cross join unnest(v.author_ids) as author (id)
        where v.record_id = @RecordId and v.depositor_kind = 2
            and v.document_id = @DocumentId
        union all
        select 1::smallint, s.actor_id, '', k.actor_id
        from visibility_rule s
        left join consent k on k.record_id = s.record_id and k.actor_kind = 2 and k.revoke_time is null and k.expire_time > @Now
            and (@SeesSecret or not k.hidden_from_representatives)
        where s.record_id = @RecordId and s.remove_time is null and s.effect = 2
            and (@DocumentId::uuid is null or s.document_id = @DocumentId)
        union all
        select @MoreKind::smallint, @MoreId::text, '', null
        where @MoreId::text is not null
        """;

    private const string List =
        $"""
        select a.actor_kind, a.actor_id, coalesce(nullif(a.actor_name, ''), seen.actor_name, structure.name) as actor_name,
            seen.profession_system, seen.profession_code, seen.specialty_code, seen.sector_code, seen.structure_id, a.structure_ids
        from (
            select one.actor_kind, one.actor_id, max(one.actor_name) as actor_name,
                array_remove(array_agg(distinct one.structure_id), null) as structure_ids
            from ({Everybody}) one
            where (@AfterKind::smallint is null or (one.actor_kind, one.actor_id) > (@AfterKind, @AfterId))
            group by one.actor_kind, one.actor_id
            order by one.actor_kind, one.actor_id
            limit @Limit
        ) a
        {LastSeen}
        left join lateral (
            select e.structure_name as name
            from audit_event e
            where e.record_id = @RecordId
                and e.structure_id = a.actor_id
                and e.structure_name is not null
                and (@SeesSecret or not e.hidden_from_representatives)
            order by e.event_id desc
            limit 1
        ) structure on a.actor_kind = 2 and a.actor_name = ''
        order by a.actor_kind, a.actor_id
        """;

    // delegation_pkey.
    private const string ListDelegates =
        $"""
        select d.kind, d.delegate_name
        from delegation d
        join record r on r.record_id = d.record_id
        where d.record_id = @RecordId
            and {ActiveDelegation.Condition}
        order by d.kind, d.delegation_id
        """;

    private const string Find =
        $"""
        select a.actor_kind, a.actor_id, seen.actor_name, seen.profession_system, seen.profession_code, seen.specialty_code,
            seen.sector_code, seen.structure_id, array[]::text[] as structure_ids
        from (select 1::smallint as actor_kind, @ProfessionalId::text as actor_id) a
        {LastSeen}
        """;

    // Both the one it is about and the one who asks must be able to see it: a count tells nobody of what is hidden from them.
    private const string Count =
        $"""
        select count(*)
        from document d
        join document_version v on v.document_id = d.document_id and v.record_id = d.record_id and v.version = d.current_version
        where d.record_id = @RecordId
            and d.state <> 4
            and (not @ForOwner or d.patient_visible_time is null or d.patient_visible_time <= @Now)
            and (not @ForRepresentative or not d.hidden_from_representatives)
            and {DocumentFilter.Exists}
        """;

    // Primary key of the matrix; visibility_rule_record_idx.
    private const string Professions =
        """
        select c.profession
        from habilitation_cell c
        join document d on d.document_id = @DocumentId and d.record_id = @RecordId
        join document_version v on v.document_id = d.document_id and v.record_id = d.record_id and v.version = d.current_version
        where c.type_code = v.type_code
            and c.matrix_id = (
                select m.matrix_id
                from habilitation_matrix m
                where m.effective_time <= @Now
                order by m.effective_time desc, m.import_time desc
                limit 1
            )
            and not exists (
                select from visibility_rule h
                where h.record_id = d.record_id
                    and h.remove_time is null
                    and h.effect = 1
                    and h.profession = c.profession
                    and (
                        h.document_id = d.document_id
                        or h.type_code = v.type_code
                        or h.author_id = any(v.author_ids)
                        or h.period_from is not null and v.service_start_time <@ tstzrange(h.period_from, h.period_to)
                    )
            )
        order by c.profession
        """;

    /// <summary>
    /// Everybody of whom whoever asks may know that they might see something of a record: with an authorisation, in an authorised team, in
    /// an emergency, as depositor, shown something by a rule, and one more. In order, behind the last one of a page.
    /// </summary>
    public static Task<IEnumerable<AudienceRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess asker, (short Kind, string Id)? more, DateTimeOffset now, CancellationToken ct) =>
        ListAsync(connection, asker, null, more, null, AudienceMax, now, ct);

    /// <summary>The same for one document: its depositors alone, and those whom the depositing structure named as its authors.</summary>
    public static Task<IEnumerable<AudienceRow>> ListAsync(
        NpgsqlConnection connection,
        RecordAccess asker,
        Guid documentId,
        (short Kind, string Id)? after,
        int limit,
        DateTimeOffset now,
        CancellationToken ct) => ListAsync(connection, asker, documentId, null, after, limit, now, ct);

    /// <summary>Those to whom the record is entrusted: the numbers of <see cref="Dmp.Delegation.V1.DelegationKind"/>, and names.</summary>
    public static Task<IEnumerable<(short Kind, string Name)>> ListDelegatesAsync(
        NpgsqlConnection connection, RecordAccess asker, DateTimeOffset now, CancellationToken ct) =>
        connection.QueryAsync<(short Kind, string Name)>(new CommandDefinition(
            ListDelegates, new { asker.RecordId, Now = now }, cancellationToken: ct));

    /// <summary>A professional as last seen on the record.</summary>
    public static Task<AudienceRow> FindAsync(
        NpgsqlConnection connection, RecordAccess asker, string professionalId, CancellationToken ct) =>
        connection.QuerySingleAsync<AudienceRow>(new CommandDefinition(
            Find, new { asker.RecordId, asker.SeesSecret, ProfessionalId = professionalId }, cancellationToken: ct));

    /// <summary>How many documents exist for <paramref name="access"/> and for whom <paramref name="asker"/> is of.</summary>
    public static Task<int> CountAsync(NpgsqlConnection connection, RecordAccess access, RecordAccess asker, CancellationToken ct)
    {
        var forWhom = new { ForOwner = asker.IsOwner, ForRepresentative = DocumentScope.Of(asker).IsRepresentative };
        var parameters = new StatementParameters(DocumentScope.Of(access), forWhom);
        return connection.QuerySingleAsync<int>(new CommandDefinition(Count, parameters, cancellationToken: ct));
    }

    /// <summary>The professions that may read the type of a document, <c>system|code</c>, but those from which a rule hides the
    /// document.</summary>
    public static Task<IEnumerable<string>> ListProfessionsAsync(
        NpgsqlConnection connection, Guid recordId, Guid documentId, DateTimeOffset now, CancellationToken ct) =>
        connection.QueryAsync<string>(new CommandDefinition(
            Professions, new { RecordId = recordId, DocumentId = documentId, Now = now }, cancellationToken: ct));

    private static Task<IEnumerable<AudienceRow>> ListAsync(
        NpgsqlConnection connection,
        RecordAccess asker,
        Guid? documentId,
        (short Kind, string Id)? more,
        (short Kind, string Id)? after,
        int limit,
        DateTimeOffset now,
        CancellationToken ct) =>
        connection.QueryAsync<AudienceRow>(new CommandDefinition(
            List,
            new
            {
                asker.RecordId,
                asker.SeesSecret,
                DocumentId = documentId,
                Now = now,
                MoreKind = more?.Kind,
                MoreId = more?.Id,
                AfterKind = after?.Kind,
                AfterId = after?.Id,
                Limit = limit,
            },
            cancellationToken: ct));
}
