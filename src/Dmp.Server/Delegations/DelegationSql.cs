using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Delegations;

/// <summary>A delegation, as stored.</summary>
internal sealed record DelegationRow
{
    public required Guid DelegationId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Delegation.V1.DelegationKind"/>.</summary>
    public required short Kind { get; init; }

    public required string DelegateName { get; init; }

    public string? RelationshipCode { get; init; }

    public required byte[] InvitedBy { get; init; }

    public required string InvitedBySubject { get; init; }

    /// <summary>False: by a representative, and it ends when that right ends.</summary>
    public required bool InvitedByPatient { get; init; }

    public required byte[] CodeSha256 { get; init; }

    public required DateTimeOffset CodeExpireTime { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public required DateTimeOffset StartTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }

    public string? DelegateSubject { get; init; }

    public DateTimeOffset? AcceptTime { get; init; }

    public DateTimeOffset? RefuseTime { get; init; }

    public DateTimeOffset? RevokeTime { get; init; }
}

internal static class DelegationSql
{
    private const string Columns =
        """
        delegation_id, record_id, kind, delegate_name, relationship_code, invited_by, invited_by_subject, invited_by_patient,
            code_sha256, code_expire_time, create_time, start_time, end_time, delegate_subject, accept_time, refuse_time, revoke_time
        """;

    private const string Insert =
        $"""
        insert into delegation (
            delegation_id, record_id, kind, delegate_name, relationship_code, invited_by, invited_by_subject, invited_by_patient,
            code_sha256, code_expire_time, create_time, start_time, end_time)
        values (
            @DelegationId, @RecordId, @Kind, @DelegateName, @RelationshipCode, @InvitedBy, @InvitedBySubject, @InvitedByPatient,
            @CodeSha256, @CodeExpireTime, @CreateTime, @StartTime, @EndTime)
        returning {Columns}
        """;

    // Served by delegation_code_key. Locks nothing: whoever uses the code looks again with the record locked.
    private const string FindByCode =
        $"""
        select {Columns}
        from delegation
        where code_sha256 = @CodeSha256
        """;

    // Served by delegation_pkey.
    private const string Find =
        $"""
        select {Columns}
        from delegation
        where delegation_id = @DelegationId
            and record_id = @RecordId
        """;

    // Served by delegation_pkey. At most a handful for each record, but for those that ended.
    private const string ListLiving =
        $"""
        select {Columns}
        from delegation
        where record_id = @RecordId
            and revoke_time is null
            and refuse_time is null
        """;

    // Served by delegation_pkey. @OnlySubject limits the answer to one delegate's own.
    private const string List =
        $"""
        select {Columns}
        from delegation
        where record_id = @RecordId
            and (@OnlySubject::text is null or delegate_subject = @OnlySubject)
            and (@BeforeId::uuid is null or delegation_id < @BeforeId)
        order by delegation_id desc
        limit @Limit
        """;

    private const string Accept =
        $"""
        update delegation
        set accept_time = @Now, delegate_subject = @Subject
        where record_id = @RecordId
            and delegation_id = @DelegationId
        returning {Columns}
        """;

    private const string Refuse =
        $"""
        update delegation
        set refuse_time = @Now
        where record_id = @RecordId
            and delegation_id = @DelegationId
        returning {Columns}
        """;

    private const string Revoke =
        $"""
        update delegation
        set revoke_time = @Now, revoked_by = @RevokedBy
        where record_id = @RecordId
            and delegation_id = @DelegationId
        returning {Columns}
        """;

    public static Task<DelegationRow> InsertAsync(NpgsqlConnection connection, DelegationRow row, CancellationToken ct) =>
        connection.QuerySingleAsync<DelegationRow>(new CommandDefinition(Insert, row, cancellationToken: ct));

    /// <summary>The delegation of a code, whatever became of it. The connection is for this code from here on.</summary>
    public static async Task<DelegationRow?> FindByCodeAsync(
        NpgsqlConnection connection, Caller caller, byte[] codeSha256, CancellationToken ct)
    {
        await RowScope.OfCode(caller, codeSha256).ApplyAsync(connection, ct);
        return await connection.QuerySingleOrDefaultAsync<DelegationRow>(new CommandDefinition(
            FindByCode, new { CodeSha256 = codeSha256 }, cancellationToken: ct));
    }

    /// <summary>A delegation of a record that the connection is for.</summary>
    public static Task<DelegationRow?> FindAsync(NpgsqlConnection connection, Guid recordId, Guid delegationId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<DelegationRow>(new CommandDefinition(
            Find, new { RecordId = recordId, DelegationId = delegationId }, cancellationToken: ct));

    /// <summary>Those of a record that nobody ended, whether or not their time is over.</summary>
    public static Task<IEnumerable<DelegationRow>> ListLivingAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct) =>
        connection.QueryAsync<DelegationRow>(new CommandDefinition(ListLiving, new { RecordId = recordId }, cancellationToken: ct));

    public static Task<IEnumerable<DelegationRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, string? onlySubject, Guid? beforeId, int limit, CancellationToken ct) =>
        connection.QueryAsync<DelegationRow>(new CommandDefinition(
            List,
            new { access.RecordId, OnlySubject = onlySubject, BeforeId = beforeId, Limit = limit },
            cancellationToken: ct));

    public static Task<DelegationRow> AcceptAsync(
        NpgsqlConnection connection, DelegationRow row, Caller caller, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleAsync<DelegationRow>(new CommandDefinition(
            Accept, new { row.RecordId, row.DelegationId, caller.Subject, Now = now }, cancellationToken: ct));

    public static Task<DelegationRow> RefuseAsync(
        NpgsqlConnection connection, DelegationRow row, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleAsync<DelegationRow>(new CommandDefinition(
            Refuse, new { row.RecordId, row.DelegationId, Now = now }, cancellationToken: ct));

    public static Task<DelegationRow> RevokeAsync(
        NpgsqlConnection connection, DelegationRow row, byte[] revokedBy, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleAsync<DelegationRow>(new CommandDefinition(
            Revoke, new { row.RecordId, row.DelegationId, RevokedBy = revokedBy, Now = now }, cancellationToken: ct));
}
