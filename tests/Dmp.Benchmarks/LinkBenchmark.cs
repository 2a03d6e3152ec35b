using System.Diagnostics;
using System.Globalization;
using Dmp.Client;

namespace Dmp.Benchmarks;

/// <summary>One document of 100 MB in and out over a line of 1 Gbit/s with a delay, beside the same line without.</summary>
internal static class LinkBenchmark
{
    private static int DocumentBytes => Effort.Of(100_000_000, 1_000_000);
    private static int Rounds => Effort.Of(5, 1);
    private const double BytesPerSecond = 125e6;
    private static readonly TimeSpan roundTrip = TimeSpan.FromMilliseconds(25);

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        var content = UploadBenchmark.Content(DocumentBytes);
        await using var near = new DelayLine(platform.Address, TimeSpan.Zero, BytesPerSecond);
        await using var far = new DelayLine(platform.Address, roundTrip / 2, BytesPerSecond);
        using var direct = platform.Connect(near.Address);
        using var delayed = platform.Connect(far.Address);
        var figures = new Dictionary<DmpClient, (List<double> Up, List<double> Down)> { [direct] = ([], []), [delayed] = ([], []) };
        for (var round = -1; round < Rounds; round++)
        {
            foreach (var (client, (up, down)) in figures)
            {
                using var stream = new MemoryStream(content, writable: false);
                var begin = Stopwatch.GetTimestamp();
                var document = await client.UploadAsync(platform.RecordId, stream, UploadBenchmark.Metadata());
                var upSeconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                begin = Stopwatch.GetTimestamp();
                await client.DownloadAsync(platform.RecordId, document.DocumentId, Stream.Null);
                if (round >= 0)
                {
                    up.Add(DocumentBytes / 1e6 / upSeconds);
                    down.Add(DocumentBytes / 1e6 / Stopwatch.GetElapsedTime(begin).TotalSeconds);
                }
            }
        }

        Print("upload", figures[delayed].Up, figures[direct].Up);
        Print("download", figures[delayed].Down, figures[direct].Down);
    }

    private static void Print(string name, List<double> delayed, List<double> direct)
    {
        var (there, here) = (UploadBenchmark.Median(delayed), UploadBenchmark.Median(direct));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}, 100 MB, 1 Gbit/s, {roundTrip.TotalMilliseconds:F0} ms round trip: {there:F0} MB/s, without delay {here:F0} MB/s, "
            + $"ratio {there / here:F2} (target 0.80)"));
    }
}
