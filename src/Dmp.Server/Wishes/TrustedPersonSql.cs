using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Wishes;

/// <summary>A designation, as stored.</summary>
internal sealed record TrustedPersonRow : SealedRow
{
    public required Guid TrustedPersonId { get; init; }

    public required byte[] CodeSha256 { get; init; }

    public required DateTimeOffset CodeExpireTime { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public DateTimeOffset? StayEndTime { get; init; }

    public string? AccepterSubject { get; init; }

    public DateTimeOffset? AcceptTime { get; init; }

    public DateTimeOffset? RefuseTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }
}

internal static class TrustedPersonSql
{
    private const string Columns =
        """
        t.trusted_person_id, t.record_id, t.content, t.record_key_id, t.code_sha256, t.code_expire_time, t.create_time, t.stay_end_time,
            t.accepter_subject, t.accept_time, t.refuse_time, t.end_time, k.master_key_id, k.wrapped as wrapped_key
        """;

    private const string WithKey =
        "left join record_key k on k.record_id = t.record_id and k.record_key_id = t.record_key_id";

    // Served by trusted_person_accepted_key: one row at most. Of the same parameters as WishSql.ListOpen, with which it goes.
    internal const string FindOpen =
        $"""
        select {Columns}
        from trusted_person t
        {WithKey}
        cross join lateral (select @WishesType as type_code) v
        where t.record_id = @RecordId
            and t.accept_time is not null
            and t.end_time is null
            and (t.stay_end_time is null or t.stay_end_time > @Now)
            and {WishSql.IsOpen}
        """;

    // Served by trusted_person_code_key. Locks nothing: whoever uses the code looks again with the record locked.
    private const string FindByCode =
        """
        select record_id, trusted_person_id
        from trusted_person
        where code_sha256 = @CodeSha256
        """;

    // Served by trusted_person_pkey.
    private const string Find =
        $"""
        select {Columns}
        from trusted_person t
        {WithKey}
        where t.record_id = @RecordId
            and t.trusted_person_id = @TrustedPersonId
        """;

    // Served by trusted_person_pkey, backwards.
    private const string List =
        $"""
        select {Columns}
        from trusted_person t
        {WithKey}
        where t.record_id = @RecordId
            and (@BeforeId::uuid is null or t.trusted_person_id < @BeforeId)
        order by t.trusted_person_id desc
        limit @Limit
        """;

    private const string Insert =
        """
        insert into trusted_person (
            trusted_person_id, record_id, content, record_key_id, code_sha256, code_expire_time, create_time, stay_end_time)
        values (
            @TrustedPersonId, @RecordId, @Content, @RecordKeyId, @CodeSha256, @CodeExpireTime, @CreateTime, @StayEndTime)
        """;

    // An invitation that nobody answered. Served by trusted_person_invited_key; the record is locked.
    private const string EndInvited =
        """
        update trusted_person
        set end_time = @Now
        where record_id = @RecordId
            and accept_time is null
            and refuse_time is null
            and end_time is null
        """;

    // Served by trusted_person_accepted_key; the record is locked.
    private const string EndAccepted =
        """
        update trusted_person
        set end_time = @Now
        where record_id = @RecordId
            and accept_time is not null
            and end_time is null
        """;

    private const string Accept =
        """
        update trusted_person
        set accept_time = @Now, accepter_subject = @Subject
        where record_id = @RecordId
            and trusted_person_id = @TrustedPersonId
        """;

    private const string Refuse =
        """
        update trusted_person
        set refuse_time = @Now
        where record_id = @RecordId
            and trusted_person_id = @TrustedPersonId
        """;

    private const string End =
        """
        update trusted_person
        set end_time = @Now
        where record_id = @RecordId
            and trusted_person_id = @TrustedPersonId
            and end_time is null
        """;

    // Served by record_ins_key by its number's few rows. Of somebody without a record nothing is known.
    private const string IsMinor =
        """
        select exists (select from record where ins_number = @InsNumber and dmp_majority_time(birth_date) > @Now)
        """;

    /// <summary>Record and designation of a code, whatever became of it. The connection is for this code from here on.</summary>
    public static async Task<(Guid RecordId, Guid TrustedPersonId)?> FindByCodeAsync(
        NpgsqlConnection connection, Caller caller, byte[] codeSha256, CancellationToken ct)
    {
        await RowScope.OfCode(caller, codeSha256).ApplyAsync(connection, ct);
        return await connection.QuerySingleOrDefaultAsync<(Guid, Guid)?>(new CommandDefinition(
            FindByCode, new { CodeSha256 = codeSha256 }, cancellationToken: ct));
    }

    /// <summary>The own record of a caller says that the caller is a minor. The connection is for that person from here on.</summary>
    public static async Task<bool> IsMinorAsync(NpgsqlConnection connection, Caller caller, DateTimeOffset now, CancellationToken ct)
    {
        if (caller.Ins is not { } number)
        {
            return false;
        }

        await RowScope.OfIns(caller, number).ApplyAsync(connection, ct);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            IsMinor, new { InsNumber = number, Now = now }, cancellationToken: ct));
    }

    /// <summary>A designation of a record that the connection is for.</summary>
    public static Task<TrustedPersonRow?> FindAsync(
        NpgsqlConnection connection, Guid recordId, Guid trustedPersonId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<TrustedPersonRow>(new CommandDefinition(
            Find, new { RecordId = recordId, TrustedPersonId = trustedPersonId }, cancellationToken: ct));

    public static Task<IEnumerable<TrustedPersonRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, Guid? beforeId, int limit, CancellationToken ct) =>
        connection.QueryAsync<TrustedPersonRow>(new CommandDefinition(
            List, new { access.RecordId, BeforeId = beforeId, Limit = limit }, cancellationToken: ct));

    /// <summary>Adds an invitation in the place of one that is open.</summary>
    public static async Task InviteAsync(NpgsqlConnection connection, TrustedPersonRow row, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(
            EndInvited, new { row.RecordId, Now = row.CreateTime }, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(Insert, row, cancellationToken: ct));
    }

    /// <summary>Makes an invitation the designation in force, in the place of the one of before.</summary>
    public static async Task AcceptAsync(
        NpgsqlConnection connection, TrustedPersonRow row, Caller caller, DateTimeOffset now, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(EndAccepted, new { row.RecordId, Now = now }, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            Accept, new { row.RecordId, row.TrustedPersonId, caller.Subject, Now = now }, cancellationToken: ct));
    }

    public static Task RefuseAsync(NpgsqlConnection connection, TrustedPersonRow row, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            Refuse, new { row.RecordId, row.TrustedPersonId, Now = now }, cancellationToken: ct));

    public static Task EndAsync(NpgsqlConnection connection, TrustedPersonRow row, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            End, new { row.RecordId, row.TrustedPersonId, Now = now }, cancellationToken: ct));
}
