using System.Diagnostics;
using System.Globalization;
using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Facts.V1;

namespace Dmp.Benchmarks;

/// <summary>
/// The emergency page of a record, as a message, beside three metadata searches of the same record one after the other: that is how long a
/// physician is to wait at the most.
/// </summary>
internal static class EmergencyBenchmark
{
    private const int SearchesMax = 3;

    private static int Documents => Effort.Of(100, 10);

    private static int Rounds => Effort.Of(400, 10);

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        var (recordId, insNumber) = await platform.OpenAnotherPersonAsync();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Documents),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (i, ct) =>
            {
                using var content = new MemoryStream(FactBenchmark.Stating(SmallCda.Next(insNumber), i));
                await platform.Client.UploadAsync(recordId, content, new DocumentMetadata(), cancellationToken: ct);
            });
        using (PeriodicTimer pause = new(TimeSpan.FromMilliseconds(100)))
        {
            ListFactsRequest request = new() { RecordId = recordId, PageSize = 200 };
            while (await FactBenchmark.CountWaitingAsync(platform, request) > 0 && await pause.WaitForNextTickAsync())
            {
            }
        }

        await platform.AnalyzeAsync();
        var (pages, searches) = (new List<double>(), new List<double>());
        for (var round = -Rounds / 4; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            await platform.Client.GetEmergencySummaryAsync(new GetEmergencySummaryRequest { RecordId = recordId });
            var page = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            for (var search = 0; search < SearchesMax; search++)
            {
                await platform.Client.SearchDocumentsPageAsync(new SearchDocumentsRequest { RecordId = recordId, PageSize = 20 });
            }

            var searched = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (round >= 0)
            {
                pages.Add(page);
                searches.Add(searched);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"emergency page of {Documents} documents: {At(pages, 0.5):F1} ms, p99 {At(pages, 0.99):F1} ms; "
            + $"three searches {At(searches, 0.5):F1} ms, p99 {At(searches, 0.99):F1} ms"));
    }

    private static double At(List<double> times, double part) => times.Order().ElementAt((int)(part * (times.Count - 1)));
}
