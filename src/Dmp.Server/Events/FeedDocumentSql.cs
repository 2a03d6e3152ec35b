using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Events;

/// <summary>What a change made of one document for the caller.</summary>
internal sealed record FeedDocumentRow
{
    public required long Position { get; init; }

    public required Guid DocumentId { get; init; }

    /// <summary>The version that the change made or found.</summary>
    public required int Version { get; init; }

    public required string TypeCode { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>It exists for the caller now, and is asked for.</summary>
    public required bool Exists { get; init; }

    /// <summary>The version before the change; null when there was none, or when it did not exist for the caller.</summary>
    public int? FormerVersion { get; init; }

    public string? FormerTypeCode { get; init; }

    /// <summary>It existed for the caller before the change, and was asked for.</summary>
    public required bool Existed { get; init; }

    /// <summary>The caller sees it masked or not.</summary>
    public required bool SeesMasked { get; init; }
}

internal static class FeedDocumentSql
{
    /// <summary>What the filter asks for, of the version <c>v</c>.</summary>
    private const string IsAskedFor =
        """
        (@Types::text[] is null or v.type_code = any(@Types))
            and (
                not @OnlyMyStructure
                or exists (
                    select from document_version o
                    where o.document_id = v.document_id and o.record_id = v.record_id and o.version <= v.version
                        and o.depositor_structure_id = @StructureId
                    offset 0
                )
            )
        """;

    private const string SeesMasked = $"(@IsOwner or @SeesMasked or {DocumentFilter.IsOwn})";

    // Primary keys of change, document and document_version; the rules of the record for each change.
    private const string OfChanges =
        $"""
        select c.position, d.document_id, v.version, v.type_code, v.sha256,
            d.state <> 4 and {DocumentFilter.Exists} and {IsAskedFor} as exists,
            f.version as former_version, f.type_code as former_type_code, f.version is not null as existed,
            {SeesMasked} as sees_masked
        from change c
        join document d on d.document_id = c.document_id and d.record_id = c.record_id
        join document_version v on v.document_id = c.document_id and v.record_id = c.record_id and v.version = c.version
        left join lateral (
            select v.version, v.type_code
            from (
                select c.document_id, c.record_id, c.was_masked as masked, c.was_state as state,
                    c.was_patient_visible_time as patient_visible_time,
                    c.was_hidden_from_representatives as hidden_from_representatives
            ) d
            join document_version v on v.document_id = c.document_id and v.record_id = c.record_id and v.version = c.previous_version
            where d.state <> 4 and {FormerDocumentFilter.Existed} and {IsAskedFor}
        ) f on true
        where c.position = any(@Positions)
            and c.record_id = @RecordId
        order by c.position
        """;

    // The first change of the document d behind the change c, which says how the document was in between; it may still be in the outbox.
    private const string Next =
        """
        (
            select x.position, 0::bigint as outbox_id, x.kind, x.previous_version, x.was_masked, x.was_state, x.was_patient_visible_time,
                x.was_hidden_from_representatives
            from change x
            where x.record_id = c.record_id and x.document_id = d.document_id and x.position > c.position
                and (x.was_state is not null or x.kind = 'DOCUMENT_CREATED')
            union all
            select 9223372036854775807, x.outbox_id, x.kind, x.previous_version, x.was_masked, x.was_state, x.was_patient_visible_time,
                x.was_hidden_from_representatives
            from outbox x
            where x.record_id = c.record_id and x.document_id = d.document_id
                and (x.was_state is not null or x.kind = 'DOCUMENT_CREATED')
            order by 1, 2
            limit 1
        )
        """;

    // Of a change c of how documents are seen, what it makes of the document d with the current version v.
    private const string Seen =
        $"""
        c.position, d.document_id, v.version, v.type_code, v.sha256,
            d.state <> 4 and {DocumentFilter.Exists} and {IsAskedFor} as exists,
            f.version as former_version, f.type_code as former_type_code, f.version is not null as existed,
            false as sees_masked
        """;

