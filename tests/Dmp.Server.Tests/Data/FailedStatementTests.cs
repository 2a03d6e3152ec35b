using System.Reflection;
using Dapper;
using Dmp.Error.V1;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Storage;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>
/// A connection on which a statement failed answers all result sets, and the right ones, to whoever has it next. Npgsql prepares a
/// statement at its fifth use on a connection and keeps a wrong record of one that fails just then (npgsql issue 6391). The pool here has
/// one connection.
/// </summary>
public sealed class FailedStatementTests(FailedStatementTests.Clone clone) : IClassFixture<FailedStatementTests.Clone>
{
    private const int Uses = 12;

    private const string Low = "select g from generate_series(1, @Use) as g";
    private const string High = "select g from generate_series(101, 100 + @Use) as g";

    // Both fail while they are planned, between the description of their rows and the first row: only that leaves the wrong record. This
    // one does when it divides by 0.
    private const string Dividing = "select 12 / @Divisor from generate_series(1, @Rows) as g";

    // This one waits while somebody builds the index of the table anew, and is cancelled then.
    private const string Waiting = "select 12 from generate_series(1, @Rows) as g where not exists (select from key_ring)";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Where the statement stands, in a transaction or not, and the use that fails: before, at and after the one that prepares it.
    /// </summary>
    private static IEnumerable<(Place Place, bool IsInTransaction, int FailAt)> Cases =>
        from place in Enum.GetValues<Place>()
        from failAt in (int[])[1, 4, 5, 6]
        from isInTransaction in (bool[])[false, true]
        select (place, isInTransaction, failAt);

    [Fact]
    public async Task A_statement_that_failed_answers_rightly_the_next_times()
    {
        await using var source = Open();
        var database = new Database(source);
        foreach (var (place, isInTransaction, failAt) in Cases)
        {
            for (var use = 1; use <= Uses; use++)
            {
                var now = new Use(place, use, isInTransaction, failAt);
                if (use == failAt)
                {
                    var failure = await Assert.ThrowsAsync<PostgresException>(() => RunAsync(database, Dividing, now, divisor: 0));
                    Assert.Equal((now, PostgresErrorCodes.DivisionByZero), (now, failure.SqlState));
                }
                else
                {
                    Assert.Equal((now, now.Expected), (now, await RunAsync(database, Dividing, now)));
                }
            }
        }
    }

