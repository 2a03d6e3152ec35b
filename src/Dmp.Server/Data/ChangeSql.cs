using Dapper;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>Where changes begin and end: what is at or below <see cref="FirstPosition"/> was forgotten.</summary>
internal readonly record struct ChangeHead(long FirstPosition, long LastPosition);

/// <summary>The changes in the order of their commits (ADR 0012). Readers: the feed and the notices.</summary>
internal static class ChangeSql
{
    /// <summary>Told by PostgreSQL when changes got their positions.</summary>
    public const string Channel = "dmp_change";

    // Locks the one row of change_floor until it commits (ADR 0029).
    private const string Sequence = "select dmp_sequence_changes()";

    // Nobody waits for the lock when nothing waits for its place.
    private const string SequenceWaiting = "select case when dmp_outbox_waits() then dmp_sequence_changes() else 0 end";

    private const string Head = "select first_position, last_position from change_head";

    private const string Changed = "select dmp_changed_since(@RecordId, @Position, @RecordKeyId)";

    // Served by change_time_idx. A commit is forgotten whole: it has one sequence_time.
    private const string Forget =
        """
        with old as (
            delete from change
            where sequence_time < @Before
            returning position
        )
        update change_floor
        set first_position = greatest(first_position, (select max(position) from old))
        where exists (select from old)
        """;

    // The newest pass alone says how far the sequencing has looked.
    private const string ForgetPasses =
        "delete from change_pass where last_position < (select max(last_position) from change_pass)";

    private static readonly ScopedSql sequence = new(WorkRole.Sequencer, Sequence);
    private static readonly ScopedSql sequenceWaiting = new(WorkRole.Sequencer, SequenceWaiting);

    /// <summary>Gives positions to what has committed; returns how many changes got one.</summary>
    public static Task<int> SequenceAsync(NpgsqlConnection connection, CancellationToken ct) => RunAsync(connection, sequence, ct);

    /// <summary>The same for many callers at once, of whom few find anything.</summary>
    public static Task<int> SequenceWaitingAsync(NpgsqlConnection connection, CancellationToken ct) =>
        RunAsync(connection, sequenceWaiting, ct);

    private static async Task<int> RunAsync(NpgsqlConnection connection, ScopedSql sql, CancellationToken ct)
    {
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            sql.For(RowScope.Sequencer), RowScope.Sequencer.Parameters(), cancellationToken: ct));
        await results.ReadAsync();
        return await results.ReadSingleAsync<int>();
    }

    public static Task<ChangeHead> HeadAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.QuerySingleAsync<ChangeHead>(new CommandDefinition(Head, cancellationToken: ct));

    /// <summary>
    /// True when the record changed after the position was the last one, or the key was destroyed. Without that, what was decided after the
    /// position was read still holds; except what ends by time alone.
    /// </summary>
    public static Task<bool> HasChangedAsync(
        NpgsqlConnection connection, Guid recordId, long position, Guid? recordKeyId, CancellationToken ct) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            Changed, new { RecordId = recordId, Position = position, RecordKeyId = recordKeyId }, cancellationToken: ct));

    /// <summary>Forgets changes that were sequenced before a time, on a connection of <see cref="RowScope.Sweep"/>.</summary>
    public static async Task ForgetAsync(NpgsqlConnection connection, DateTimeOffset before, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(Forget, new { Before = before }, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(ForgetPasses, cancellationToken: ct));
    }
}
