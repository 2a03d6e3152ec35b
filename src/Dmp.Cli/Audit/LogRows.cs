using System.Globalization;
using System.Runtime.CompilerServices;
using Dapper;
using Dmp.Proofs;
using Npgsql;

namespace Dmp.Cli.Audit;

/// <summary>
/// A leaf of the log with its event, as stored; without a leaf where an event has none, without an event where that is gone.
/// </summary>
internal sealed record LogRow : AuditEventRow
{
    public long LeafIndex { get; init; }

    public Guid LeafEventId { get; init; }

    public byte[] LeafHash { get; init; } = [];

    public string LeafXid { get; init; } = "";

    public string Xid { get; init; } = "";

    public bool IsThere { get; init; }
}

internal sealed record LogCheckpointRow
{
    public required long TreeSize { get; init; }

    public required byte[] Root { get; init; }

    public required string Note { get; init; }

    public DateTime? CreateTime { get; init; }

    public required string Horizon { get; init; }

    public ulong HorizonXid => ulong.Parse(Horizon, CultureInfo.InvariantCulture);
}

internal sealed record LogNodeRow
{
    public required short Level { get; init; }

    public required long NodeIndex { get; init; }

    public required byte[] Hash { get; init; }
}

/// <summary>Reads the log as the owner of the schema, a page at a time.</summary>
internal static class LogSql
{
    // Times that no server can have written are read as none: they are changes, and must not stop the reading. An address with a mask too.
    private const string Event =
        """
        e.event_id is not null as is_there, e.event_id,
            case when e.event_time between '0001-01-02' and '9999-12-30' then e.event_time end as event_time,
            e.method, e.actor_kind, e.actor_id, e.actor_name, e.profession_system, e.profession_code, e.specialty_code, e.sector_code,
            e.structure_id, e.structure_name, e.staff_id, e.software_id, e.user_agent, e.subject, e.record_id, e.outcome, e.status_code,
            e.reason, e.server_request_id, e.request_id, e.access_mode, e.basis, e.emergency_access_id, e.justification,
            case when e.origin is not null then format('%s', e.origin) end as origin, e.duration_us, e.call_count,
            e.hidden_from_representatives,
            e.document_ids, e.document_versions, e.document_sha256s, e.salt, e.root, e.signature, e.signing_key, e.xid::text as xid
        """;

    // Served by the primary keys of audit_leaf and of the months.
    private const string ListLeaves =
        $"""
        select l.leaf_index, l.event_id as leaf_event_id, l.leaf_hash, l.xid::text as leaf_xid, {Event}
        from audit_leaf l
        left join audit_event e on e.event_id = l.event_id
        where l.leaf_index >= @From
        order by l.leaf_index
        limit @Limit
        """;

    // Reads the whole trace once; served by the key of event_id in each part.
    private const string ListWithoutLeaf =
        $"""
        select {Event}
        from audit_event e
        where e.event_id > @After
            and not exists (select from audit_leaf l where l.event_id = e.event_id)
        order by e.event_id
        limit @Limit
        """;

    private const string CheckpointColumns =
        """
        c.tree_size, c.root, c.note, c.horizon::text as horizon,
            case when c.create_time between '0001-01-02' and '9999-12-30' then c.create_time end as create_time
        """;

    private const string ListCheckpoints =
        $"""
        select {CheckpointColumns}
        from audit_checkpoint c
        where c.tree_size between @From and @To
        order by c.tree_size
        """;

    private const string FirstCheckpoint =
        $"select {CheckpointColumns} from audit_checkpoint c order by c.tree_size limit 1";

    private const string LastCheckpoint =
        $"select {CheckpointColumns} from audit_checkpoint c order by c.tree_size desc limit 1";

    private const string ListNodes =
        """
        select n.level, n.node_index, n.hash
        from unnest(@Levels::smallint[], @Indexes::bigint[]) as wanted (level, node_index)
        join audit_node n on n.level = wanted.level and n.node_index = wanted.node_index
        """;

    // Served by the primary key.
    private const string ListLeafHashes =
        "select l.leaf_hash from audit_leaf l where l.leaf_index >= @Begin and l.leaf_index < @End order by l.leaf_index";

    // Served by the primary key.
    private const string ListNodeHashes =
        "select n.hash from audit_node n where n.level = @Level and n.node_index >= @Begin and n.node_index < @End order by n.node_index";

    [ModuleInitializer]
    internal static void MapSnakeCase() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    public static Task<IEnumerable<LogRow>> ListLeavesAsync(NpgsqlConnection connection, long from, int limit, CancellationToken ct) =>
        connection.QueryAsync<LogRow>(
            new CommandDefinition(ListLeaves, new { From = from, Limit = limit }, commandTimeout: 0, cancellationToken: ct));

    public static Task<IEnumerable<LogRow>> ListWithoutLeafAsync(
        NpgsqlConnection connection, Guid after, int limit, CancellationToken ct) =>
        connection.QueryAsync<LogRow>(
            new CommandDefinition(ListWithoutLeaf, new { After = after, Limit = limit }, commandTimeout: 0, cancellationToken: ct));

    public static Task<IEnumerable<LogCheckpointRow>> ListCheckpointsAsync(
        NpgsqlConnection connection, long from, long to, CancellationToken ct) =>
        connection.QueryAsync<LogCheckpointRow>(
            new CommandDefinition(ListCheckpoints, new { From = from, To = to }, commandTimeout: 0, cancellationToken: ct));

    public static Task<LogCheckpointRow?> FindCheckpointAsync(NpgsqlConnection connection, bool first, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<LogCheckpointRow>(
            new CommandDefinition(first ? FirstCheckpoint : LastCheckpoint, cancellationToken: ct));

    public static Task<IEnumerable<LogNodeRow>> ListNodesAsync(
        NpgsqlConnection connection, short[] levels, long[] indexes, CancellationToken ct) =>
        connection.QueryAsync<LogNodeRow>(
            new CommandDefinition(ListNodes, new { Levels = levels, Indexes = indexes }, commandTimeout: 0, cancellationToken: ct));

    public static Task<long> CountNodesAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteScalarAsync<long>(
            new CommandDefinition("select count(*) from audit_node", commandTimeout: 0, cancellationToken: ct));

    /// <summary>The root of a whole subtree, from at most 128 stored hashes; null when one is missing.</summary>
    public static async Task<byte[]?> FindRootAsync(NpgsqlConnection connection, TreeNode node, CancellationToken ct)
    {
        var above = node.Level % TreeBuilder.StoredLevels;
        var level = node.Level - above;
        var hashes = await connection.QueryAsync<byte[]>(new CommandDefinition(
            level == 0 ? ListLeafHashes : ListNodeHashes,
            new { Level = (short)level, Begin = node.Index << above, End = (node.Index + 1) << above },
            cancellationToken: ct));
        TreeBuilder subtree = new();
        foreach (var hash in hashes)
        {
            subtree.Append(hash);
        }

        return subtree.Size == 1L << above ? subtree.Root() : null;
    }

    public static Task<IEnumerable<string>> ListKeysAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.QueryAsync<string>(
            new CommandDefinition("select vkey from audit_key order by create_time, vkey", cancellationToken: ct));

    public static Task<DateTime> NowAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteScalarAsync<DateTime>(new CommandDefinition("select now()", cancellationToken: ct));
}
