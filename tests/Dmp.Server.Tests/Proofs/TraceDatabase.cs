using Dapper;
using Dmp.Proofs;
using Dmp.Server.Audit;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>The log of a test server, seen and touched as the database's superuser.</summary>
internal static class TraceDatabase
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TraceSequencer Sequencer(this TestServer server) => server.Services.GetRequiredService<TraceSequencer>();

    public static IReadOnlyList<NoteVerifier> Verifiers(this TestServer server) =>
        [.. server.Services.GetRequiredService<TraceKeys>().Signers.Select(key => key.Verifier)];

    public static async Task ExecuteAsync(this TestServer server, Platform platform, string sql, object? parameters = null)
    {
        await using var connection = await server.OpenAdminAsync(platform, Token);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: Token));
        server.ForgetWhatRowsSaid(sql);
    }

    public static async Task<List<T>> ListAsync<T>(this TestServer server, Platform platform, string sql, object? parameters = null)
    {
        await using var connection = await server.OpenAdminAsync(platform, Token);
        return (await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: Token))).AsList();
    }

    /// <summary>Events as a server writes them, in one transaction.</summary>
    public static async Task AddSignedAsync(this TestServer server, Platform platform, int count)
    {
        var key = server.Services.GetRequiredService<TraceKeys>().Signers[0];
        await using var connection = await server.OpenAdminAsync(platform, Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        for (var i = 0; i < count; i++)
        {
            await AuditSql.AppendAsync(connection, EventSignature.Sign(TraceRows.New(), key), Token);
        }

        await transaction.CommitAsync(Token);
    }

    /// <summary>
    /// Waits until everything committed so far has its leaf below a signed checkpoint. By the events themselves and not by their number:
    /// the leaf of an event that others commit meanwhile may come before that of one of these.
    /// </summary>
    public static async Task<Checkpoint> SettleAsync(this TestServer server, Platform platform)
    {
        const string Signed = "coalesce((select max(tree_size) from audit_checkpoint), 0)";
        var unsigned = await server.ListAsync<Guid>(
            platform,
            $"""
            select e.event_id
            from audit_event e
            where not exists (select from audit_leaf l where l.event_id = e.event_id and l.leaf_index < {Signed})
            """);
        await Waiting.UntilAsync(async () => (await server.ListAsync<bool>(
            platform,
            $"""
            select exists (select from audit_checkpoint)
                and (select count(*) from audit_leaf l where l.event_id = any (@Ids) and l.leaf_index < {Signed}) = cardinality(@Ids)
            """,
            new { Ids = unsigned.ToArray() }))[0]);
        var notes = await server.ListAsync<string>(platform, "select note from audit_checkpoint order by tree_size desc limit 1");
        return Checkpoint.Parse(notes[0]);
    }
}
