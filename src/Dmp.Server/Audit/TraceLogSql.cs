using System.Globalization;
using Dapper;
using Dmp.Proofs;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>How far the log is, and which transactions are over.</summary>
internal sealed record TraceLogState
{
    /// <summary>The number of leaves.</summary>
    public required long Size { get; init; }

    /// <summary>The newest checkpoint; null before the first.</summary>
    public CheckpointRow? Checkpoint { get; init; }

    /// <summary>Every transaction below has ended.</summary>
    public required ulong OldestRunning { get; init; }

    /// <summary>No transaction from here on was over when this was read.</summary>
    public required ulong Next { get; init; }

    /// <summary>The transactions between both that were not.</summary>
    public required IReadOnlyList<ulong> Running { get; init; }

    /// <summary>That of the newest checkpoint: every event of a transaction below it has its leaf.</summary>
    public ulong Horizon => Checkpoint?.HorizonXid ?? 0;
}

/// <summary>A signed state of the log, as stored.</summary>
internal sealed record CheckpointRow
{
    public required long TreeSize { get; init; }

    public required byte[] Root { get; init; }

    public required string Note { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public required string Horizon { get; init; }

    public ulong HorizonXid => ulong.Parse(Horizon, CultureInfo.InvariantCulture);
}

/// <summary>An event that was looked at.</summary>
internal sealed record WaitingEvent
{
    public required Guid EventId { get; init; }

    public required string Xid { get; init; }

    public byte[]? Root { get; init; }

    /// <summary>It has its leaf.</summary>
    public required bool IsLogged { get; init; }

    /// <summary>The place of the range in which it was found.</summary>
    public required int Range { get; init; }

    public ulong XidNumber => ulong.Parse(Xid, CultureInfo.InvariantCulture);
}

/// <summary>The log over the trace. Transaction ids travel as text: no client type holds 64 unsigned bits.</summary>
internal static class TraceLogSql
{
    private const string CheckpointColumns = "c.tree_size, c.root, c.note, c.create_time, c.horizon::text as horizon";

    // One server at a time; the others have nothing to do then. Ends with the transaction.
    private const string TryLock = "select pg_try_advisory_xact_lock(hashtext('dmp_trace_sequencer'))";

    // The end of the primary key, in its last parts.
    private const string State =
        """
        select coalesce((select max(l.leaf_index) + 1 from audit_leaf l), 0),
            pg_snapshot_xmin(pg_current_snapshot())::text,
            pg_snapshot_xmax(pg_current_snapshot())::text,
            array(select running::text from pg_snapshot_xip(pg_current_snapshot()) running)
        """;

    private const string FindCheckpoint =
        $"""
        select {CheckpointColumns}
        from audit_checkpoint c
        order by c.tree_size desc
        limit 1
        """;

    private const string FindFirstCheckpoint =
        $"""
        select {CheckpointColumns}
        from audit_checkpoint c
        order by c.tree_size
        limit 1
        """;

    private const string FindCheckpointOfSize =
        $"""
        select {CheckpointColumns}
        from audit_checkpoint c
        where c.tree_size = @TreeSize
        """;

    /// <summary>
    /// The leaf <c>l</c> of the event <c>e</c>, if it has one. Served by audit_leaf_span_pkey and, in the parts that it names, by the key
    /// of event_id.
    /// </summary>
    public const string LeafOfEvent =
        """
        (
            select l.leaf_index
            from audit_leaf_span s
            join audit_leaf l on l.leaf_index >= s.first_leaf and l.leaf_index < s.behind_leaf and l.event_id = e.event_id
            where s.id_prefix = left(e.event_id::text, 4)
            limit 1
        )
        """;

