using System.Diagnostics;
using System.Globalization;
using Dmp.Document.V1;
using Dmp.Server.Postgres;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// Metadata search in requests/s, beside the very statements it runs (who may see, what there is, the event in the trace) sent by pgbench,
/// prepared, on connections that stay open.
/// </summary>
internal static class SearchBenchmark
{
    private const int Parallel = 8;

    private static int Rounds => Effort.Of(4, 1);

    /// <summary>Until the compiler has optimised what runs often, which takes half a minute on two busy processors.</summary>
    private static int WarmSlices => Effort.Of(12, 0);

    private static readonly TimeSpan slice = TimeSpan.FromSeconds(Effort.Of(3, 1));

    /// <summary>A page of a record with so many documents: one that they fill, or one that ends with them.</summary>
    public static async Task RunAsync(BenchmarkPlatform platform, int documents, int pageSize)
    {
        await FillAsync(platform, documents);
        var request = new SearchDocumentsRequest { RecordId = platform.RecordId, PageSize = pageSize };
        var found = await platform.Client.SearchDocumentsPageAsync(request);
        var depositor = found.Documents[0].Depositor;
        var statements = new SearchFloor(Guid.Parse(platform.RecordId), depositor.Id, depositor.StructureId, pageSize + 1);
        var ids = found.Documents.Select(document => Guid.Parse(document.DocumentId)).ToList();
        for (var i = 0; i < WarmSlices; i++)
        {
            await RateAsync(_ => platform.Client.SearchDocumentsPageAsync(request), Parallel);
        }

        var (ours, floor, readsOnly) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            var search = await RateAsync(_ => platform.Client.SearchDocumentsPageAsync(request), Parallel);
            var same = await PgbenchAsync(platform, statements.Script(ids, withTrace: true));
            var reads = await PgbenchAsync(platform, statements.Script(ids, withTrace: false));
            if (round >= 0)
            {
                ours.Add(search);
                floor.Add(same);
                readsOnly.Add(reads);
            }
        }

        var median = UploadBenchmark.Median(ours);
        var what = string.Create(CultureInfo.InvariantCulture, $"search, {pageSize} of {documents} documents, {Parallel} at once");
        Print(what, "the same SQL by pgbench", median, UploadBenchmark.Median(floor), "(target 0.50)");
        Print(what, "the same without the event in the trace", median, UploadBenchmark.Median(readsOnly), "");
    }

    /// <summary>Scripts a second.</summary>
    private static async Task<double> PgbenchAsync(BenchmarkPlatform platform, string script)
    {
        var file = Path.Combine(platform.Directory, "search.pgbench");
        await File.WriteAllTextAsync(file, script);
        var settings = new NpgsqlConnectionStringBuilder(platform.Services.GetRequiredService<NpgsqlDataSource>().ConnectionString);
        var start = new ProcessStartInfo(
            Path.Combine((await PostgresBinaries.FindAsync(null, null, CancellationToken.None)).Folder, "pgbench"),
            [
                "--no-vacuum", "--protocol=prepared", $"--client={Parallel}", "--jobs=1", $"--time={slice.TotalSeconds:F0}",
                $"--file={file}",
                $"--host={settings.Host}", $"--port={settings.Port}", $"--username={settings.Username}", settings.Database!,
            ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["PGOPTIONS"] =
            "-c enable_bitmapscan=off -c enable_seqscan=off -c enable_sort=off -c enable_hashjoin=off -c enable_mergejoin=off -c "
            + "plan_cache_mode=force_generic_plan";
        start.Environment["PGPASSWORD"] = await platform.SecretAsync("Runtime");
        using var pgbench = Process.Start(start) ?? throw new InvalidOperationException("pgbench does not start.");
        var output = await pgbench.StandardOutput.ReadToEndAsync();
        await pgbench.WaitForExitAsync();
        var line = output.Split('\n').FirstOrDefault(one => one.StartsWith("tps = ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException("pgbench made no transactions.");
        return double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    private static void Print(string what, string floorName, double ours, double floor, string target) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: {ours:F0}/s, {floorName} {floor:F0}/s, ratio {ours / floor:F2} {target}"));

    public static async Task FillAsync(BenchmarkPlatform platform, int documents) => await System.Threading.Tasks.Parallel.ForEachAsync(
        Enumerable.Range(0, documents),
        new ParallelOptions { MaxDegreeOfParallelism = Parallel },
        async (i, ct) =>
        {
            using var content = new MemoryStream("Texte"u8.ToArray());
            var metadata = UploadBenchmark.Metadata();
            metadata.ServiceStartTime.Seconds += i;
            await platform.Client.UploadAsync(platform.RecordId, content, metadata, cancellationToken: ct);
        });

    /// <summary>Calls a second, by so many workers at once.</summary>
    public static async Task<double> RateAsync(Func<int, Task> call, int parallel)
    {
        var begin = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, parallel).Select(worker => Task.Run(async () =>
        {
            var count = 0;
            while (Stopwatch.GetElapsedTime(begin) < slice)
            {
                await call(worker);
                count++;
            }

            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
