using System.Data;
using System.Runtime.CompilerServices;
using Dapper;
using Dmp.Server.Calls;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>Connections that are sessions of their own, for what outlives a transaction.</summary>
/// <param name="Source">Of one or two connections past a pooler, or the pool of all others where none is between.</param>
internal sealed record SessionSource(NpgsqlDataSource Source);

/// <summary>The only way to PostgreSQL. Opens connections and transactions; statements live in the <c>*Sql.cs</c> files.</summary>
internal sealed class Database(NpgsqlDataSource source, SessionSource? sessions = null)
{
    /// <summary>
    /// Dapper maps <c>snake_case</c> columns to properties only with this switch, and it must stand before a row type is
    /// first used; a module initializer is before everything (ADR 0001).
    /// </summary>
    [ModuleInitializer]
    internal static void MapSnakeCase() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>Set by each transaction that commits here: there may be changes to sequence.</summary>
    public Signal Committed { get; } = new();

    /// <summary>
    /// Runs <paramref name="body"/> in one READ COMMITTED transaction and commits it. It begins with the first statement, in the same round
    /// trip. Anything thrown rolls back. No stream and no client is awaited inside.
    /// </summary>
    public Task<T> OnConnectionAsync<T>(Func<NpgsqlConnection, Task<T>> body, CancellationToken ct) => InBatchesAsync(
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            var result = await body(connection);

            // From here on the caller's wish to cancel no longer counts: an effect is either committed and told or not done.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        },
        ct);

    /// <summary>
    /// Runs <paramref name="body"/> without a transaction, for reads of which each batch of statements says by itself for whom it is
    /// (<see cref="ScopedSql"/>), and for what is of no record: it spares the round trip of the commit. What one batch writes is committed
    /// with it.
    /// </summary>
    public Task<T> InBatchesAsync<T>(Func<NpgsqlConnection, Task<T>> body, CancellationToken ct) => InBatchesAsync(source, body, ct);

    /// <summary>
    /// Runs <paramref name="body"/> in a session of its own, which no pooler gives to others between two transactions: to listen.
    /// </summary>
    public Task<T> InSessionAsync<T>(Func<NpgsqlConnection, Task<T>> body, CancellationToken ct) =>
        InBatchesAsync(sessions?.Source ?? source, body, ct);

    private static async Task<T> InBatchesAsync<T>(NpgsqlDataSource source, Func<NpgsqlConnection, Task<T>> body, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        try
        {
            return await body(connection);
        }
        catch (Exception failure) when (MayBeOfStatement(failure))
        {
            ForgetStatements(source, connection);
            throw;
        }
    }

    /// <summary>Runs <paramref name="body"/> in a transaction that is undone.</summary>
    public Task<T> TryAsync<T>(Func<NpgsqlConnection, Task<T>> body, CancellationToken ct) => InBatchesAsync(
        async connection =>
        {
            // Leaving the block without a commit rolls back.
            await using var transaction = await connection.BeginTransactionAsync(ct);
            return await body(connection);
        },
        ct);

    /// <summary>As <see cref="OnConnectionAsync{T}"/>, for what answers nothing.</summary>
    public Task OnConnectionAsync(Func<NpgsqlConnection, Task> body, CancellationToken ct) => OnConnectionAsync(
        async connection =>
        {
            await body(connection);
            return true;
        },
        ct);

    /// <summary>A connection without a transaction, for an interface that is synchronous.</summary>
    public T OnConnection<T>(Func<NpgsqlConnection, T> body)
    {
        using var connection = source.OpenConnection();
        try
        {
            return body(connection);
        }
        catch (Exception failure) when (MayBeOfStatement(failure))
        {
            ForgetStatements(source, connection);
            throw;
        }
    }

    /// <summary>
    /// A transaction as <see cref="OnConnectionAsync{T}"/> has it, for a change that others are told of: it answers where the database is
    /// after the commit, and wakes the sequencing of changes.
    /// </summary>
    public Task<(T Result, DatabasePosition Committed)> InTransactionAsync<T>(Func<NpgsqlConnection, Task<T>> body, CancellationToken ct) =>
        InTransactionAsync(async connection => (await body(connection), (IReadOnlyList<NpgsqlBatchCommand>)[]), ct);

    /// <summary>
    /// The same with the last statements of the body, which need no answer: they go with the commit, and the question where the database is
    /// behind it, in one round trip.
    /// </summary>
    public Task<(T Result, DatabasePosition Committed)> InTransactionAsync<T>(
        Func<NpgsqlConnection, Task<(T Result, IReadOnlyList<NpgsqlBatchCommand> Last)>> body, CancellationToken ct) =>
        InBatchesAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(ct);
                var (result, last) = await body(connection);
                ct.ThrowIfCancellationRequested();

                // From here on the caller's wish to cancel no longer counts: an effect is either committed and answered or not done. What
                // fails behind the commit is told as a failure though the effect stands; its repeat finds it, as after any broken line.
                var committed = await ConsistencySql.CommitAsync(connection, last);
                Committed.Set();
                return (result, committed);
            },
            ct);

    /// <summary>
    /// A statement may have failed, or been ended because its caller left or its time was over. A refusal of ours, and a caller that left
    /// while nothing was asked, leave all statements as they are.
    /// </summary>
    private static bool MayBeOfStatement(Exception failure) =>
        failure is not (RpcException or OperationCanceledException { InnerException: not NpgsqlException });

    /// <summary>
    /// For a connection on which a statement may have failed. Npgsql prepares a statement that is used again and keeps a wrong record of
    /// one that fails just then, while it is planned (npgsql issue 6391): its next use on that connection breaks it, or one of several
    /// result sets is left out and the next one is read in its place. A transaction has been rolled back before: PostgreSQL refuses
    /// everything in one that has failed.
    /// </summary>
    private static void ForgetStatements(NpgsqlDataSource source, NpgsqlConnection connection)
    {
        if (connection.State != ConnectionState.Open)
        {
            // Broken: the pool throws it away.
            return;
        }

        try
        {
            // The driver has it only like this, without a task.
            connection.UnprepareAll();
        }
        catch (Exception)
        {
            // What failed first is told. The pool closes the connection when it comes back, and those that are idle now.
            source.Clear();
        }
    }
}
