using System.Diagnostics;
using System.Runtime.Versioning;
using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Postgres;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>
/// Consistency tokens on a real hot standby. The server writes its trace with each read and so cannot serve from one as a
/// whole yet; what is tried is its decision, with its own SQL and its own role.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class StandbyTests(Platform platform) : IAsyncLifetime
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    private readonly string directory = Directory.CreateTempSubdirectory("dmp-standby-").FullName;
    private TestDatabase? databases;
    private TestServer? server;
    private Standby? standby;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("DMP_TEST_POSTGRES") is { Length: > 0 },
            "The PostgreSQL of the tests is not ours to replicate.");
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        databases = await TestDatabase.StartAsync(directory);
        server = await TestServer.StartAsync(platform, databases, await databases.CreateAsync(), []);
        standby = await Standby.StartAsync(
            databases.AdminOf("postgres"), new ClusterFiles(Path.Combine(directory, "postgres")), Path.Combine(directory, "standby"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in new IAsyncDisposable?[] { standby, server, databases })
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_standby_that_lags_waits_and_never_decides_by_the_older_state()
    {
        var (patient, colleague) = (TestPatient.New(), TestProfessional.New());
        var physician = As(platform.Callers.Token(colleague));
        var recordId = (await physician.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token)).Record.RecordId;
        var declare = physician.Consents.DeclareConsentAsync(
            new DeclareConsentRequest { RecordId = recordId, Collection = ConsentCollection.PatientPresent, RequestId = Given.NewId() },
            cancellationToken: Token);
        var consent = (await declare).Consent;
        var caller = new Caller
        {
            Kind = CallerKind.Professional,
            Subject = "test",
            ProfessionalId = colleague.Id,
            StructureId = colleague.StructureId,
        };
        Assert.NotNull((await DecideAsync(caller, recordId, declare.GetTrailers()))!.ExpireTime);

        await OnStandbyAsync("select pg_wal_replay_pause()");
        await Waiting.UntilAsync(async () => (string?)await OnStandbyAsync("select pg_get_wal_replay_pause_state()") == "paused");

        var revoke = As(platform.Callers.Token(patient)).Consents.RevokeConsentAsync(
            new RevokeConsentRequest { RecordId = recordId, ConsentId = consent.ConsentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        await revoke;

        // Without the token the standby knows of no revocation: this is what the token is for.
        Assert.NotNull((await DecideAsync(caller, recordId, null))!.ExpireTime);
        var begin = Stopwatch.GetTimestamp();
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => DecideAsync(caller, recordId, revoke.GetTrailers()));
        Assert.InRange(Stopwatch.GetElapsedTime(begin), patience, 3 * patience);
        Assert.Equal(Refusals.Name(ErrorReason.ConsistencyNotReached), Failures.ReasonOf(PostgresFailures.Of(refusal)!));

        var waiting = DecideAsync(caller, recordId, revoke.GetTrailers());
        await Waiting.UntilAsync(async () => (bool)(await OnStandbyAsync(
            "select exists (select from pg_stat_activity where state = 'active' and query like '%dmp\\_at\\_least%' "
            + "and pid <> pg_backend_pid())"))!);
        Assert.False(waiting.IsCompleted);
        await OnStandbyAsync("select pg_wal_replay_resume()");
        Assert.Null((await waiting)!.ExpireTime);
    }

    [Fact]
    public async Task The_end_of_the_last_change_is_reached_wherever_it_falls_in_a_page()
    {
        // Commits that end exactly with a page, and with a segment: the next record would start behind a header that is not
        // written yet, and a standby never reports that far while nothing else is written.
        const ulong Page = 8192;
        await using var admin = new NpgsqlConnection(databases!.AdminOf(server!.Database));
        await admin.OpenAsync(Token);
        await using var there = new NpgsqlConnection(standby!.Of(databases.RuntimeOf(server.Database)));
        await there.OpenAsync(Token);
        var (pageEnds, overhead) = (0, 0UL);
        for (var round = 0; round < 500 && pageEnds < 20; round++)
        {
            var before = (ulong)(await ConsistencySql.PositionAsync(admin, Token)).Lsn;
            var rest = Page - (before % Page);
            var payload = overhead > 0 && rest > overhead ? rest - overhead : 40;
            await RunAsync(admin, $"select pg_logical_emit_message(true, 'x', repeat('x', {payload}))");
            var position = await ConsistencySql.PositionAsync(admin, Token);
            if ((ulong)position.Lsn / Page == before / Page)
            {
                overhead = (ulong)position.Lsn - before - payload;
            }

            pageEnds += (ulong)position.Lsn % Page == 0 ? 1 : 0;
            Assert.Equal(true, await RunAsync(there, $"select dmp_at_least({position.Cluster}, '{position.Lsn}')"));
        }

        Assert.Equal(20, pageEnds);
        DatabasePosition segment;
        var switches = 0;
        do
        {
            // PostgreSQL and the server write on their own: a record of theirs may follow before the position is asked.
            Assert.InRange(++switches, 1, 20);
            await RunAsync(admin, "select pg_switch_wal()");
            segment = await ConsistencySql.PositionAsync(admin, Token);
        }
        while ((ulong)segment.Lsn % Page != 0);

        Assert.Equal(true, await RunAsync(there, $"select dmp_at_least({segment.Cluster}, '{segment.Lsn}')"));
    }

    private static async Task<object?> RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }

    private DmpApi As(string token) => new(server!.Channel, token);

    private Task<object?> OnStandbyAsync(string sql) => Standby.RunAsync(standby!.Of(databases!.AdminOf("postgres")), sql);

    /// <summary>What the server finds about a caller and a record, read from the standby behind the token of these trailers.</summary>
    private async Task<AccessFacts?> DecideAsync(Caller caller, string recordId, Metadata? trailers)
    {
        DatabasePosition? atLeast = null;
        if (trailers is not null)
        {
            Assert.Null(server!.Services.GetRequiredService<ConsistencyTokens>()
                .Read(trailers.Get(ConsistencyTokens.MetadataName)!.Value, out atLeast));
            Assert.NotNull(atLeast);
        }

        await using var connection = new NpgsqlConnection(standby!.Of(databases!.RuntimeOf(server!.Database)));
        await connection.OpenAsync(Token);
        return await AccessSql.FindAsync(
            connection, caller with { HasSeen = atLeast }, Guid.Parse(recordId), TimeProvider.System.GetUtcNow(), Token);
    }
}
