using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Consents;

/// <summary>An entry of the blocked list, as stored.</summary>
internal sealed record BlockRow
{
    public required Guid BlockId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Type.V1.ActorKind"/>: professional or structure.</summary>
    public required short ActorKind { get; init; }

    public required string ActorId { get; init; }

    public required string ActorName { get; init; }

    public required byte[] BlockedBy { get; init; }

    public required DateTimeOffset BlockTime { get; init; }
}

internal static class BlockSql
{
    private const string Columns = "block_id, record_id, actor_kind, actor_id, actor_name, blocked_by, block_time";

    // Served by block_living_key.
    private const string FindLiving =
        $"""
        select {Columns}
        from block
        where record_id = @RecordId
            and actor_kind = @ActorKind
            and actor_id = @ActorId
            and unblock_time is null
        """;

    private const string Insert =
        $"""
        insert into block (block_id, record_id, actor_kind, actor_id, actor_name, blocked_by, block_time)
        values (@BlockId, @RecordId, @ActorKind, @ActorId, @ActorName, @BlockedBy, @BlockTime)
        returning {Columns}
        """;

    private const string Lift =
        $"""
        update block
        set unblock_time = @Now, unblocked_by = @UnblockedBy
        where block_id = @BlockId
            and record_id = @RecordId
            and unblock_time is null
        returning {Columns}
        """;

    // Served by block_pkey.
    private const string List =
        $"""
        select {Columns}
        from block
        where record_id = @RecordId
            and unblock_time is null
            and (@BeforeBlockId::uuid is null or block_id < @BeforeBlockId)
        order by block_id desc
        limit @Limit
        """;

    public static Task<BlockRow?> FindLivingAsync(
        NpgsqlConnection connection, RecordAccess access, short actorKind, string actorId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<BlockRow>(new CommandDefinition(
            FindLiving, new { access.RecordId, ActorKind = actorKind, ActorId = actorId }, cancellationToken: ct));

    public static Task<BlockRow> InsertAsync(NpgsqlConnection connection, BlockRow row, CancellationToken ct) =>
        connection.QuerySingleAsync<BlockRow>(new CommandDefinition(Insert, row, cancellationToken: ct));

    /// <summary>Lifts a block of the record; null when there is none in force with this id.</summary>
    public static Task<BlockRow?> LiftAsync(
        NpgsqlConnection connection, RecordAccess access, Guid blockId, byte[] unblockedBy, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<BlockRow>(new CommandDefinition(
            Lift, new { access.RecordId, BlockId = blockId, UnblockedBy = unblockedBy, Now = now }, cancellationToken: ct));

    public static Task<IEnumerable<BlockRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, Guid? beforeBlockId, int limit, CancellationToken ct) =>
        connection.QueryAsync<BlockRow>(new CommandDefinition(
            List, new { access.RecordId, BeforeBlockId = beforeBlockId, Limit = limit }, cancellationToken: ct));
}
