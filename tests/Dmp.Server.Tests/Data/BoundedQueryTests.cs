using System.Text.RegularExpressions;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>What keeps a statement's cost from growing with the number of records.</summary>
public sealed partial class BoundedQueryTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Without it, row-level security makes the planner read the versions of everybody to join them.</summary>
    [Fact]
    public void Joins_of_documents_with_their_versions_name_the_record()
    {
        var joins = SqlCatalogTests.Catalog()
            .SelectMany(statement => Join().Matches(statement.Value).Select(join => (statement.Key, Text: join.Value)))
            .ToList();

        Assert.True(joins.Count > 10, "The pattern finds the joins.");
        Assert.All(joins, join => Assert.Contains("record_id", join.Text, StringComparison.Ordinal));
    }

    /// <summary>A comparison that is not leakproof may not be asked of rows that row-level security has not let through, nor of the
    /// index.</summary>
    [Fact]
    public async Task Majorities_that_are_due_are_a_range_of_the_index()
    {
        var sql = SqlCatalogTests.Catalog()["EndingSql.TellMajorities"]
            .Replace("@BatchSize", "$2", StringComparison.Ordinal)
            .Replace("@Now", "$1", StringComparison.Ordinal)
            .Replace("@Kind", "$3", StringComparison.Ordinal);
        await using var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        await ExecuteAsync(connection, "set role dmp_sweep; set enable_seqscan = off; set enable_bitmapscan = off");
        await ExecuteAsync(connection, $"prepare it as {sql}");

        await using var explain = new NpgsqlCommand("explain execute it (now(), 500, 'MAJORITY_REACHED')", connection);
        var plan = new List<string>();
        await using var reader = await explain.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
        {
            plan.Add(reader.GetString(0));
        }

        Assert.Contains(plan, line => line.Contains("record_majority_idx", StringComparison.Ordinal));
        Assert.Contains(plan, line => line.Contains("Index Cond: (birth_date <= ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_step_of_the_sweep_that_fails_does_not_stop_the_next()
    {
        await using var server = await TestServer.StartAsync(platform);
        await using var admin = new NpgsqlConnection(platform.Databases.AdminOf(server.Database));
        await admin.OpenAsync(Token);
        await ExecuteAsync(
            admin,
            """
            insert into change (position, commit_position, sequence_time, event_time, kind, record_id, hidden_from_representatives)
            values (1, 1, now() - interval '400 days', now(), 'RECORD_OPENED', gen_random_uuid(), false);
            update change_head set last_position = 1;
            alter table request_log rename to request_log_away
            """);

        var sweep = server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);
        var failures = await Assert.ThrowsAsync<AggregateException>(() => sweep);

        Assert.Equal("42P01", Assert.IsType<PostgresException>(Assert.Single(failures.InnerExceptions)).SqlState);
        await using var count = new NpgsqlCommand("select count(*) from change", admin);
        Assert.Equal(0L, await count.ExecuteScalarAsync(Token));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    // A join with its condition, up to the next clause; and a look-up among the versions of a document.
    [GeneratedRegex(
        @"join (document|document_version|record_key) \w+\s+on .*?(?=\bjoin\b|\bwhere\b|\bcross\b|\bleft\b|$)"
        + @"|from document_version \w+\s+where \w+\.document_id.*?(?=\boffset\b|\))",
        RegexOptions.Singleline)]
    private static partial Regex Join();
}
