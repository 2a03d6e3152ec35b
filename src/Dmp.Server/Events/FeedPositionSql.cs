using Dapper;
using Dmp.Server.Calls;
using Npgsql;

namespace Dmp.Server.Events;

/// <summary>A position that a caller keeps here.</summary>
internal sealed record FeedPositionRow
{
    public required long Position { get; init; }

    public required byte[] Binding { get; init; }

    public required byte[] View { get; init; }

    public required DateTimeOffset CommitTime { get; init; }

    public FeedPlace ToPlace() => new(Position, Binding, View);
}

internal static class FeedPositionSql
{
    // Primary key, here and below.
    private const string Find =
        """
        select position, binding, view, commit_time
        from feed_position
        where caller_key = @CallerKey
            and name = @Name
        """;

    private const string CountOthers =
        """
        select count(*)::int
        from feed_position
        where caller_key = @CallerKey
            and name <> @Name
        """;

    private const string Put =
        """
        insert into feed_position (caller_key, name, position, binding, view, commit_time)
        values (@CallerKey, @Name, @Position, @Binding, @View, @Now)
        on conflict (caller_key, name)
        do update set position = excluded.position, binding = excluded.binding, view = excluded.view, commit_time = excluded.commit_time
        """;

    // Served by feed_position_position_idx. From a position in front of what is kept nobody can start.
    private const string Forget =
        """
        delete from feed_position
        where position < (select first_position from change_head)
        """;

    public static Task<FeedPositionRow?> FindAsync(NpgsqlConnection connection, Caller caller, string name, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<FeedPositionRow>(new CommandDefinition(
            Find, new { CallerKey = caller.Key, Name = name }, cancellationToken: ct));

    /// <summary>How many positions of other names the caller keeps.</summary>
    public static Task<int> CountOthersAsync(NpgsqlConnection connection, Caller caller, string name, CancellationToken ct) =>
        connection.QuerySingleAsync<int>(new CommandDefinition(
            CountOthers, new { CallerKey = caller.Key, Name = name }, cancellationToken: ct));

    public static Task PutAsync(
        NpgsqlConnection connection, Caller caller, string name, FeedPlace place, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            Put,
            new { CallerKey = caller.Key, Name = name, place.Position, place.Binding, place.View, Now = now },
            cancellationToken: ct));

    /// <summary>Forgets the positions that are too old, on a connection of <see cref="Data.RowScope.Sweep"/>.</summary>
    public static Task ForgetAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Forget, cancellationToken: ct));
}
