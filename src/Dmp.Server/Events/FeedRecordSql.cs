using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Npgsql;

namespace Dmp.Server.Events;

/// <summary>What a change of a record as a whole has to do with the caller.</summary>
internal sealed record FeedRecordRow
{
    public required long Position { get; init; }

    /// <summary>The authorisation, block, team or delegation that changed is the caller's, or the change is about everybody.</summary>
    public required bool IsConcerned { get; init; }

    /// <summary>The caller had a right just before.</summary>
    public required bool HadAccess { get; init; }

    /// <summary>The record holds a document that was deposited in the caller's structure and exists for it.</summary>
    public required bool HasDeposits { get; init; }
}

internal static class FeedRecordSql
{
    private const string IsCaller =
        """
        (m.actor_kind = 1 and m.actor_id = @ProfessionalId or m.actor_kind = 2 and m.actor_id = @StructureId)
        """;

    // Of other members who came or went, those who stay and those who left before hear nothing: who comes or goes with a change has its
    // time. An authorisation of the whole team is told to whoever is in it, or ever was. change_pkey; consent_pkey, block_pkey,
    // care_team_member_actor_idx, document_version_search_idx.
    private const string OfCarer =
        $"""
        select c.position,
            case c.kind
                when 'CARE_TEAM_CHANGED' then exists (
                    select from care_team_member m
                    where m.care_team_id = c.subject_id and {IsCaller} and c.event_time in (m.join_time, m.leave_time)
                    offset 0)
                when 'RECORD_OPENED' then true
                when 'RECORD_REOPENED' then true
                when 'RECORD_CLOSED' then true
                when 'MAJORITY_REACHED' then true
                else c.actor_kind = 1 and c.actor_id = @ProfessionalId
                    or c.actor_kind = 2 and c.actor_id = @StructureId
                    or case when c.actor_kind = 9 then exists (
                        select from care_team_member m where m.care_team_id = c.actor_id::uuid and {IsCaller} offset 0) else false end
            end is true as is_concerned,
            {FormerDocumentFilter.HadConsent} as had_access,
            @IsStructure and exists (
                select from document_version o
                where o.record_id = c.record_id
                    and o.depositor_structure_id = @StructureId
                    and (
                        o.depositor_kind = 2
                        or not @SecretActsHiddenFromStaff
                        or exists (
                            select from document d
                            where d.document_id = o.document_id and d.record_id = o.record_id and not d.hidden_from_representatives
                        )
                    )
                offset 0
            ) as has_deposits
        from change c
        where c.position = any(@Positions)
            and c.record_id = @RecordId
        """;

    // Other persons hear of what opens or ends their own access, and of nothing else that is decided on the record: representation at
    // majority and with guardianship, for those whose right stands on it (as in ActiveDelegation.Condition). A delegation that a new
    // guardianship revokes had ended at majority. change_pkey; delegation_pkey.
    private const string OfPerson =
        """
        select c.position,
            case
                when c.kind in ('RECORD_OPENED', 'RECORD_REOPENED', 'RECORD_CLOSED') then true
                when c.kind like 'DELEGATION%' then g.is_subject
                when c.kind in ('MAJORITY_REACHED', 'GUARDIANSHIP_SET', 'GUARDIANSHIP_ENDED')
                    then not @IsPatient and (@IsNamedByToken or g.may_represent)
            end is true as is_concerned,
            case
                when c.kind in ('DELEGATION_REVOKED', 'DELEGATION_ENDED') then g.had_subject
                when c.kind like 'DELEGATION%' then false
                else @IsNamedByToken or g.had_representation
            end is true as had_access,
            false as has_deposits
        from change c
        left join lateral (
            select bool_or(d.delegation_id = c.subject_id) as is_subject,
                bool_or(d.delegation_id = c.subject_id and d.start_time <= c.event_time) as had_subject,
                bool_or(d.is_in_force) as may_represent,
                bool_or(d.is_in_force and d.start_time <= c.event_time) as had_representation
            from (
                select o.delegation_id, o.start_time,
                    not (o.kind = 2 and o.invited_by_patient)
                        and (o.revoke_time is null or o.revoke_time > c.event_time)
                        and (o.end_time is null or o.end_time > c.event_time) as is_in_force
                from delegation o
                where o.record_id = c.record_id
                    and o.delegate_subject = @Subject
                    and o.accept_time <= c.event_time
            ) d
        ) g on true
        where c.position = any(@Positions)
            and c.record_id = @RecordId
        """;

    /// <summary>What changes of one record as a whole are to the caller, on a connection that is for the changes of that record.</summary>
    public static Task<IEnumerable<FeedRecordRow>> ReadAsync(
        NpgsqlConnection connection, RecordAccess access, IEnumerable<long> positions, CancellationToken ct) =>
        connection.QueryAsync<FeedRecordRow>(new CommandDefinition(
            access.Caller.Kind.IsPerson ? OfPerson : OfCarer,
            new
            {
                Positions = positions.ToArray(),
                access.RecordId,
                access.Caller.ProfessionalId,
                access.Caller.StructureId,
                access.Caller.Subject,
                access.IsNamedByToken,
                IsStructure = access.Caller.Kind == CallerKind.Structure,
                access.SecretActsHiddenFromStaff,
                IsPatient = access.Capacity == Capacity.Patient,
            },
            cancellationToken: ct));
}
