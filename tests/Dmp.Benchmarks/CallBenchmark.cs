using System.Diagnostics;
using System.Globalization;
using Dmp.Consent.V1;
using Dmp.Document.V1;

namespace Dmp.Benchmarks;

/// <summary>
/// Single calls: the metadata of one document beside an echo that checks the same token, and a revocation beside five inserts in one
/// transaction by pgbench.
/// </summary>
internal static class CallBenchmark
{
    private const int Parallel = 8;

    private static int Rounds => Effort.Of(6, 1);

    /// <summary>Until the compiler has optimised what runs often.</summary>
    private static int WarmRounds => Effort.Of(6, 0);

    private static int Revocations => Effort.Of(150, 2);

    public static async Task ReadAsync(BenchmarkPlatform platform)
    {
        using var content = new MemoryStream("Texte"u8.ToArray());
        var stored = await platform.Client.UploadAsync(platform.RecordId, content, UploadBenchmark.Metadata());
        var request = new GetDocumentRequest { RecordId = platform.RecordId, DocumentId = stored.DocumentId };
        var answer = new GetDocumentResponse { Document = await platform.Client.GetDocumentAsync(request) };
        var (echo, address) = await Floor.StartAsync<EchoService>(
            services => services.AddSingleton(new EchoService(answer)), platform.Issuer);
        await using var running = echo;
        using var echoClient = platform.Connect(address);
        var (ours, floor) = (new List<double>(), new List<double>());
        for (var round = -WarmRounds; round < Rounds; round++)
        {
            var answered = await SearchBenchmark.RateAsync(_ => platform.Client.GetDocumentAsync(request), Parallel);
            var echoed = await SearchBenchmark.RateAsync(_ => echoClient.GetDocumentAsync(request), Parallel);
            if (round >= 0)
            {
                ours.Add(answered);
                floor.Add(echoed);
            }
        }

        var (median, floorMedian) = (UploadBenchmark.Median(ours), UploadBenchmark.Median(floor));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"read of one document's metadata, {Parallel} at once: {median:F0}/s, echo with the token check {floorMedian:F0}/s, "
            + $"ratio {median / floorMedian:F2} (wanted 0.25)"));
    }

    public static async Task RevokeAsync(BenchmarkPlatform platform)
    {
        var (ours, floor) = (new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            var revoked = await RevocationsAsync(platform);
            var inserted = await Pgbench.FiveInsertsAsync(platform, TimeSpan.FromSeconds(Effort.Of(2, 1)));
            if (round >= 0)
            {
                ours.Add(revoked);
                floor.Add(inserted);
            }
        }

        var (median, floorMedian) = (UploadBenchmark.Median(ours), UploadBenchmark.Median(floor));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"revocation, one after the other: {median:F0}/s, five inserts in one transaction by pgbench {floorMedian:F0}/s, "
            + $"ratio {median / floorMedian:F2} (wanted 0.35)"));
    }

    /// <summary>Revocations a second; what is revoked is declared before, and not counted.</summary>
    private static async Task<double> RevocationsAsync(BenchmarkPlatform platform)
    {
        var time = 0.0;
        for (var i = 0; i < Revocations; i++)
        {
            var declared = await platform.Colleague.DeclareConsentAsync(
                new DeclareConsentRequest { RecordId = platform.RecordId, Collection = ConsentCollection.PatientPresent });
            var begin = Stopwatch.GetTimestamp();
            await platform.Colleague.RevokeConsentAsync(
                new RevokeConsentRequest { RecordId = platform.RecordId, ConsentId = declared.ConsentId });
            time += Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }

        return Revocations / time;
    }
}
