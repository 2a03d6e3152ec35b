using System.Globalization;
using System.Runtime.Versioning;
using Dmp.Audit.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Xunit;

namespace Dmp.Server.Tests.Resilience.Chaos;

/// <summary>
/// Goal: whatever is killed, nothing that was answered is lost, told twice behind a remembered token, told to the wrong one, or missing in
/// the trace. Method: eight writers and six subscribers work while server and database are killed at random; then everybody compares with
/// what is there. <c>DMP_CHAOS_SECONDS</c> makes it longer than in CI, <c>DMP_CHAOS_SEED</c> repeats the choices of the writers.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class ChaosTests
{
    private const int SecondsDefault = 25;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_answered_is_lost_whatever_is_killed()
    {
        var seconds = Setting("DMP_CHAOS_SECONDS", SecondsDefault);
        var seed = Setting("DMP_CHAOS_SEED", Environment.TickCount);
        TestContext.Current.TestOutputHelper!.WriteLine($"{seconds} s, seed {seed}");
        var journal = new CallJournal();
        await using var server = await ServerProcess.StartAsync("--Dmp:Upload:AbandonSeconds=2");
        var records = await OpenRecordsAsync(server, journal);

        var writers = await WritersAsync(server, records, journal, seed);
        using (var stop = new CancellationTokenSource(TimeSpan.FromSeconds(seconds)))
        {
            var kills = KillAsync(server, new Random(seed), stop.Token);
            await Task.WhenAll(writers.Select(writer => Task.Run(() => writer.Writer.RunAsync(stop.Token), Token)));
            var (servers, databases) = await kills;
            Report(journal, writers, servers, databases);
        }

        await AssertTracedAsync(server, records, journal);
    }

    /// <summary>Each answered call about these records, or by these callers, has its event.</summary>
    private static async Task AssertTracedAsync(ServerProcess server, string[] records, CallJournal journal)
    {
        var auditor = await server.AsAsync("auditor-michel");
        var traced = new HashSet<string>(StringComparer.Ordinal);
        foreach (var recordId in records)
        {
            var request = new ListRecordEventsRequest { RecordId = recordId, PageSize = 200 };
            do
            {
                var page = await auditor.Audit.ListRecordEventsAsync(request, cancellationToken: Token);
                traced.UnionWith(page.Events.Select(e => e.ServerRequestId));
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);
        }

        // The feed is about many records or none; its events are compared where its tests are.
        var answered = journal.Entries.Where(entry => !entry.Method.Contains("EventService", StringComparison.Ordinal)
            && entry.Status is not (StatusCode.Unavailable or StatusCode.Cancelled)).ToList();
        Assert.NotEmpty(answered);
        Assert.All(answered, entry => Assert.Contains(entry.ServerRequestId, traced));
    }

    private static async Task<(int Servers, int Databases)> KillAsync(ServerProcess server, Random random, CancellationToken until)
    {
        var (servers, databases) = (0, 0);
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(2 + (random.NextDouble() * 4)), until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (until.IsCancellationRequested)
            {
                return (servers, databases);
            }

            if (random.Next(2) == 0)
            {
                await server.KillAsync();
                await server.RestartAsync();
                servers++;
            }
            else
            {
                await server.KillPostgresAsync();
                databases++;
            }
        }
    }

    private static async Task<List<(string Persona, ChaosWriter Writer)>> WritersAsync(
        ServerProcess server, string[] records, CallJournal journal, int seed)
    {
        (string Persona, ChaosRole Role, string[] Records)[] staff =
        [
            ("dr-martin", ChaosRole.Professional, records), ("dr-martin", ChaosRole.Professional, records),
            ("dr-bernard", ChaosRole.Guest, records), ("dr-bernard", ChaosRole.Guest, records),
            ("nurse-richard", ChaosRole.Guest, records), ("hospital-saint-luc", ChaosRole.Structure, records),
            ("patient-jeanne", ChaosRole.Patient, records[..1]), ("patient-paul", ChaosRole.Patient, records[1..2]),
        ];
        var writers = new List<(string, ChaosWriter)>();
        foreach (var (persona, role, own) in staff)
        {
            var api = await AsAsync(server, persona, journal);
            writers.Add((persona, new ChaosWriter(api, own, role, new Random(seed + writers.Count), Token)));
        }

        return writers;
    }

    private static async Task<DmpApi> AsAsync(ServerProcess server, string persona, CallJournal journal) =>
        new((await server.AsAsync(persona)).Invoker.Intercept(journal));

    /// <summary>Jeanne's record, Paul's, and two of people who do not look; the physician is authorised on all.</summary>
    private static async Task<string[]> OpenRecordsAsync(ServerProcess server, CallJournal journal)
    {
        var physician = await AsAsync(server, "dr-martin", journal);
        var records = new List<string>();
        foreach (var request in new[]
        {
            await PatientAsync(server, "patient-jeanne"), await PatientAsync(server, "patient-paul"),
            Given.OpenRequest(TestPatient.New()), Given.OpenRequest(TestPatient.New()),
        })
        {
            var opened = await physician.Records.OpenRecordAsync(request, cancellationToken: Token);
            await physician.DeclareAsync(opened.Record.RecordId);
            records.Add(opened.Record.RecordId);
        }

        return [.. records];
    }

    private static async Task<OpenRecordRequest> PatientAsync(ServerProcess server, string persona)
    {
        var claims = await server.UserInfoAsync(persona);
        string Text(string name) => claims.GetProperty(name).GetString()!;
        return new OpenRecordRequest
        {
            Ins = new Ins { Number = Text("ins"), System = Text("ins_system") },
            Traits = new IdentityTraits
            {
                BirthFamilyName = Text("birth_family_name"),
                BirthGivenNames = { claims.GetProperty("birth_given_names").EnumerateArray().Select(name => name.GetString()!) },
                BirthDate = Text("birth_date"),
                Sex = Text("sex") == "F" ? Sex.Female : Sex.Male,
                BirthPlaceCode = Text("birth_place_code"),
            },
            IdentityStatus = IdentityStatus.Qualified,
            PatientInformed = true,
            RequestId = Given.NewId(),
        };
    }

    private static void Report(CallJournal journal, List<(string Persona, ChaosWriter Writer)> writers, int servers, int databases)
    {
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"{servers} kills of the server, {databases} of the database, {journal.Entries.Count} calls answered");
        output.WriteLine($"{writers.Sum(writer => writer.Writer.Written.Count)} changes of documents");
        foreach (var (reason, count) in writers.SelectMany(writer => writer.Writer.Refusals).GroupBy(one => one.Key, one => one.Value)
            .Select(one => (one.Key, one.Sum())))
        {
            output.WriteLine($"  refused: {reason} {count} times");
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
