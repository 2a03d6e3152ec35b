using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Wishes;

/// <summary>A sealed statement or designation, with the key that opens it.</summary>
internal abstract record SealedRow
{
    public required Guid RecordId { get; init; }

    public required byte[] Content { get; init; }

    public required Guid RecordKeyId { get; init; }

    public string? MasterKeyId { get; init; }

    /// <summary>Null once it was destroyed.</summary>
    public byte[]? WrappedKey { get; init; }
}

/// <summary>A version of a statement, as stored.</summary>
internal sealed record WishRow : SealedRow
{
    public required Guid WishId { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Wishes.V1.WishKind"/>.</summary>
    public required short Kind { get; init; }

    public required byte[] StatedBy { get; init; }

    public required DateTimeOffset StateTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Wishes.V1.WishState"/>; null while it is in force.</summary>
    public short? EndState { get; init; }
}

internal static class WishSql
{
    /// <summary>
    /// The version <c>v</c> of a type of document that a wish is like is open to the caller: the patient's side, and professions by the
    /// matrix and the patient's rules.
    /// </summary>
    public const string IsOpen =
        $"(@IsOwner or @IsAuthorized and {DocumentFilter.IsOpenToProfession} and not {DocumentFilter.IsTypeHiddenByRule})";

    private const string Columns =
        "w.wish_id, w.record_id, w.kind, w.content, w.record_key_id, w.stated_by, w.state_time, w.end_time, w.end_state";

    private const string WithKey =
        "left join record_key k on k.record_id = w.record_id and k.record_key_id = w.record_key_id";

    // Served by wish_living_key: three rows at most.
    private const string ListOpen =
        $"""
        select {Columns}, k.master_key_id, k.wrapped as wrapped_key
        from wish w
        {WithKey}
        cross join lateral (select case w.kind when 3 then @DirectivesType else @WishesType end as type_code) v
        where w.record_id = @RecordId
            and w.end_time is null
            and {IsOpen}
        """;

    // Served by wish_pkey, backwards.
    private const string ListVersions =
        $"""
        select {Columns}, k.master_key_id, k.wrapped as wrapped_key
        from wish w
        {WithKey}
        where w.record_id = @RecordId
            and (@BeforeId::uuid is null or w.wish_id < @BeforeId)
        order by w.wish_id desc
        limit @Limit
        """;

    // Served by wish_living_key. The record is locked.
    private const string End =
        """
        update wish
        set end_time = @Now, end_state = @EndState
        where record_id = @RecordId
            and kind = @Kind
            and end_time is null
        """;

    private const string Insert =
        """
        insert into wish (wish_id, record_id, kind, content, record_key_id, stated_by, state_time)
        values (@WishId, @RecordId, @Kind, @Content, @RecordKeyId, @StatedBy, @StateTime)
        """;

    /// <summary>Those in force that the caller may read, and the trusted person who accepted, in one round trip.</summary>
    public static async Task<(IEnumerable<WishRow> Wishes, TrustedPersonRow? TrustedPerson)> ReadOpenAsync(
        NpgsqlConnection connection, RecordAccess access, CancellationToken ct)
    {
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            $"{ListOpen}; {TrustedPersonSql.FindOpen}",
            new StatementParameters(DocumentScope.Of(access), WishTypes.Parameters),
            cancellationToken: ct));
        return (await results.ReadAsync<WishRow>(), await results.ReadSingleOrDefaultAsync<TrustedPersonRow>());
    }

    /// <summary>Those of all times.</summary>
    public static Task<IEnumerable<WishRow>> ListVersionsAsync(
        NpgsqlConnection connection, RecordAccess access, Guid? beforeId, int limit, CancellationToken ct) =>
        connection.QueryAsync<WishRow>(new CommandDefinition(
            ListVersions, new { access.RecordId, BeforeId = beforeId, Limit = limit }, cancellationToken: ct));

    /// <summary>Ends the one in force; returns whether there was one.</summary>
    public static async Task<bool> EndAsync(
        NpgsqlConnection connection, RecordAccess access, short kind, short endState, DateTimeOffset now, CancellationToken ct) =>
        await connection.ExecuteAsync(new CommandDefinition(
            End, new { access.RecordId, Kind = kind, EndState = endState, Now = now }, cancellationToken: ct)) > 0;

    public static Task InsertAsync(NpgsqlConnection connection, WishRow row, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Insert, row, cancellationToken: ct));
}

/// <summary>The types of documents that wishes are like: whoever may read such documents may read them.</summary>
internal static class WishTypes
{
    /// <summary>The value set of French types of documents (TRE_A05).</summary>
    public const string System = "1.2.250.1.213.1.1.4.12";

    /// <summary>Wishes and rights: trusted person, contacts, organ donation.</summary>
    public const string Wishes = "EXPPAT_1";

    /// <summary>Advance directives.</summary>
    public const string Directives = "EXPPAT_3";

    /// <summary>As statements have them.</summary>
    public static object Parameters { get; } =
        new { WishesType = $"{System}|{Wishes}", DirectivesType = $"{System}|{Directives}" };
}
