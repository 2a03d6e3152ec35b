using System.Diagnostics;
using System.Globalization;
using Dmp.Client;
using Dmp.Document.V1;
using Dmp.Server.Startup;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// Small CDA documents of many records, in documents per second: uploads by 16 streams beside a sink that makes the same bytes durable, and
/// one import beside the uploads. The three alternate, so that they meet the same machine. The load generator is in the same process.
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

        await using var sink = await StartSinkAsync(platform.Directory, source);
        var address = sink.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        using var sinkClient = new DmpClient(new DmpClientOptions
        {
            Address = new Uri(address),
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("none")),
        });

        List<double> floor = [], uploads = [], imports = [];
        for (var round = -WarmRounds; round < Rounds; round++)
        {
            var sinkRate = small ? await RateAsync("sink", platform.Directory, people, documents => UploadAsync(sinkClient, documents)) : 0;
            var uploadRate = await RateAsync("uploads", platform.Directory, people, documents => UploadAsync(platform.Client, documents));
            var importRate = import
                ? await RateAsync("import", platform.Directory, people, documents => ImportAsync(platform.Client, documents))
                : 0;
            if (round >= 0)
            {
                floor.Add(sinkRate);
                uploads.Add(uploadRate);
                imports.Add(importRate);
            }
        }

        var upload = UploadBenchmark.Median(uploads);
        if (small)
        {
            var rate = UploadBenchmark.Median(floor);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"small documents, {SmallCda.Next(people[0].InsNumber).Length / 1000} KB CDA, {Streams} streams: {upload:F0}/s, "
                + $"sink {rate:F0}/s, ratio {upload / rate:F2} (target 0.50)"));
        }

        if (import)
        {
            var rate = UploadBenchmark.Median(imports);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"import of the same: {rate:F0}/s, uploads {upload:F0}/s, ratio {rate / upload:F2} (target 3.00); "
                + $"ten times the national peak is 1550/s"));
        }
    }

    private static async Task<double> RateAsync(
        string what, string directory, List<(string RecordId, string InsNumber)> people,
        Func<List<(string RecordId, byte[] Content)>, Task> run)
    {
        var documents = Enumerable.Range(0, Documents)
            .Select(i => people[i % people.Count])
            .Select(person => (person.RecordId, SmallCda.Next(person.InsNumber)))
            .ToList();
        var begin = Stopwatch.GetTimestamp();
        var (own, database) = Processors(directory);
        await run(documents);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var (ownAfter, databaseAfter) = Processors(directory);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {what}: {Documents / seconds:F0}/s; processor time for each document {(ownAfter - own) * 1000 / Documents:F2} ms here, "
            + $"{(databaseAfter - database) * 1000 / Documents:F2} ms in PostgreSQL"));
        return Documents / seconds;
    }

    /// <summary>Processor seconds of this process, load generator included, and of its private PostgreSQL.</summary>
    private static (double Own, double Database) Processors(string directory)
    {
        using var own = Process.GetCurrentProcess();
        var postmaster = File.ReadLines(Path.Combine(directory, "postgres", "data", "postmaster.pid")).First();
        var ticks = 0L;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                // After the name in parentheses: state, parent, ..., and as 12th to 15th the ticks of itself and of children that ended.
                var stat = File.ReadAllText(Path.Combine(process, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                if (fields[1] == postmaster || Path.GetFileName(process) == postmaster)
                {
                    ticks += fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                // It ended in this moment.
            }
        }

        return (own.TotalProcessorTime.TotalSeconds, ticks / 100.0);
    }

    private static Task UploadAsync(DmpClient client, List<(string RecordId, byte[] Content)> documents) => Parallel.ForEachAsync(
        documents,
        new ParallelOptions { MaxDegreeOfParallelism = Streams },
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

    private static async Task<WebApplication> StartSinkAsync(string directory, NpgsqlDataSource source)
    {
        var files = Path.Combine(directory, "sink");
        Directory.CreateDirectory(files);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(UploadBenchmark.ListenAsServer);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = GrpcSetup.MessageBytesMax);
        builder.Services.AddSingleton(new SmallSinkService(files, source));
        var sink = builder.Build();
        sink.MapGrpcService<SmallSinkService>();
        await sink.StartAsync();
        return sink;
    }
}
