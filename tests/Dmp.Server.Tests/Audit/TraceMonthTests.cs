using System.Globalization;
using Dmp.Audit.V1;
using Dmp.Cli;
using Dmp.Server.Options;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Audit;

/// <summary>The trace is kept by the month, ten years at least, and loses nothing before.</summary>
public sealed class TraceMonthTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_of_today_are_in_the_month_of_today()
    {
        var record = await platform.RecordAsync();
        Assert.Equal(
            $"audit_event_{DateTime.UtcNow:yyyyMM}",
            await platform.Server.QueryAsync<string>(
                platform, $"select distinct tableoid::regclass::text from audit_event where record_id = '{record.Id}'"));
    }

    [Fact]
    public async Task Old_months_are_listed_kept_ten_years_and_dropped_with_a_word_in_the_trace()
    {
        await using var server = await TestServer.StartAsync(platform);
        var admin = platform.Databases.AdminOf(server.Database);
        var (kept, due) = (DateTime.UtcNow.AddYears(-10).AddMonths(-1), DateTime.UtcNow.AddYears(-10).AddMonths(-2));
        kept = new DateTime(kept.Year, kept.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1);
        due = new DateTime(due.Year, due.Month, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var month in new[] { kept, due })
        {
            await ExecuteAsync(admin, $"""
                create table audit_event_{month:yyyyMM} partition of audit_event
                    for values from (dmp_month_id('{month:yyyy-MM-dd}')) to (dmp_month_id('{month.AddMonths(1):yyyy-MM-dd}'))
                """);
            await AddEventAsync(admin, month.AddDays(3));
        }

        var months = await RunAsync(admin, "months");
        Assert.Equal(0, months.Code);
        Assert.Equal(
            [$"{due:yyyy-MM}", $"{kept:yyyy-MM}"],
            months.Output.Split('\n').Skip(1).Take(2).Select(line => line.Split(' ')[0]));

        var dry = await RunAsync(admin, "retire", "--dry-run");
        Assert.StartsWith($"Would drop {due:yyyy-MM}, ", dry.Output, StringComparison.Ordinal);
        Assert.Equal(2L, await QueryAsync(admin, "select count(*) from audit_event where method = 'old'"));

        var keys = server.Services.GetRequiredService<IOptions<AuditOptions>>().Value.KeyDirectory;
        var retired = await RunAsync(admin, "retire", "--keys", keys);
        Assert.Equal((0, ""), (retired.Code, retired.Error));
        Assert.Single(retired.Output.TrimEnd().Split('\n'));
        Assert.Equal(1L, await QueryAsync(admin, "select count(*) from audit_event where method = 'old'"));
        Assert.Equal(
            $"The retention of {due:yyyy-MM} has ended.",
            await QueryAsync(admin, "select justification from audit_event where method = 'dmp trace retire'"));
        Assert.Equal("No month is old enough. Nothing is changed.\n", (await RunAsync(admin, "retire", "--keys", keys)).Output);
    }

    [Theory]
    [InlineData("9")]
    [InlineData("-1")]
    [InlineData("many")]
    public async Task Less_than_ten_years_is_wrong_usage(string years) =>
        Assert.Equal(2, (await RunAsync("Host=nowhere", "retire", "--years", years)).Code);

    [Fact]
    public async Task An_event_that_came_before_its_month_was_made_moves_into_it()
    {
        await using var server = await TestServer.StartAsync(platform);
        var admin = platform.Databases.AdminOf(server.Database);
        var later = DateTime.UtcNow.AddMonths(6);
        await AddEventAsync(admin, later);
        Assert.Equal("audit_event_other", await QueryAsync(admin, "select tableoid::regclass::text from audit_event where method = 'old'"));

        Assert.True((int)await QueryAsync(admin, "select dmp_add_trace_months(8)") > 0);

        Assert.Equal(
            $"audit_event_{later:yyyyMM}",
            await QueryAsync(admin, "select tableoid::regclass::text from audit_event where method = 'old'"));
        Assert.Equal(0, await QueryAsync(admin, "select dmp_add_trace_months(8)"));
    }

    [Fact]
    public async Task The_server_makes_the_months_that_are_missing()
    {
        await using var server = await TestServer.StartAsync(platform);
        var admin = platform.Databases.AdminOf(server.Database);
        var next = $"audit_event_{DateTime.UtcNow.AddDays(1 - DateTime.UtcNow.Day).AddMonths(1):yyyyMM}";
        await ExecuteAsync(admin, $"drop table {next}");

        await server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);

        Assert.Equal(next, await QueryAsync(admin, $"select to_regclass('{next}')::text"));
    }

    [Fact]
    public async Task The_server_makes_months_and_touches_none()
    {
        await using var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        await using var make = new NpgsqlCommand("set role dmp_sweep; select dmp_add_trace_months(3)", connection);
        Assert.Equal(0, await make.ExecuteScalarAsync(Token));
        foreach (var sql in new[] { "select from {0}", "insert into {0} select", "delete from {0}", "drop table {0}" })
        {
            await using var past = new NpgsqlCommand(
                string.Format(CultureInfo.InvariantCulture, sql, $"audit_event_{DateTime.UtcNow:yyyyMM}"), connection);
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => past.ExecuteNonQueryAsync(Token));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }
    }

    [Fact]
    public async Task A_record_is_listed_across_months()
    {
        var record = await platform.RecordAsync();
        var past = DateTime.UtcNow.AddMonths(-5);
        await AddEventAsync(platform.Databases.AdminOf(platform.Server.Database), past, record.Id);

        var events = (await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = record.Id }, cancellationToken: Token)).Events;

        Assert.Equal("old", events[^1].Method);
        Assert.Equal(3, events.Count);
    }

    private static Task AddEventAsync(string connection, DateTime time, string? recordId = null) => ExecuteAsync(connection, $"""
        insert into audit_event (event_id, event_time, method, actor_kind, record_id, document_ids, outcome, status_code, server_request_id)
        values ('{Guid.CreateVersion7(time)}', '{time:O}', 'old', 7, {(recordId is null
            ? "null"
            : $"'{recordId}'")}, array[]::uuid[], 1, 0, gen_random_uuid())
        """);

    private static async Task ExecuteAsync(string connection, string sql)
    {
        await using var opened = new NpgsqlConnection(connection);
        await opened.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, opened);
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<object> QueryAsync(string connection, string sql)
    {
        await using var opened = new NpgsqlConnection(connection);
        await opened.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, opened);
        return (await command.ExecuteScalarAsync(Token))!;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string connection, params string[] arguments)
    {
        await using StringWriter output = new() { NewLine = "\n" };
        await using StringWriter error = new() { NewLine = "\n" };
        var code = await DmpCommand.RunAsync(["trace", .. arguments, "--connection", connection], output, error, Token);
        return (code, output.ToString(), error.ToString());
    }
}
