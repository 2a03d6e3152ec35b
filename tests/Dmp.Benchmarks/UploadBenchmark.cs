using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Dmp.Client;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Benchmarks;

/// <summary>Streaming in and out in MB/s, beside a sink in the same process, alternating so that both meet the same machine.</summary>
internal static class UploadBenchmark
{
    private static int DocumentBytes => Effort.Of(20_000_000, 300_000);
    private static int Rounds => Effort.Of(30, 1);

    /// <summary>Until the compiler has optimised what runs often: the figures are those of a server that has run for a while.</summary>
    private static int WarmRounds => Effort.Of(15, 0);

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        var (sink, address) = await Floor.StartAsync<SinkService>(services => services.AddSingleton(new SinkService(platform.Directory)));
        await using var running = sink;
        using var sinkClient = new DmpClient(new DmpClientOptions
        {
            Address = address,
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("none")),
        });
        foreach (var parallel in new[] { 1, 4 })
        {
            await CompareAsync("upload", UploadAsync, platform, sinkClient, parallel, wanted: 0.7);
        }

        var documents = new Dictionary<DmpClient, string>
        {
            [sinkClient] = await StoreAsync(sinkClient, platform.RecordId),
            [platform.Client] = await StoreAsync(platform.Client, platform.RecordId),
        };
        foreach (var parallel in new[] { 1, 4 })
        {
            await CompareAsync(
                "download",
                (client, recordId, _) => client.DownloadAsync(recordId, documents[client], Stream.Null),
                platform,
                sinkClient,
                parallel,
                wanted: parallel == 1 ? 0.75 : 0.85);
        }
    }

    private static async Task CompareAsync(
        string name, Func<DmpClient, string, byte[], Task> transfer, BenchmarkPlatform platform, DmpClient sink, int parallel,
        double wanted)
    {
        var content = Content(DocumentBytes);
        var ours = new List<double>();
        var floor = new List<double>();
        for (var round = -WarmRounds; round < Rounds; round++)
        {
            var sinkSeconds = await MeasureAsync(transfer, sink, platform.RecordId, content, parallel);
            var ourSeconds = await MeasureAsync(transfer, platform.Client, platform.RecordId, content, parallel);
            if (round >= 0)
            {
                ours.Add(parallel * DocumentBytes / 1e6 / ourSeconds);
                floor.Add(parallel * DocumentBytes / 1e6 / sinkSeconds);
            }
        }

        var (median, floorMedian) = (Median(ours), Median(floor));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}, 20 MB, {parallel} at once: {median:F0} MB/s, sink {floorMedian:F0} MB/s, ratio {median / floorMedian:F2} (wanted "
            + $"{wanted:F2})"));
    }

    private static async Task<double> MeasureAsync(
        Func<DmpClient, string, byte[], Task> transfer, DmpClient client, string recordId, byte[] content, int parallel)
    {
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(() => transfer(client, recordId, content))));
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static async Task UploadAsync(DmpClient client, string recordId, byte[] content)
    {
        using var stream = new MemoryStream(content, writable: false);
        await client.UploadAsync(recordId, stream, Metadata());
    }

    private static async Task<string> StoreAsync(DmpClient client, string recordId)
    {
        using var stream = new MemoryStream(Content(DocumentBytes), writable: false);
        return (await client.UploadAsync(recordId, stream, Metadata())).DocumentId;
    }

    public static DocumentMetadata Metadata() => new()
    {
        Type = new Coding { System = "2.16.840.1.113883.6.1", Code = "11488-4" },
        Title = "Compte rendu",
        MediaType = "text/plain",
        CreationTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero)),
        ServiceStartTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 5, 4, 9, 0, 0, TimeSpan.Zero)),
    };

    public static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    public static byte[] Content(int size) =>
        System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetString("abcdefghijklmnop \n", size));
}
