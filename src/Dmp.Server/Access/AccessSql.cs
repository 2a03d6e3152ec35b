using Dapper;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Access;

/// <summary>What a decision about one caller and one record needs, read at one moment.</summary>
internal sealed record AccessFacts
{
    public required Guid RecordId { get; init; }

    public required string InsNumber { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Record.V1.RecordState"/>.</summary>
    public required short State { get; init; }

    public required bool DocumentsMaskedByDefault { get; init; }

    /// <summary>The caller or the caller's structure is on the blocked list.</summary>
    public required bool IsBlocked { get; init; }

    /// <summary>
    /// The latest end of an authorisation of the caller or the structure that was neither revoked nor waits for the approval of
    /// a patient who came of age; null when there is none.
    /// </summary>
    public DateTimeOffset? ExpireTime { get; init; }

    /// <summary>
    /// The caller is an attending physician (<i>médecin traitant</i>) by an authorisation that has not ended. Never an occupational
    /// physician, whatever the patient said: the functional matrix has one row for them.
    /// </summary>
    public required bool IsAttending { get; init; }

    /// <summary>There was an authorisation once, whatever became of it.</summary>
    public required bool WasEverAuthorized { get; init; }

    /// <summary>An authorisation that has not ended waits for the approval of a patient who came of age.</summary>
    public required bool AwaitsReapproval { get; init; }

    /// <summary>When the patient comes of age, or came.</summary>
    public required DateTimeOffset MajorityTime { get; init; }

    /// <summary>A minor, or an adult under guardianship: representatives act for the patient.</summary>
    public required bool IsRepresented { get; init; }

    public DateTimeOffset? GuardianshipUntil { get; init; }

    /// <summary>When the next of the caller's authorisations ends, if nothing is done.</summary>
    public DateTimeOffset? NextEndTime { get; init; }

    public required bool EmergencyBreakGlassAllowed { get; init; }

    public required bool EmergencyRegulationAllowed { get; init; }

    public required bool EmergencyMaskedAllowed { get; init; }

    /// <summary>The patient keeps what is hidden from representatives from the staff of structures too.</summary>
    public required bool SecretActsHiddenFromStaff { get; init; }

    /// <summary>End of the caller's latest break-glass access; null when there never was one that nobody ended.</summary>
    public DateTimeOffset? BreakGlassExpireTime { get; init; }

    /// <summary>End of the caller's latest access in regulation.</summary>
    public DateTimeOffset? RegulationExpireTime { get; init; }

    /// <summary>Those accesses.</summary>
    public Guid? BreakGlassAccessId { get; init; }

    public Guid? RegulationAccessId { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Delegation.V1.DelegationKind"/>: what an active delegation makes the caller.</summary>
    public short? DelegationKind { get; init; }

    public string? DelegateName { get; init; }
}

internal static class AccessSql
{
    /// <summary>
    /// The authorisation <c>c</c> is for the caller: the professional, the structure of the pinned work situation, or a care team of
    /// which one of them is a member now.
    /// </summary>
    public const string IsForCaller =
        """
        (
            c.actor_kind = 1 and c.actor_id = @ProfessionalId
            or c.actor_kind = 2 and c.actor_id = @StructureId
            or c.care_team_id in (
                select m.care_team_id from care_team_member m
                where m.leave_time is null
                    and (m.actor_kind = 1 and m.actor_id = @ProfessionalId or m.actor_kind = 2 and m.actor_id = @StructureId)
            )
        )
        """;

    // Decides who is meant: the professional and the structure of the pinned work situation. Served by block_living_key,
    // consent_pkey and delegation_delegate_idx. The authorisations are read once for all that is asked of them: starting the plan
    // takes longer than running it, most of all for the rows' own policies. Locks nothing: a decision is as of its statement, and every
    // statement that starts after a revocation committed sees it.
    private const string Select =
        $"""
        select r.record_id, r.ins_number, r.state, r.documents_masked_by_default,
            exists (
                select from block b
                where b.record_id = r.record_id
                    and b.unblock_time is null
                    and (b.actor_kind = 1 and b.actor_id = @ProfessionalId or b.actor_kind = 2 and b.actor_id = @StructureId)
            ) as is_blocked,
            granted.expire_time, granted.is_attending, granted.awaits_reapproval, granted.was_ever_authorized, granted.next_end_time,
            r.guardianship_until,
            r.emergency_break_glass_allowed, r.emergency_regulation_allowed, r.emergency_masked_allowed,
            r.secret_acts_hidden_from_staff,
            glass.expire_time as break_glass_expire_time, glass.emergency_access_id as break_glass_access_id,
            regulation.expire_time as regulation_expire_time, regulation.emergency_access_id as regulation_access_id,
            dmp_majority_time(r.birth_date) as majority_time,
            {Majority.IsRepresented} as is_represented,
            g.kind as delegation_kind,
            g.delegate_name
        from record r
        cross join lateral (
            select
                max(c.expire_time) filter (where c.revoke_time is null and {Majority.IsApproved}) as expire_time,
                coalesce(bool_or(
                    c.revoke_time is null
                    and c.actor_kind = 1
                    and c.actor_id = @ProfessionalId
                    and c.attending_physician
                    and not @IsOccupational
                    and c.expire_time > @Now
                    and {Majority.IsApproved}), false) as is_attending,
                coalesce(bool_or(c.revoke_time is null and c.expire_time > @Now and not {Majority.IsApproved}), false) as awaits_reapproval,
                count(*) > 0 as was_ever_authorized,
                min(c.expire_time) filter (where c.revoke_time is null and c.expire_time > @Now) as next_end_time
            from consent c
            where c.record_id = r.record_id
                and {IsForCaller}
                and (@WithSecret or not c.hidden_from_representatives)
        ) granted
        left join lateral (
            select d.kind, d.delegate_name
            from delegation d
            where d.record_id = r.record_id
                and d.delegate_subject = @Subject
                and {ActiveDelegation.Condition}
            order by d.kind
            limit 1
        ) g on true
        left join lateral (
            select e.expire_time, e.emergency_access_id
            from emergency_access e
            where e.record_id = r.record_id and e.professional_id = @ProfessionalId and e.mode = 1 and e.end_time is null
            order by e.expire_time desc
            limit 1
        ) glass on true
        left join lateral (
            select e.expire_time, e.emergency_access_id
            from emergency_access e
            where e.record_id = r.record_id and e.professional_id = @ProfessionalId and e.mode = 2 and e.end_time is null
            order by e.expire_time desc
            limit 1
        ) regulation on true
        """;

    private const string IsMinor = "select dmp_majority_time(@BirthDate) > @Now";

    private const string ByRecord = Select + " where r.record_id = @RecordId";

    /// <summary>The facts about several records at one moment, on a connection of <see cref="RowScope.OfRecords"/>.</summary>
    public const string ByRecords = Select + " where r.record_id = any(@RecordIds)";

    // The existence test (TD0.2) names the person, not the record: the scope moves from the one to the other.
    private const string MoveScopeToIns =
        """
        select set_config(
            'dmp.record',
            coalesce((select record_id::text from record where ins_system = @InsSystem and ins_number = @InsNumber), ''),
            true),
            set_config('dmp.caller', @CallerKey, true)
        """;

    private const string ByScope = Select + " where r.record_id = dmp_record()";

    // Two changes of one record's life or consents wait for each other here; reads do not wait.
    private const string LockRecord =
        """
        select record_id
        from record
        where record_id = @RecordId
        for no key update
        """;

    // The existence test sees the INS and nothing else; what it found is then a record like any other.
    private const string BecomeRequest = "select set_config('role', 'dmp_request', true)";

    // Before the facts: a change between the two is seen by them, and asked for once more than needed.
    private const string Place = "select last_position as position, pg_postmaster_start_time() as start_time from change_head";

    /// <summary>
    /// Behind what was read by facts that are remembered: a change came since their place, or the database is another one. Parameters:
    /// <see cref="PlaceParameters"/>.
    /// </summary>
    public const string IsOutdated =
        "select pg_postmaster_start_time() <> @FactsStartTime or dmp_changed_since(@RecordId, @FactsPosition, null)";

    private static readonly ScopedSql byRecordAtPlace = new(WorkRole.Request, $"{Place}; {ByRecord}");
    private static readonly ScopedSql byRecord = new(WorkRole.Request, ByRecord);
    private static readonly ScopedSql byIns = new(WorkRole.Directory, $"{MoveScopeToIns}; {BecomeRequest}; {ByScope}");
    private static readonly ScopedSql byRecordLocked = new(WorkRole.Request, $"{LockRecord}; {ByRecord}");
    private static readonly ScopedSql byRecordLockedWithRequest =
        new(WorkRole.Request, $"{LockRecord}; {RequestLogSql.Find}; {ByRecord}");

    /// <summary>
    /// The facts; null when there is no such record. From here on the connection is for this record alone. Without
    /// <paramref name="withSecret"/> they are as representatives may know them, for explanations and never for decisions.
    /// </summary>
    public static async Task<AccessFacts?> FindAsync(
        NpgsqlConnection connection, Caller caller, Guid recordId, DateTimeOffset now, CancellationToken ct, bool withSecret = true)
    {
        var scope = RowScope.OfRecord(caller, recordId);
        var parameters = scope.Parameters(new { RecordId = recordId }, OfCaller(caller, now, withSecret));
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            byRecord.For(scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        return await results.ReadSingleOrDefaultAsync<AccessFacts>();
    }

    /// <summary>The same with the place of the changes before them, for facts that are remembered.</summary>
    public static async Task<(AccessFacts? Facts, FactsPlace Place)> FindAtPlaceAsync(
        NpgsqlConnection connection, Caller caller, Guid recordId, DateTimeOffset now, CancellationToken ct)
    {
        var scope = RowScope.OfRecord(caller, recordId);
        var parameters = scope.Parameters(new { RecordId = recordId }, OfCaller(caller, now));
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            byRecordAtPlace.For(scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        var place = await results.ReadSingleAsync<FactsPlace>();
        return (await results.ReadSingleOrDefaultAsync<AccessFacts>(), place);
    }

    /// <summary>The parameters of <see cref="IsOutdated"/> beside the record.</summary>
    public static object PlaceParameters(FactsPlace place) => new { FactsStartTime = place.StartTime, FactsPosition = place.Position };

    /// <summary>The same for the record of a person.</summary>
    public static async Task<AccessFacts?> FindByInsAsync(
        NpgsqlConnection connection, Caller caller, string insSystem, string insNumber, DateTimeOffset now, CancellationToken ct)
    {
        var scope = RowScope.OfIns(caller, insNumber);
        var parameters = scope.Parameters(
            new { InsSystem = insSystem, InsNumber = insNumber, CallerKey = caller.Key }, OfCaller(caller, now));
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            byIns.For(scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        await results.ReadAsync();
        await results.ReadAsync();
        return await results.ReadSingleOrDefaultAsync<AccessFacts>();
    }

    /// <summary>The parameters by which the facts are those of one caller.</summary>
    public static object OfCaller(Caller caller, DateTimeOffset now, bool withSecret = true) => new
    {
        caller.Subject,
        caller.ProfessionalId,
        caller.StructureId,
        IsOccupational = caller.IsOccupationalPhysician,
        WithSecret = withSecret,
        Now = now,
    };

    /// <summary>True when somebody born on this day is not of age yet.</summary>
    public static Task<bool> IsMinorAsync(NpgsqlConnection connection, DateOnly birthDate, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleAsync<bool>(new CommandDefinition(
            IsMinor, new { BirthDate = birthDate, Now = now }, cancellationToken: ct));

    /// <summary>
    /// The facts behind the lock of their record, which waits for a change under way: a statement of its own, so that the facts are
    /// those of after it. One round trip.
    /// </summary>
    public static async Task<AccessFacts?> FindLockedAsync(
        NpgsqlConnection connection, Caller caller, Guid recordId, DateTimeOffset now, CancellationToken ct)
    {
        var scope = RowScope.OfRecord(caller, recordId);
        var parameters = scope.Parameters(new { RecordId = recordId }, OfCaller(caller, now));
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            byRecordLocked.For(scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        await results.ReadAsync();
        return await results.ReadSingleOrDefaultAsync<AccessFacts>();
    }

    /// <summary>
    /// As <see cref="FindLockedAsync"/>, with what is remembered of a request id: a first call under way has ended when the lock is had,
    /// and its answer is there or will never be.
    /// </summary>
    public static async Task<(RequestLogRow? Remembered, AccessFacts? Facts)> FindLockedWithRequestAsync(
        NpgsqlConnection connection, Caller caller, Guid recordId, Guid requestId, DateTimeOffset now, CancellationToken ct)
    {
        var scope = RowScope.OfRecord(caller, recordId);
        var parameters = scope.Parameters(
            new { RecordId = recordId, CallerKey = caller.Key, RequestId = requestId }, OfCaller(caller, now));
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            byRecordLockedWithRequest.For(scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        await results.ReadAsync();
        var remembered = await results.ReadSingleOrDefaultAsync<RequestLogRow>();
        return (remembered, await results.ReadSingleOrDefaultAsync<AccessFacts>());
    }
}