    // Served by audit_event_xid_idx of the months from the first id on, merged in its order. As many events are read as are asked for, and
    // not as many as wait: behind PlannerSql.InIndexOrder.
    private const string ListWaiting =
        $"""
        select e.event_id, e.xid::text as xid, e.root, l.leaf_index is not null as is_logged, e.range
        from (
            select e.event_id, e.xid, e.root, r.range::integer - 1 as range
            from unnest(@AfterXids::text[], @AfterEventIds::uuid[], @Untils::text[])
                with ordinality r (after_xid, after_event_id, until, range)
            cross join lateral (
                select e.event_id, e.xid, e.root
                from audit_event e
                where e.xid >= r.after_xid::xid8
                    and e.xid < r.until::xid8
                    and (e.xid, e.event_id) > (r.after_xid::xid8, r.after_event_id)
                    and e.event_id >= @FirstId
                order by e.xid, e.event_id
                limit @Limit
            ) e
            limit @Limit
        ) e
        left join lateral {LeafOfEvent} l on true
        """;

    // Served by the primary key. For events without a commitment.
    private const string ListWhole =
        $"""
        select {AuditSql.Columns}, {AuditSql.ProofColumns}, e.document_ids, e.document_versions, e.document_sha256s
        from audit_event e
        where e.event_id = any (@EventIds::uuid[])
        """;

    // With the range of indexes in which leaves of such ids are: the parts of the table, or parts of them.
    private const string AddLeaves =
        """
        with added as materialized (
            select n.leaf_index, n.event_id, n.leaf_hash, n.xid::xid8 as xid
            from unnest(@Indexes::bigint[], @EventIds::uuid[], @Hashes::bytea[], @Xids::text[]) as n (leaf_index, event_id, leaf_hash, xid)
        ), span as (
            insert into audit_leaf_span (id_prefix, first_leaf, behind_leaf)
            select distinct left(event_id::text, 4), (leaf_index >> 28) << 28, ((leaf_index >> 28) + 1) << 28 from added
            on conflict on constraint audit_leaf_span_pkey do nothing
        )
        insert into audit_leaf (leaf_index, event_id, leaf_hash, xid)
        select leaf_index, event_id, leaf_hash, xid from added
        """;

    private const string AddNodes =
        """
        insert into audit_node (level, node_index, hash)
        select * from unnest(@Levels::smallint[], @Indexes::bigint[], @Hashes::bytea[])
        """;

    private const string AddCheckpoint =
        """
        insert into audit_checkpoint (tree_size, root, note, create_time, horizon)
        values (@TreeSize, @Root, @Note, @CreateTime, @Horizon::xid8)
        """;

    // Once in the life of a log that is older than the numbers of checkpoints. Scans the primary key.
    private const string CountCheckpoints = "select count(*) from audit_checkpoint";

    private const string AddKey =
        """
        insert into audit_key (key_id, vkey, create_time)
        values (@KeyId, @Vkey, @Now)
        on conflict on constraint audit_key_pkey do nothing
        """;

    private const string ListKeys = "select k.vkey from audit_key k order by k.create_time, k.vkey";

    // Served by the primary key, a range for each run.
    private const string ListLeafHashes =
        """
        select l.leaf_index, l.leaf_hash
        from unnest(@Begins::bigint[], @Ends::bigint[]) as run (first, behind)
        join audit_leaf l on l.leaf_index >= run.first and l.leaf_index < run.behind
        """;

    // Served by the primary key, a range for each run.
    private const string ListNodeHashes =
        """
        select n.node_index, n.hash
        from unnest(@Begins::bigint[], @Ends::bigint[]) as run (first, behind)
        join audit_node n on n.level = @Level and n.node_index >= run.first and n.node_index < run.behind
        """;

    public static Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(TryLock, cancellationToken: ct));

