using System.Diagnostics;
using System.Globalization;
using Dmp.Document.V1;

namespace Dmp.Benchmarks;

/// <summary>
/// Metadata search in requests/s, beside the statements of a search as they stood at 5922e6d (who may see, what there is, the event in the
/// trace) sent by pgbench, prepared, on connections that stay open.
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
        var recordId = await platform.OpenAnotherRecordAsync();
        await FillAsync(platform, recordId, documents);
        var request = new SearchDocumentsRequest { RecordId = recordId, PageSize = pageSize };
        var found = await platform.Client.SearchDocumentsPageAsync(request);
        var depositor = found.Documents[0].Depositor;
        FrozenSearch frozen = new(platform, Guid.Parse(recordId), depositor.Id, depositor.StructureId, pageSize + 1);
        await frozen.FillAsync();
        await platform.AnalyzeAsync();
        var ids = found.Documents.Select(document => Guid.Parse(document.DocumentId)).ToList();
        for (var i = 0; i < WarmSlices; i++)
        {
            await RateAsync(_ => platform.Client.SearchDocumentsPageAsync(request), Parallel);
        }

        var (ours, floor, readsOnly) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            var search = await RateAsync(_ => platform.Client.SearchDocumentsPageAsync(request), Parallel);
            var same = await frozen.RateAsync(ids, withTrace: true, Parallel, slice);
            var reads = await frozen.RateAsync(ids, withTrace: false, Parallel, slice);
            if (round >= 0)
            {
                ours.Add(search);
                floor.Add(same);
                readsOnly.Add(reads);
            }
        }

        var median = UploadBenchmark.Median(ours);
        var what = string.Create(CultureInfo.InvariantCulture, $"search, {pageSize} of {documents} documents, {Parallel} at once");
        Print(what, "the frozen SQL by pgbench", median, UploadBenchmark.Median(floor), "(wanted 0.60)");
        Print(what, "the same without the event in the trace", median, UploadBenchmark.Median(readsOnly), "");
    }

    private static void Print(string what, string floorName, double ours, double floor, string target) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: {ours:F0}/s, {floorName} {floor:F0}/s, ratio {ours / floor:F2} {target}"));

    public static Task FillAsync(BenchmarkPlatform platform, string recordId, int documents) =>
        System.Threading.Tasks.Parallel.ForEachAsync(
            Enumerable.Range(0, documents),
            new ParallelOptions { MaxDegreeOfParallelism = Parallel },
            async (i, ct) =>
            {
                using var content = new MemoryStream("Texte"u8.ToArray());
                var metadata = UploadBenchmark.Metadata();
                metadata.ServiceStartTime.Seconds += i;
                await platform.Client.UploadAsync(recordId, content, metadata, cancellationToken: ct);
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
