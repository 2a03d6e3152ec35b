using Dapper;
using Dmp.Server.Access;
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
}

/// <summary>The lists that are about a caller instead of about one record: the caller is their proof.</summary>
internal static class RecordListSql
{
    // Served by consent_actor_idx and consent_structure_idx, then record_pkey and block_living_key for each record found.
    // Authorisations of the professional, of the structure of the work situation and of their teams count alike; the later end is the one in
    // force. A structure also lists what its own professionals declared (functional matrix, TD0.4).
    private const string ListAuthorized =
        $"""
        select r.record_id, r.ins_system, r.ins_number, r.birth_family_name, r.birth_given_names, r.birth_date, r.sex,
            r.birth_place_code, r.state, c.authorize_time, c.expire_time, c.attending_physician
        from (
            select record_id,
                max(grant_time) as authorize_time,
                max(expire_time) as expire_time,
                bool_or(attending_physician) as attending_physician
            from consent c
            where revoke_time is null
                and expire_time > @Now
                and ({AccessSql.IsForCaller} or @IsStructure and c.structure_id = @StructureId)
                and (@AfterRecordId::uuid is null or record_id > @AfterRecordId)
            group by record_id
        ) c
        join record r on r.record_id = c.record_id
        where (@AuthorizedAfter::timestamptz is null or c.authorize_time > @AuthorizedAfter)
            and not exists (
                select from block b
                where b.record_id = c.record_id
                    and b.unblock_time is null
                    and (b.actor_kind = 1 and b.actor_id = @ProfessionalId or b.actor_kind = 2 and b.actor_id = @StructureId)
            )
        order by c.record_id
        limit @Limit
        """;

    // Served by record_ins_key. A token names the INS number only, so every system is asked for.
    private const string ListOwned =
        """
        select record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code, state
        from record
        where ins_system = any(@InsSystems)
            and ins_number = any(@InsNumbers)
            and (@AfterRecordId::uuid is null or record_id > @AfterRecordId)
        order by record_id
        limit @Limit
        """;

    /// <summary>For whom a list reads.</summary>
    public static RowScope ScopeOf(Caller caller) => caller.Kind is CallerKind.Patient or CallerKind.Representative
        ? RowScope.OfIns(caller, InsOf(caller))
        : RowScope.OfActor(caller);

    /// <summary>The records that a professional or structure is authorised on at <paramref name="now"/> and not blocked from.</summary>
    public static Task<IEnumerable<RecordSummaryRow>> ListAuthorizedAsync(
        NpgsqlConnection connection,
        Caller caller,
        DateTimeOffset now,
        DateTimeOffset? authorizedAfter,
        Guid? afterRecordId,
        int limit,
        CancellationToken ct) =>
        connection.QueryAsync<RecordSummaryRow>(new CommandDefinition(
            ListAuthorized,
            new
            {
                caller.ProfessionalId,
                caller.StructureId,
                IsStructure = caller.Kind == CallerKind.Structure,
                Now = now,
                AuthorizedAfter = authorizedAfter,
                AfterRecordId = afterRecordId,
                Limit = limit,
            },
            cancellationToken: ct));

    /// <summary>The patient's own record, or those of the persons a representative stands for.</summary>
    public static Task<IEnumerable<RecordSummaryRow>> ListOwnedAsync(
        NpgsqlConnection connection, Caller caller, Guid? afterRecordId, int limit, CancellationToken ct) =>
        connection.QueryAsync<RecordSummaryRow>(new CommandDefinition(
            ListOwned,
            new
            {
                IdentityRules.InsSystems,
                InsNumbers = InsOf(caller),
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
