using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Records;

/// <summary>One record of a caller's list.</summary>
internal sealed record RecordSummaryRow
{
    public required Guid RecordId { get; init; }

    public required string InsSystem { get; init; }

    public required string InsNumber { get; init; }

    public required string BirthFamilyName { get; init; }

    public required string[] BirthGivenNames { get; init; }

    public required DateOnly BirthDate { get; init; }

    public required short Sex { get; init; }

    public required string BirthPlaceCode { get; init; }

    public required short State { get; init; }

    /// <summary>Null for patients and representatives, like the two below.</summary>
    public DateTimeOffset? AuthorizeTime { get; init; }

    public DateTimeOffset? ExpireTime { get; init; }

    public bool AttendingPhysician { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Type.V1.ActorKind"/>: what a person is to the record.</summary>
    public short ActingAs { get; init; }
}

/// <summary>The lists that are about a caller instead of about one record: the caller is their proof.</summary>
internal static class RecordListSql
{
    // The record of an authorisation, looked up for each: the offset keeps the planner from reading all records to join them, and the
    // policy of record, which asks for an authorisation of each, from reading all of those.
    private const string ItsRecord =
        "cross join lateral (select r.birth_date from record r where r.record_id = c.record_id offset 0) r";

    // The authorisation c counts now, and its record is one of those asked for. The last end of all decides nothing, so each is asked by
    // itself.
    private const string Counts =
        $"""
        c.revoke_time is null
            and c.expire_time > @Now
            and c.record_id > coalesce(@AfterRecordId::uuid, '00000000-0000-0000-0000-000000000000')
            and (@AuthorizedAfter::timestamptz is null or c.grant_time > @AuthorizedAfter)
            and {Majority.IsApproved}
            and not exists (
                select from block b
                where b.record_id = c.record_id
                    and b.unblock_time is null
                    and (b.actor_kind = 1 and b.actor_id = @ProfessionalId or b.actor_kind = 2 and b.actor_id = @StructureId)
                offset 0
            )
        """;

    // Until the batch ends, which is a transaction of its own. Each branch follows its index and stops at the limit; the planner takes most
    // authorisations for ended or not approved, and reads and sorts all of the caller's.
    private const string AsIndexed =
        """
        select set_config('enable_sort', 'off', true), set_config('enable_hashagg', 'off', true),
            set_config('enable_bitmapscan', 'off', true),
            set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true)
        """;

    // One branch for each right, in the order of its index and no longer than the page: consent_actor_idx twice, consent_structure_idx and,
    // for each team, consent_care_team_idx; then record_pkey and block_living_key for each record found. Asked for together, by "or", all
    // authorisations of everybody are read.
    // Authorisations of the professional, of the structure of the work situation and of their teams count alike; the later end is the one
    // in force. A structure also lists what its own professionals declared (functional matrix, TD0.4).
    private const string ListAuthorized =
        $"""
        with page as materialized (
            select record_id
            from (
                (
                    select distinct c.record_id
                    from consent c
                    {ItsRecord}
                    where c.actor_kind = 1 and c.actor_id = @ProfessionalId and {Counts}
                    order by c.record_id
                    limit @Limit
                )
                union
                (
                    select distinct c.record_id
                    from consent c
                    {ItsRecord}
                    where c.actor_kind = 2 and c.actor_id = @StructureId and {Counts}
                    order by c.record_id
                    limit @Limit
                )
                union
                (
                    select distinct c.record_id
                    from consent c
                    {ItsRecord}
                    where @IsStructure and c.structure_id = @StructureId and {Counts}
                    order by c.record_id
                    limit @Limit
                )
                union
                select t.record_id
                from care_team_member m
                cross join lateral (
                    select distinct c.record_id
                    from consent c
                    {ItsRecord}
                    where c.care_team_id = m.care_team_id and {Counts}
                    order by c.record_id
                    limit @Limit
                ) t
                where m.leave_time is null
                    and (m.actor_kind = 1 and m.actor_id = @ProfessionalId or m.actor_kind = 2 and m.actor_id = @StructureId)
            ) granted
            order by record_id
            limit @Limit
        )
        select r.record_id, r.ins_system, r.ins_number, r.birth_family_name, r.birth_given_names, r.birth_date, r.sex,
            r.birth_place_code, r.state, c.authorize_time, c.expire_time, c.attending_physician
        from page p
        cross join lateral (select r.* from record r where r.record_id = p.record_id offset 0) r
        cross join lateral (
            select max(c.grant_time) as authorize_time,
                max(c.expire_time) as expire_time,
                bool_or(c.attending_physician and not @IsOccupational) as attending_physician
            from consent c
            where c.record_id = p.record_id
                and c.revoke_time is null
                and c.expire_time > @Now
                and ({AccessSql.IsForCaller} or @IsStructure and c.structure_id = @StructureId)
                and {Majority.IsApproved}
        ) c
        order by p.record_id
        """;

