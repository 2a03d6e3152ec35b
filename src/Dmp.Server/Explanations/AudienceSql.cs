using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Explanations;

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
}

internal static class AudienceSql
{
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

    // consent_record_idx, care_team_member_living_key, emergency_access_actor_idx, document_version_search_idx.
    private const string List =
        $"""
        select a.actor_kind, a.actor_id, coalesce(nullif(max(a.actor_name), ''), max(seen.actor_name)) as actor_name,
            max(seen.profession_system) as profession_system, max(seen.profession_code) as profession_code,
            max(seen.specialty_code) as specialty_code, max(seen.sector_code) as sector_code,
            max(seen.structure_id) as structure_id
        from (
            select c.actor_kind, c.actor_id, c.actor_name
            from consent c
            where c.record_id = @RecordId and c.revoke_time is null and c.expire_time > @Now and c.actor_kind in (1, 2)
                and (@SeesSecret or not c.hidden_from_representatives)
            union all
            select m.actor_kind, m.actor_id, m.actor_name
            from consent c
            join care_team_member m on m.care_team_id = c.care_team_id and m.leave_time is null
            where c.record_id = @RecordId and c.revoke_time is null and c.expire_time > @Now
            union all
            select 1::smallint, e.professional_id, ''
            from emergency_access e
            where e.record_id = @RecordId and e.expire_time > @Now
            union all
            select distinct 1::smallint, v.depositor_professional_id, ''
            from document_version v
            where v.record_id = @RecordId and v.depositor_professional_id is not null
            union all
            select distinct 2::smallint, v.depositor_structure_id, ''
            from document_version v
            where v.record_id = @RecordId and v.depositor_kind = 2
            union all
            select @MoreKind::smallint, @MoreId::text, ''
            where @MoreId::text is not null
        ) a
        {LastSeen}
        group by a.actor_kind, a.actor_id
        order by a.actor_kind, a.actor_id
        limit 200
        """;

    private const string Find =
        $"""
        select a.actor_kind, a.actor_id, seen.actor_name, seen.profession_system, seen.profession_code, seen.specialty_code,
            seen.sector_code, seen.structure_id
        from (select 1::smallint as actor_kind, @ProfessionalId::text as actor_id) a
        {LastSeen}
        """;

    // Both the one it is about and the one who asks must be able to see it: a count tells nobody of what is hidden from them.
    private const string Count =
        $"""
        select count(*)
        from document d
        join document_version v on v.document_id = d.document_id and v.version = d.current_version
        where d.record_id = @RecordId
            and d.state <> 4
            and (not @ForOwner or d.patient_visible_time is null or d.patient_visible_time <= @Now)
            and (not @ForRepresentative or not d.hidden_from_representatives)
            and {DocumentFilter.Exists}
        """;

    // Primary key of the matrix.
    private const string Professions =
        """
        select c.profession
        from habilitation_cell c
        join document d on d.document_id = @DocumentId and d.record_id = @RecordId
        join document_version v on v.document_id = d.document_id and v.version = d.current_version
        where c.type_code = v.type_code
            and c.matrix_id = (
                select m.matrix_id
                from habilitation_matrix m
                where m.effective_time <= @Now
                order by m.effective_time desc, m.import_time desc
                limit 1
            )
        order by c.profession
        """;

    /// <summary>
    /// Everybody of whom whoever asks may know that they might see something: with an authorisation, in an authorised team, in an emergency, as depositor, and one more.
    /// </summary>
    public static Task<IEnumerable<AudienceRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess asker, (short Kind, string Id)? more, DateTimeOffset now, CancellationToken ct) =>
        connection.QueryAsync<AudienceRow>(new CommandDefinition(
            List,
            new { asker.RecordId, asker.SeesSecret, Now = now, MoreKind = more?.Kind, MoreId = more?.Id },
            cancellationToken: ct));

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

    /// <summary>The professions that may read the type of a document, <c>system|code</c>.</summary>
    public static Task<IEnumerable<string>> ListProfessionsAsync(
        NpgsqlConnection connection, Guid recordId, Guid documentId, DateTimeOffset now, CancellationToken ct) =>
        connection.QueryAsync<string>(new CommandDefinition(
            Professions, new { RecordId = recordId, DocumentId = documentId, Now = now }, cancellationToken: ct));
}
