using System.Diagnostics;
using System.Globalization;
using Dmp.Document.V1;
using Dmp.Record.V1;

namespace Dmp.Benchmarks;

/// <summary>
/// What a caller notices of another who keeps 64 searches of large pages running at once: its own calls in milliseconds, alone and beside
/// them. Figures without a floor: they say how far the turns of a caller (<c>Dmp:Edge:CallsPerCaller</c>) hold.
/// </summary>
internal static class NeighbourBenchmark
{
    private const int Searches = 64;

    private static readonly TimeSpan slice = TimeSpan.FromSeconds(Effort.Of(8, 1));

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        await SearchBenchmark.FillAsync(platform, platform.RecordId, documents: 500);
        await TimesAsync(platform);
        Print("alone", await TimesAsync(platform));

        using var ending = new CancellationTokenSource();
        var request = new SearchDocumentsRequest { RecordId = platform.RecordId, PageSize = 100 };
        var answered = 0;
        var crowd = Enumerable.Range(0, Searches).Select(_ => Task.Run(async () =>
        {
            while (!ending.IsCancellationRequested)
            {
                await platform.Client.SearchDocumentsPageAsync(request);
                Interlocked.Increment(ref answered);
            }
        })).ToList();
        await TimesAsync(platform);
        var times = await TimesAsync(platform);
        await ending.CancelAsync();
        await Task.WhenAll(crowd);
        Print($"beside {Searches} searches of one caller ({answered / (2 * slice.TotalSeconds):F0}/s)", times);
    }

    private static async Task<List<double>> TimesAsync(BenchmarkPlatform platform)
    {
        var times = new List<double>();
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < slice)
        {
            var start = Stopwatch.GetTimestamp();
            await platform.Colleague.ListRecordsPageAsync(new ListRecordsRequest());
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        return times;
    }

    private static void Print(string when, List<double> times) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"one caller's calls {when}: {times.Count}, p50 {times[times.Count / 2]:F1} ms, p99 {times[times.Count * 99 / 100]:F1} ms"));
}
