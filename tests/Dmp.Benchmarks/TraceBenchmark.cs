using System.Globalization;
using Dmp.Document.V1;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// What the trace costs: searches and uploads beside the same calls while PostgreSQL is told to drop each event before it is stored. The
/// call still makes its event and sends it; what is compared is everything from there on. Same server, same minute, in turns.
/// </summary>
internal static class TraceBenchmark
{
    private static int Documents => Effort.Of(200, 40);
    private const int PageSize = 20;
    private const int Parallel = 8;
    private const int DocumentBytes = 30 * 1024;
    private static int Rounds => Effort.Of(5, 1);

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        await using var owner = await platform.OpenOwnerAsync();
        await using (var prepare = new NpgsqlCommand(
            """
            create function drop_event() returns trigger language plpgsql as 'begin return null; end';
            create trigger drop_event before insert on audit_event for each row execute function drop_event();
            """,
            owner))
        {
            await prepare.ExecuteNonQueryAsync();
        }

        var recordId = await platform.OpenAnotherRecordAsync();
        var content = new byte[DocumentBytes];
        Array.Fill(content, (byte)'x');
        for (var i = 0; i < Documents; i++)
        {
            await UploadAsync(platform, recordId, content);
        }

        await platform.AnalyzeAsync();
        var request = new SearchDocumentsRequest { RecordId = recordId, PageSize = PageSize };
        await CompareAsync(
            owner, $"search, {PageSize} of {Documents} documents, 1 at once", 1, _ => platform.Client.SearchDocumentsPageAsync(request));
        await CompareAsync(
            owner, $"search, {PageSize} of {Documents} documents, {Parallel} at once", Parallel,
            _ => platform.Client.SearchDocumentsPageAsync(request));
        var records = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => platform.OpenAnotherRecordAsync()));
        await CompareAsync(
            owner, "upload of 30 KB, 1 at once", 1, worker => UploadAsync(platform, records[worker], content));
        await CompareAsync(
            owner, $"upload of 30 KB, {Parallel} at once", Parallel, worker => UploadAsync(platform, records[worker], content));
        await SetAsync(owner, dropped: false);
    }

    private static async Task CompareAsync(NpgsqlConnection owner, string name, int parallel, Func<int, Task> call)
    {
        var (with, without) = (new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            await SetAsync(owner, dropped: false);
            var traced = await SearchBenchmark.RateAsync(call, parallel);
            await SetAsync(owner, dropped: true);
            var untraced = await SearchBenchmark.RateAsync(call, parallel);
            if (round >= 0)
            {
                with.Add(traced);
                without.Add(untraced);
            }
        }

        var (ours, floor) = (UploadBenchmark.Median(with), UploadBenchmark.Median(without));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"trace, {name}: {ours:F0}/s, with every event dropped {floor:F0}/s, time ratio {floor / ours:F2} (target 1.3 at most)"));
    }

    private static async Task SetAsync(NpgsqlConnection owner, bool dropped)
    {
        await using var set = new NpgsqlCommand($"alter table audit_event {(dropped ? "enable" : "disable")} trigger drop_event", owner);
        await set.ExecuteNonQueryAsync();
    }

    private static async Task UploadAsync(BenchmarkPlatform platform, string recordId, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        await platform.Client.UploadAsync(recordId, content, UploadBenchmark.Metadata());
    }
}