    // Served by record_ins_key and delegation_delegate_idx. A token names the INS number only, so every system is asked for.
    private const string ListOwned =
        $"""
        select r.record_id, r.ins_system, r.ins_number, r.birth_family_name, r.birth_given_names, r.birth_date, r.sex,
            r.birth_place_code, r.state, o.acting_as
        from (
            select record_id, min(acting_as) as acting_as
            from (
                select r.record_id, case when @IsPatient then 3 else 4 end::smallint as acting_as
                from record r
                where r.ins_system = any(@InsSystems)
                    and r.ins_number = any(@InsNumbers)
                    and (@IsPatient or {Majority.IsRepresented})
                union all
                select d.record_id, case d.kind when 1 then 4 else 8 end::smallint
                from delegation d
                join record r on r.record_id = d.record_id
                where d.delegate_subject = @Subject
                    and {ActiveDelegation.Condition}
            ) a
            group by record_id
        ) o
        join record r on r.record_id = o.record_id
        where (@AfterRecordId::uuid is null or r.record_id > @AfterRecordId)
        order by r.record_id
        limit @Limit
        """;

    /// <summary>For whom a list reads.</summary>
    public static RowScope ScopeOf(Caller caller) => caller.Kind is CallerKind.Patient or CallerKind.Representative
        ? RowScope.OfPerson(caller, InsOf(caller))
        : RowScope.OfActor(caller);

    /// <summary>The records that a professional or structure is authorised on at <paramref name="now"/> and not blocked from.</summary>
    public static async Task<IEnumerable<RecordSummaryRow>> ListAuthorizedAsync(
        NpgsqlConnection connection,
        Caller caller,
        DateTimeOffset now,
        DateTimeOffset? authorizedAfter,
        Guid? afterRecordId,
        int limit,
        CancellationToken ct)
    {
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            $"{AsIndexed}; {ListAuthorized}",
            new
            {
                caller.ProfessionalId,
                caller.StructureId,
                IsStructure = caller.Kind == CallerKind.Structure,
                IsOccupational = caller.IsOccupationalPhysician,
                Now = now,
                AuthorizedAfter = authorizedAfter,
                AfterRecordId = afterRecordId,
                Limit = limit,
            },
            cancellationToken: ct));
        await results.ReadAsync();
        return await results.ReadAsync<RecordSummaryRow>();
    }

    /// <summary>The patient's own record, those of the persons a representative stands for, and those entrusted to the person.</summary>
    public static Task<IEnumerable<RecordSummaryRow>> ListOwnedAsync(
        NpgsqlConnection connection, Caller caller, DateTimeOffset now, Guid? afterRecordId, int limit, CancellationToken ct) =>
        connection.QueryAsync<RecordSummaryRow>(new CommandDefinition(
            ListOwned,
            new
            {
                IdentityRules.InsSystems,
                InsNumbers = InsOf(caller),
                IsPatient = caller.Kind == CallerKind.Patient,
                caller.Subject,
                Now = now,
                AfterRecordId = afterRecordId,
                Limit = limit,
            },
            cancellationToken: ct));

    private static string[] InsOf(Caller caller) => caller.Kind switch
    {
        CallerKind.Patient when caller.Ins is { } ins => [ins],
        CallerKind.Representative => [.. caller.RepresentedIns],
        _ => [],
    };
}
