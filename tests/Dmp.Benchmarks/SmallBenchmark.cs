using System.Diagnostics;
using System.Globalization;
using Dmp.Client;
using Dmp.Document.V1;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// Small CDA documents of many records, in documents per second: uploads by 16 streams and one import, each beside a sink that makes the
/// same bytes durable. The three alternate, so that they meet the same machine. The load generator is in the same process.
/// </summary>
internal static class SmallBenchmark
{
    private static int Records => Effort.Of(100, 2);
    private const int Streams = 16;
    private static int Documents => Effort.Of(1500, 30);
    private static int Rounds => Effort.Of(5, 1);

    /// <summary>Until the compiler has optimised what runs often.</summary>
    private static int WarmRounds => Effort.Of(6, 0);

    public static async Task RunAsync(BenchmarkPlatform platform, bool small, bool import)
    {
        var people = new List<(string RecordId, string InsNumber)>();
        for (var i = 0; i < Records; i++)
        {
            people.Add(await platform.OpenAnotherPersonAsync());
        }

        await platform.AnalyzeAsync();
        await using var source = NpgsqlDataSource.Create(await platform.OwnerConnectionAsync() + ";Max Auto Prepare=10");
        await using (var create = source.CreateCommand(SmallSinkService.Table))
        {
            await create.ExecuteNonQueryAsync();
        }

        var files = Directory.CreateDirectory(Path.Combine(platform.Directory, "sink")).FullName;
        var (sink, address) = await Floor.StartAsync<SmallSinkService>(
            services => services.AddSingleton(new SmallSinkService(files, source)));
        await using var running = sink;
        using var sinkClient = new DmpClient(new DmpClientOptions
        {
            Address = address,
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("none")),
        });

        List<Run> floor = [], uploads = [], imports = [];
        for (var round = -WarmRounds; round < Rounds; round++)
        {
            if (round == 0)
            {
                // Where there were no documents before, plans are those for none.
                await platform.AnalyzeAsync();
            }

            var sinkRun = await MeasureAsync("sink", platform.Directory, people, documents => UploadAsync(sinkClient, documents));
            var uploadRun = small
                ? await MeasureAsync("uploads", platform.Directory, people, documents => UploadAsync(platform.Client, documents))
                : default;
            var importRun = import
                ? await MeasureAsync("import", platform.Directory, people, documents => ImportAsync(platform.Client, documents))
                : default;
            if (round >= 0)
            {
                floor.Add(sinkRun);
                uploads.Add(uploadRun);
                imports.Add(importRun);
            }
        }

        var (sinkRate, sinkTime) = Median(floor);
        if (small)
        {
            var (rate, time) = Median(uploads);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"small documents, {SmallCda.Next(people[0].InsNumber).Length / 1000} KB CDA, {Streams} streams: {rate:F0}/s, "
                + $"sink {sinkRate:F0}/s, ratio {rate / sinkRate:F2} (wanted 0.40); processor time of one {time:F2} ms, "
                + $"sink {sinkTime:F2} ms, {time / sinkTime:F1} times (wanted 2.5)"));
            await LogAsync(platform, people[0]);
        }

        if (import)
        {
            var (rate, time) = Median(imports);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"import of the same: {rate:F0}/s, sink {sinkRate:F0}/s, ratio {rate / sinkRate:F2} (wanted 0.85); processor time of one "
                + $"{time:F2} ms; ten times the national peak is 1550/s"));
        }
    }

    private static (double Rate, double Time) Median(List<Run> runs) =>
        (UploadBenchmark.Median([.. runs.Select(run => run.Rate)]), UploadBenchmark.Median([.. runs.Select(run => run.Time)]));

    private static async Task<Run> MeasureAsync(
        string what, string directory, List<(string RecordId, string InsNumber)> people,
        Func<List<(string RecordId, byte[] Content)>, Task> run)
    {
        var documents = Enumerable.Range(0, Documents)
            .Select(i => people[i % people.Count])
            .Select(person => (person.RecordId, SmallCda.Next(person.InsNumber)))
            .ToList();
        var begin = Stopwatch.GetTimestamp();
        var before = Processors.Now(directory);
        await run(documents);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var used = Processors.Now(directory).Since(before, Documents);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {what}: {Documents / seconds:F0}/s; processor time for each document {used.Own:F2} ms here, "
            + $"{used.Database:F2} ms in PostgreSQL"));
        return new Run(Documents / seconds, used.Both);
    }

    /// <summary>What single uploads into one record write into PostgreSQL's log, one after the other, with all that follows them.</summary>
    private static async Task LogAsync(BenchmarkPlatform platform, (string RecordId, string InsNumber) person)
    {
        await using var owner = await platform.OpenOwnerAsync();
        async Task<(decimal Bytes, long Transactions)> EndAsync()
        {
            await using var command = new NpgsqlCommand(
                "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn, pg_snapshot_xmax(pg_current_snapshot())::text::bigint", owner);
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            return (reader.GetDecimal(0), reader.GetInt64(1));
        }

        var count = Effort.Of(500, 5);
        Task UploadAllAsync() => UploadAsync(
            platform.Client,
            [.. Enumerable.Range(0, count).Select(_ => (person.RecordId, SmallCda.Next(person.InsNumber)))],
            streams: 1);
        await UploadAllAsync();
        var before = await EndAsync();
        await UploadAllAsync();
        var after = await EndAsync();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"write-ahead log of one single upload, same record: {(after.Bytes - before.Bytes) / 1000 / count:F1} kB "
            + $"(wanted 14), {(double)(after.Transactions - before.Transactions) / count:F1} transactions (wanted 1.2)"));
    }

    private static Task UploadAsync(
        DmpClient client, List<(string RecordId, byte[] Content)> documents, int streams = Streams) => Parallel.ForEachAsync(
        documents,
        new ParallelOptions { MaxDegreeOfParallelism = streams },
        async (document, ct) =>
        {
            using var stream = new MemoryStream(document.Content, writable: false);
            await client.UploadAsync(document.RecordId, stream, new DocumentMetadata(), cancellationToken: ct);
        });

    private static async Task ImportAsync(DmpClient client, List<(string RecordId, byte[] Content)> documents)
    {
        var items = documents.Select((document, i) => new ImportItem
        {
            Key = i.ToString(CultureInfo.InvariantCulture),
            RecordId = document.RecordId,
            Open = _ => ValueTask.FromResult<Stream>(new MemoryStream(document.Content, writable: false)),
        });
        await foreach (var outcome in client.ImportAsync(items.ToAsyncEnumerable()))
        {
            if (outcome.Error is { } failure)
            {
                throw failure;
            }
        }
    }

    private readonly record struct Run(double Rate, double Time);
}