    [Fact]
    public async Task A_statement_that_was_cancelled_answers_rightly_the_next_times()
    {
        await using var source = Open();
        var database = new Database(source);
        foreach (var (place, isInTransaction, failAt) in Cases)
        {
            for (var use = 1; use <= Uses; use++)
            {
                var now = new Use(place, use, isInTransaction, failAt);
                if (use == failAt)
                {
                    using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
                    await using var locked = await clone.LockAsync();
                    var running = RunAsync(database, Waiting, now, ct: leaving.Token);
                    await locked.UntilSomebodyWaitsAsync();
                    await leaving.CancelAsync();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
                }
                else
                {
                    Assert.Equal((now, now.Expected), (now, await RunAsync(database, Waiting, now)));
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    public async Task A_synchronous_statement_that_failed_answers_rightly_the_next_times(int failAt)
    {
        await using var source = Open();
        var database = new Database(source);
        for (var use = 1; use <= Uses; use++)
        {
            List<int> Run() => database.OnConnection(
                connection => connection.Query<int>(Dividing, new { Divisor = use == failAt ? 0 : 1, Rows = 1 }).AsList());
            if (use == failAt)
            {
                Assert.Throws<PostgresException>(Run);
            }
            else
            {
                Assert.Equal([12], Run());
            }
        }
    }

    [Fact]
    public async Task A_refusal_costs_no_prepared_statement()
    {
        await using var source = Open();
        var database = new Database(source);
        for (var use = 1; use <= 6; use++)
        {
            await RunAsync(database, Dividing, new Use(Place.Alone, use, IsInTransaction: false, FailAt: 0));
        }

        await Assert.ThrowsAsync<RpcException>(() => database.OnConnectionAsync<int>(
            _ => throw Failures.Of(ErrorReason.DocumentNotFound), Token));
        Assert.Equal(1, await PreparedAsync(database));

        // What else is thrown may come from a statement.
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => database.OnConnectionAsync<int>(_ => throw new InvalidOperationException(), Token));
        Assert.Equal(0, await PreparedAsync(database));
    }

    [Fact]
    public async Task A_connection_that_cannot_be_cleaned_is_not_used_again()
    {
        await using var source = Open();
        var database = new Database(source);
        var before = await BackendAsync(database);
        var failure = await Assert.ThrowsAsync<PostgresException>(() => database.InBatchesAsync(
            async connection =>
            {
                // In a transaction that has failed PostgreSQL refuses everything, so also to forget statements.
                await connection.ExecuteAsync(new CommandDefinition("begin;", cancellationToken: Token));
                return await connection.ExecuteAsync(new CommandDefinition("select 1 / 0", cancellationToken: Token));
            },
            Token));
        Assert.Equal("22012: division by zero", failure.Message.Split('\n')[0]);
        Assert.NotEqual(before, await BackendAsync(database));
    }

    [Fact]
    public void Only_the_database_and_its_setup_take_connections_from_the_pool() => Assert.Equal(
        [nameof(Database), nameof(DatabaseSetup), nameof(SessionSource)],
        typeof(DmpApplication).Assembly.GetTypes().Concat(typeof(RecordKeySql).Assembly.GetTypes())
            .Where(type => type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(NpgsqlDataSource))))
            .Select(type => type.Name).Order(StringComparer.Ordinal));

    private static Task<int> BackendAsync(Database database) => database.OnConnectionAsync(
        connection => connection.QuerySingleAsync<int>(new CommandDefinition("select pg_backend_pid()", cancellationToken: Token)), Token);

    private static Task<int> PreparedAsync(Database database) => database.OnConnectionAsync(
        connection => connection.QuerySingleAsync<int>(new CommandDefinition(
            "select count(*)::int from pg_prepared_statements where statement like '%generate_series%'", cancellationToken: Token)),
        Token);

    /// <summary>The result sets of one use, as text.</summary>
    private static async Task<string> RunAsync(
        Database database, string varying, Use use, int divisor = 1, CancellationToken? ct = null)
    {
        var token = ct ?? Token;
        var command = new CommandDefinition(
            string.Join("; ", use.Statements(varying)),
            new { Use = use.Number, Divisor = divisor, use.Rows },
            cancellationToken: token);
        return use.IsInTransaction
            ? (await database.InTransactionAsync(ReadAsync, token)).Result
            : await database.InBatchesAsync(ReadAsync, token);

        async Task<string> ReadAsync(NpgsqlConnection connection)
        {
            await using var results = await connection.QueryMultipleAsync(command);
            var sets = new List<string>();
            while (!results.IsConsumed)
            {
                sets.Add(string.Join(',', await results.ReadAsync<int>()));
            }

            return string.Join(" | ", sets);
        }
    }

    /// <summary>The pool as the server makes it, with one connection.</summary>
    private NpgsqlDataSource Open() =>
        DatabaseSetup.CreateSource(clone.ConnectionString, new DatabaseOptions { ConnectionsMax = 1 }, NullLoggerFactory.Instance);

    /// <summary>Where among the statements of one command the one stands that fails.</summary>
    public enum Place
    {
        Alone,
        First,
        Middle,
        Last,
    }

    /// <summary>A database of its own: nobody else waits for its locks.</summary>
    public sealed class Clone(Platform platform) : IAsyncLifetime
    {
        private string name = "";

        public string ConnectionString => platform.Databases.RuntimeOf(name);

        public async ValueTask InitializeAsync() => name = await platform.Databases.CreateAsync();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        internal async Task<Locked> LockAsync()
        {
            var connection = new NpgsqlConnection(platform.Databases.AdminOf(name));
            await connection.OpenAsync(Token);
            await connection.ExecuteAsync(new CommandDefinition("begin; reindex index key_ring_pkey", cancellationToken: Token));
            return new Locked(connection);
        }
    }

    /// <summary>The index is locked until this is disposed of.</summary>
    internal sealed class Locked(NpgsqlConnection connection) : IAsyncDisposable
    {
        private const string SomebodyWaits =
            "select exists (select from pg_locks where relation = 'key_ring_pkey'::regclass and not granted)";

        public Task UntilSomebodyWaitsAsync() => Fixtures.Waiting.UntilAsync(
            () => connection.QuerySingleAsync<bool>(new CommandDefinition(SomebodyWaits, cancellationToken: Token)));

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }

    private sealed record Use(Place Place, int Number, bool IsInTransaction, int FailAt)
    {
        // Statements of its own for each case: all share a connection, and Npgsql counts the uses of a text.
        private string Own => $"/* {Place} {IsInTransaction} {FailAt} */ ";

        /// <summary>No row every other time: then Npgsql leaves the whole result set out instead of throwing.</summary>
        public int Rows => Number % 2;

        public string Expected => string.Join(
            " | ",
            Sets(
                string.Join(',', Enumerable.Repeat(12, Rows)), string.Join(',', Enumerable.Range(1, Number)),
                string.Join(',', Enumerable.Range(101, Number))));

        public string[] Statements(string varying) => Sets(Own + varying, Own + Low, Own + High);

        private string[] Sets(string varying, string low, string high) => Place switch
        {
            Place.Alone => [varying],
            Place.First => [varying, low, high],
            Place.Middle => [low, varying, high],
            _ => [low, high, varying],
        };
    }
}