    private const string WithFormer =
        $"""
        join document_version v on v.document_id = d.document_id and v.record_id = d.record_id and v.version = d.current_version
        left join lateral {Next} n on true
        left join lateral (
            select v.version, v.type_code
            from (
                select d.document_id, d.record_id,
                    case when n.kind is null then d.masked else n.was_masked end as masked,
                    case when n.kind is null then d.state else n.was_state end as state,
                    case when n.kind is null then d.patient_visible_time else n.was_patient_visible_time end as patient_visible_time,
                    case when n.kind is null then d.hidden_from_representatives else n.was_hidden_from_representatives end
                        as hidden_from_representatives,
                    case when n.kind is null then d.current_version else n.previous_version end as version
            ) d
            join document_version v on v.document_id = d.document_id and v.record_id = d.record_id and v.version = d.version
            where d.state <> 4 and {FormerDocumentFilter.Existed} and {IsAskedFor}
        ) f on true
        where c.position = @Position
            and c.record_id = @RecordId
            and n.kind is distinct from 'DOCUMENT_CREATED'
        """;

    // A rule that came or went, and the documents of the record that it is about: document_version_search_idx, the primary key of document,
    // change_record_idx. A document that came later is told by its own change.
    private const string OfRule =
        $"""
        select {Seen}
        from change c
        join visibility_rule r on r.visibility_rule_id = c.subject_id and r.record_id = c.record_id
        join document d on d.record_id = c.record_id and (r.document_id is null or r.document_id = d.document_id)
        {WithFormer}
            and (
                r.actor_kind = 1 and r.actor_id = @ProfessionalId
                or r.actor_kind = 2 and r.actor_id = @StructureId
                or r.profession = @Profession
            )
        order by d.document_id
        """;

    // What staff sees of secret acts was switched on or off, and the documents that were some then: the same indexes.
    private const string OfStaffSight =
        $"""
        select {Seen}
        from change c
        join document d on d.record_id = c.record_id
        {WithFormer}
            and case when n.kind is null then d.hidden_from_representatives else n.was_hidden_from_representatives end
        order by d.document_id
        """;

    /// <summary>
    /// What changes of documents of one record are to the caller, on a connection that is for the changes of that record.
    /// </summary>
    public static Task<IEnumerable<FeedDocumentRow>> OfChangesAsync(
        NpgsqlConnection connection, RecordAccess access, FeedQuery query, IEnumerable<long> positions, CancellationToken ct)
    {
        var parameters = Parameters(access, query, new { Positions = positions.ToArray() });
        return connection.QueryAsync<FeedDocumentRow>(new CommandDefinition(OfChanges, parameters, cancellationToken: ct));
    }

    /// <summary>What a change of a visibility rule is to the caller: the documents that it is about.</summary>
    public static Task<IEnumerable<FeedDocumentRow>> OfRuleAsync(
        NpgsqlConnection connection, RecordAccess access, FeedQuery query, long position, CancellationToken ct)
    {
        var parameters = Parameters(access, query, new { Position = position });
        return connection.QueryAsync<FeedDocumentRow>(new CommandDefinition(OfRule, parameters, cancellationToken: ct));
    }

    /// <summary>What it is to a structure that the patient hides secret acts from staff, or shows them.</summary>
    public static Task<IEnumerable<FeedDocumentRow>> OfStaffSightAsync(
        NpgsqlConnection connection, RecordAccess access, FeedQuery query, long position, CancellationToken ct)
    {
        var parameters = Parameters(access, query, new { Position = position });
        return connection.QueryAsync<FeedDocumentRow>(new CommandDefinition(OfStaffSight, parameters, cancellationToken: ct));
    }

    private static StatementParameters Parameters(RecordAccess access, FeedQuery query, object change) => new(
        DocumentScope.Of(access),
        change,
        new
        {
            query.Types,
            query.OnlyMyStructure,
            access.Caller.Subject,
            IsPatient = access.Capacity == Capacity.Patient,
            IsRepresentativeByToken = access.IsNamedByToken && access.IsRepresented,
        });
}
