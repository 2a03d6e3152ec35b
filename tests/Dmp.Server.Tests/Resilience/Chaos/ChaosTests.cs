using System.Diagnostics;
using System.Runtime.Versioning;
using Dmp.Audit.V1;
using Dmp.Event.V1;
using Dmp.Proofs;
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
/// what is there. <c>DMP_CHAOS_KILLS</c> makes it longer than in CI, <c>DMP_CHAOS_SEED</c> repeats the choices of the writers.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class ChaosTests
{
    // One of each, and one more. DMP_CHAOS_KILLS says how many.
    private const int KillsDefault = 3;

    // Calls that are answered between one kill and the next.
    private const int CallsMin = 40;
    private const int CallsMax = 120;

    /// <summary>The last one has nothing to do with anybody, and is told nothing.</summary>
    private static readonly string[] followers =
        ["dr-martin", "dr-bernard", "nurse-richard", "hospital-saint-luc", "patient-jeanne", "pharmacist-robert"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_answered_is_lost_whatever_is_killed()
    {
        var kills = Drill.Setting("DMP_CHAOS_KILLS", KillsDefault);
        var seed = Drill.Setting("DMP_CHAOS_SEED", Environment.TickCount);
        TestContext.Current.TestOutputHelper!.WriteLine($"{kills} kills, seed {seed}");
        var journal = new CallJournal();
        await using var server = await ServerProcess.StartAsync("--Dmp:Upload:AbandonSeconds=2", "--Dmp:Feed:HeartbeatSeconds=1");
        var records = await OpenRecordsAsync(server, journal);

        using var quiet = new CancellationTokenSource();
        var subscribers = followers
            .Select((persona, i) => new ChaosSubscriber(persona, () => AsAsync(server, persona, journal), new Random(seed + 100 + i)))
            .ToArray();
        var following = subscribers.Select(subscriber => subscriber.RunAsync(quiet.Token, Token)).ToArray();
        var writers = await WritersAsync(server, records, journal, seed);
        var kept = await CheckpointAsync(server);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Token))
        {
            var writing = Task.WhenAll(writers.Select(writer => Task.Run(() => writer.Writer.RunAsync(stop.Token), Token)));
            var random = new Random(seed);
            var (servers, databases) = await KillAsync(server, random, kills, WorkAsync);
            await stop.CancelAsync();
            await writing;
            Report(journal, writers, servers, databases);

            // Writers stop when they are told to: one that stopped before has failed, which is told where it is awaited.
            Task WorkAsync()
            {
                var enough = journal.Entries.Count + random.Next(CallsMin, CallsMax);
                return Waiting.UntilAsync(() => writing.IsCompleted || journal.Entries.Count >= enough);
            }
        }

        await quiet.CancelAsync();
        await Task.WhenAll(following).WaitAsync(TimeSpan.FromSeconds(90), Token);

        foreach (var subscriber in subscribers)
        {
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"{subscriber.Name}: {subscriber.Events.Count} events over {subscriber.Streams} streams");
            var own = writers.Where(writer => writer.Persona == subscriber.Name).SelectMany(writer => writer.Writer.Written)
                .ToLookup(change => change.DocumentId);
            var differences = await subscriber.CompareAsync(records, own, isStructure: subscriber.Name == "hospital-saint-luc", Token);
            Assert.True(differences.Count == 0, string.Join('\n', differences));
            Assert.Empty(subscriber.Repeated);
        }

        Assert.Empty(subscribers[^1].Events);
        AssertInOrder(
            subscribers.Single(subscriber => subscriber.Name == "patient-jeanne"), records[0],
            writers.SelectMany(writer => writer.Writer.Written));
        var traced = await AssertTracedAsync(server, records, journal);
        await AssertProvenAsync(server, traced, kept);
    }

    /// <summary>The patient sees everything in her record: each of its documents came with all its changes, in their order.</summary>
    private static void AssertInOrder(ChaosSubscriber patient, string recordId, IEnumerable<WrittenChange> written)
    {
        var told = patient.Events.Where(one => one.RecordId == recordId).ToLookup(one => one.DocumentId, one => (one.Kind, one.Version));
        foreach (var document in written.Where(change => change.RecordId == recordId).GroupBy(change => change.DocumentId))
        {
            var expected = document.Select(
                change => (Kind: KindOf(change.What), Version: change.What == "delete" ? 0 : change.Version)).ToList();
            var came = told[document.Key].ToList();
            if (expected[^1].Kind != ChangeKind.Deleted)
            {
                Assert.Equal(expected, came);
                continue;
            }

            // Of a document that is gone, what came before may have been told as its end, but nothing in another order and nothing behind
            // it.
            Assert.Equal(ChangeKind.Deleted, came.Count == 0 ? ChangeKind.Deleted : came[^1].Kind);
            var rest = expected.AsEnumerable();
            foreach (var one in came.TakeWhile(one => one.Kind != ChangeKind.Deleted))
            {
                rest = rest.SkipWhile(other => other.Kind != one.Kind);
                Assert.NotEmpty(rest);
                rest = rest.Skip(1);
            }

            Assert.All(came.SkipWhile(one => one.Kind != ChangeKind.Deleted), one => Assert.Equal(ChangeKind.Deleted, one.Kind));
        }
    }

    private static ChangeKind KindOf(string what) => what switch
    {
        "create" => ChangeKind.Created,
        "replace" => ChangeKind.Replaced,
        "mask" => ChangeKind.Hidden,
        "unmask" => ChangeKind.Unhidden,
        "delete" => ChangeKind.Deleted,
        _ => ChangeKind.MetadataChanged,
    };

    /// <summary>Each answered call about these records, or by these callers, has its event.</summary>
    private static async Task<Dictionary<string, List<AuditEvent>>> AssertTracedAsync(
        ServerProcess server, string[] records, CallJournal journal)
    {
        var auditor = await server.AsAsync("auditor-michel");
        var events = new Dictionary<string, List<AuditEvent>>();
        foreach (var recordId in records)
        {
            events[recordId] = [];
            var request = new ListRecordEventsRequest { RecordId = recordId, PageSize = 200 };
            do
            {
                var page = await auditor.Audit.ListRecordEventsAsync(request, cancellationToken: Token);
                events[recordId].AddRange(page.Events);
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);
        }

        // The feed is about many records or none; its events are compared where its tests are.
        var answered = journal.Entries.Where(entry => !entry.Method.Contains("EventService", StringComparison.Ordinal)
            && entry.Status is not (StatusCode.Unavailable or StatusCode.Cancelled)).ToList();
        var traced = events.Values.SelectMany(list => list).Select(e => e.ServerRequestId).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(answered);
        Assert.All(answered, entry => Assert.Contains(entry.ServerRequestId, traced));
        return events;
    }

    /// <summary>Each of these events is proven in a log that continues the checkpoint kept before the first kill.</summary>
    private static async Task AssertProvenAsync(
        ServerProcess server, Dictionary<string, List<AuditEvent>> events, GetCheckpointResponse kept)
    {
        var auditor = await server.AsAsync("auditor-michel");
        var verifier = new TraceVerifier(kept.Vkeys);
        var begin = Stopwatch.GetTimestamp();
        foreach (var (recordId, traced) in events)
        {
            HashSet<string> proven;
            do
            {
                // The last events are in the log some seconds after they were written.
                proven = [];
                using var export = auditor.Audit.ExportRecordEvents(
                    new() { RecordId = recordId, EarlierTreeSize = kept.Checkpoint.TreeSize }, cancellationToken: Token);
                var result = await verifier.VerifyAsync(
                    export.ResponseStream.ReadAllAsync(Token), kept.Checkpoint.Note, e => proven.Add(e.EventId), Token);
                Assert.Empty(result.Faults);
            }
            while (!traced.TrueForAll(e => proven.Contains(e.EventId)) && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(60));
            Assert.All(traced, e => Assert.Contains(e.EventId, proven));
        }
    }

    private static async Task<GetCheckpointResponse> CheckpointAsync(ServerProcess server)
    {
        var auditor = await server.AsAsync("auditor-michel");
        var (answer, refusal) = await Patience.UntilAnsweredAsync(
            async () => await auditor.Audit.GetCheckpointAsync(new(), cancellationToken: Token), Token);
        Assert.Null(refusal);
        return answer!;
    }

    /// <summary>Kills the server or its database, the second time the other one; they work for a while before and after each.</summary>
    private static async Task<(int Servers, int Databases)> KillAsync(ServerProcess server, Random random, int kills, Func<Task> workAsync)
    {
        var (servers, databases) = (0, 0);
        while (servers + databases < kills)
        {
            await workAsync();
            if (servers + databases == 1 ? servers == 0 : random.Next(2) == 0)
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

        await workAsync();
        return (servers, databases);
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
}
