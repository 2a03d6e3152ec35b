using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>A statement that is used again is planned once: three quarters of a search were planning.</summary>
public sealed class PreparedStatementTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Statements_that_are_used_again_stay_prepared()
    {
        Assert.SkipWhen(platform.IsPooled, "Behind a pooler nothing is prepared.");
        const string Again = "select 1 as again";
        await using var connection = await platform.Server.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(Token);
        for (var i = 0; i < 6; i++)
        {
            await using var command = new NpgsqlCommand(Again, connection);
            await command.ExecuteNonQueryAsync(Token);
        }

        await using var count = new NpgsqlCommand("select count(*) from pg_prepared_statements where statement = $1", connection);
        count.Parameters.Add(new NpgsqlParameter { Value = Again });
        Assert.Equal(1L, await count.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task A_connection_string_may_switch_that_off()
    {
        var database = await platform.Databases.CreateAsync();
        await using var server = await TestServer.StartAsync(
            platform,
            platform.Databases,
            database,
            [$"--Dmp:Database:ConnectionString={platform.Databases.RuntimeOf(database)};Max Auto Prepare=0"]);
        Assert.Equal(
            0, new NpgsqlConnectionStringBuilder(server.Services.GetRequiredService<NpgsqlDataSource>().ConnectionString).MaxAutoPrepare);
    }
}
