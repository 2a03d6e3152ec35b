using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dmp.Client;
using Dmp.Document.V1;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// The queue of documents that are to be read: how long an import at full speed leaves it behind, how fast it is read when nothing else
/// runs and what one costs of the processors, and how long small documents wait behind large ones.
/// </summary>
internal static class QueueBenchmark
{
    private const int Records = 50;

    /// <summary>3 MB of words that are all different take a second or so.</summary>
    private const int LargeWords = 300_000;

    private static int Documents => Effort.Of(2_000, 20);

    private static int LargeDocuments => Effort.Of(8, 1);

    private static int Rounds => Effort.Of(5, 1);

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        var people = new List<(string RecordId, string InsNumber)>();
        for (var i = 0; i < Effort.Of(Records, 2); i++)
        {
            people.Add(await platform.OpenAnotherPersonAsync());
        }

        await using var owner = await platform.OpenOwnerAsync();
        await ImportAsync(platform, owner, people, isTold: false);
        await platform.AnalyzeAsync();
        for (var round = 0; round < Rounds; round++)
        {
            await ImportAsync(platform, owner, people, isTold: true);
            await ReadAgainAsync(platform, owner);
            await BehindLargeAsync(platform, owner, people[0]);
        }
    }

    /// <summary>An import at full speed, and how long after its end all is read.</summary>
    private static async Task ImportAsync(
        BenchmarkPlatform platform, NpgsqlConnection owner, List<(string RecordId, string InsNumber)> people, bool isTold)
    {
        // In memory before, so that the import alone is measured.
        var documents = Enumerable.Range(0, Documents)
            .Select(i => people[i % people.Count])
            .Select(person => (person.RecordId, Content: SmallCda.Next(person.InsNumber)))
            .ToList();
        var begin = Stopwatch.GetTimestamp();
        await foreach (var outcome in platform.Client.ImportAsync(documents.Select((document, i) => new ImportItem
        {
            Key = i.ToString(CultureInfo.InvariantCulture),
            RecordId = document.RecordId,
            Open = _ => ValueTask.FromResult<Stream>(new MemoryStream(document.Content, writable: false)),
        }).ToAsyncEnumerable()))
        {
            if (outcome.Error is { } failure)
            {
                throw failure;
            }
        }

        var imported = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var left = await WaitingAsync(owner);
        await UntilReadAsync(owner);
        var read = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (isTold)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"queue, import: {Documents / imported:F0}/s, at its end {left} of {Documents} wait; "
                + $"all read {read - imported:F1} s later"));
        }
    }

    /// <summary>All of them once more, beside nothing else.</summary>
    private static async Task ReadAgainAsync(BenchmarkPlatform platform, NpgsqlConnection owner)
    {
        var before = Processors.Now(platform.Directory);
        var begin = Stopwatch.GetTimestamp();
        await ExecuteAsync(
            owner,
            $"""
            update document_facts set due_time = now(), attempts = 0
            where (record_id, document_id, version) in (select record_id, document_id, version from document_facts
                order by document_id desc limit {Documents})
            """);
        await UntilReadAsync(owner);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var used = Processors.Now(platform.Directory).Since(before, Documents);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"queue, reading alone: {Documents / seconds:F0}/s; processor time of one {used.Own:F2} ms here, "
            + $"{used.Database:F2} ms in PostgreSQL"));
    }

    /// <summary>Large documents, and a small one behind them.</summary>
    private static async Task BehindLargeAsync(
        BenchmarkPlatform platform, NpgsqlConnection owner, (string RecordId, string InsNumber) person)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < LargeDocuments; i++)
        {
            using var large = new MemoryStream(Large(i));
            await platform.Client.UploadAsync(person.RecordId, large, UploadBenchmark.Metadata());
        }

        using var content = new MemoryStream(SmallCda.Next(person.InsNumber));
        var small = await platform.Client.UploadAsync(person.RecordId, content, new DocumentMetadata());
        var uploaded = Stopwatch.GetTimestamp();
        await UntilReadAsync(owner, $"and document_id = '{small.DocumentId}'");
        var read = Stopwatch.GetElapsedTime(uploaded);
        await UntilReadAsync(owner);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"queue, small behind {LargeDocuments} large ones: read {read.TotalSeconds:F2} s after it came; all of them "
            + $"{Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s after the first"));
    }

    private static async Task UntilReadAsync(NpgsqlConnection owner, string condition = "")
    {
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(20));
        while (await WaitingAsync(owner, condition) > 0)
        {
            await pause.WaitForNextTickAsync();
        }
    }

    private static async Task<long> WaitingAsync(NpgsqlConnection owner, string condition = "")
    {
        await using var command = new NpgsqlCommand(
            $"select count(*) from document_facts where due_time is not null {condition}", owner);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection owner, string sql)
    {
        await using var command = new NpgsqlCommand(sql, owner);
        await command.ExecuteNonQueryAsync();
    }

    private static byte[] Large(int number) => Encoding.UTF8.GetBytes(string.Join(
        ' ', Enumerable.Range(0, LargeWords).Select(i => string.Create(CultureInfo.InvariantCulture, $"mot{number}x{i}"))));
}