    public static async Task<TraceLogState> StateAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var (size, xmin, xmax, running) = await connection.QuerySingleAsync<(long, string, string, string[])>(
            new CommandDefinition(State, cancellationToken: ct));
        return new TraceLogState
        {
            Size = size,
            OldestRunning = ulong.Parse(xmin, CultureInfo.InvariantCulture),
            Next = ulong.Parse(xmax, CultureInfo.InvariantCulture),
            Running = [.. running.Select(xid => ulong.Parse(xid, CultureInfo.InvariantCulture))],
            Checkpoint = await FindCheckpointAsync(connection, ct),
        };
    }

    public static Task<CheckpointRow?> FindCheckpointAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<CheckpointRow>(new CommandDefinition(FindCheckpoint, cancellationToken: ct));

    public static Task<CheckpointRow?> FindFirstCheckpointAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<CheckpointRow>(new CommandDefinition(FindFirstCheckpoint, cancellationToken: ct));

    public static Task<CheckpointRow?> FindCheckpointAsync(NpgsqlConnection connection, long treeSize, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<CheckpointRow>(
            new CommandDefinition(FindCheckpointOfSize, new { TreeSize = treeSize }, cancellationToken: ct));

    /// <summary>From here to the end of the transaction the statements read in the order of their indexes.</summary>
    public static Task ReadInIndexOrderAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(PlannerSql.InIndexOrder, cancellationToken: ct));

    /// <summary>The next events of a search, with and without a leaf, range by range in the order of transactions.</summary>
    public static async Task<List<WaitingEvent>> ListWaitingAsync(
        NpgsqlConnection connection, TracePass pass, int limit, CancellationToken ct) =>
        (await connection.QueryAsync<WaitingEvent>(new CommandDefinition(
            ListWaiting,
            new
            {
                AfterXids = pass.Ranges.Select(range => Text(range.AfterXid)).ToArray(),
                AfterEventIds = pass.Ranges.Select(range => range.AfterEventId).ToArray(),
                Untils = pass.Ranges.Select(range => Text(range.Until)).ToArray(),
                pass.FirstId,
                Limit = limit,
            },
            cancellationToken: ct))).AsList();

    public static Task<IEnumerable<AuditEventRow>> ListWholeAsync(NpgsqlConnection connection, Guid[] eventIds, CancellationToken ct) =>
        connection.QueryAsync<AuditEventRow>(new CommandDefinition(ListWhole, new { EventIds = eventIds }, cancellationToken: ct));

    public static Task AddLeavesAsync(
        NpgsqlConnection connection, long[] indexes, Guid[] eventIds, byte[][] hashes, string[] xids, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            AddLeaves, new { Indexes = indexes, EventIds = eventIds, Hashes = hashes, Xids = xids }, cancellationToken: ct));

    public static Task AddNodesAsync(NpgsqlConnection connection, short[] levels, long[] indexes, byte[][] hashes, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            AddNodes, new { Levels = levels, Indexes = indexes, Hashes = hashes }, cancellationToken: ct));

    public static Task AddCheckpointAsync(NpgsqlConnection connection, CheckpointRow row, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(AddCheckpoint, row, cancellationToken: ct));

    public static Task<long> CountCheckpointsAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition(CountCheckpoints, cancellationToken: ct));

    public static Task AddKeyAsync(NpgsqlConnection connection, NoteVerifier key, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(AddKey, new { key.KeyId, Vkey = key.Text, Now = now }, cancellationToken: ct));

    public static Task<IEnumerable<string>> ListKeysAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.QueryAsync<string>(new CommandDefinition(ListKeys, cancellationToken: ct));

    public static Task<IEnumerable<(long Index, byte[] Hash)>> ListLeafHashesAsync(
        NpgsqlConnection connection, long[] begins, long[] ends, CancellationToken ct) =>
        connection.QueryAsync<(long, byte[])>(
            new CommandDefinition(ListLeafHashes, new { Begins = begins, Ends = ends }, cancellationToken: ct));

    public static Task<IEnumerable<(long Index, byte[] Hash)>> ListNodeHashesAsync(
        NpgsqlConnection connection, int level, long[] begins, long[] ends, CancellationToken ct) =>
        connection.QueryAsync<(long, byte[])>(new CommandDefinition(
            ListNodeHashes, new { Level = (short)level, Begins = begins, Ends = ends }, cancellationToken: ct));

    private static string Text(ulong xid) => xid.ToString(CultureInfo.InvariantCulture);
}
