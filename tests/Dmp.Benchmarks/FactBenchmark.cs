using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dmp.Document.V1;
using Dmp.Facts.V1;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// All that the documents of a record state, beside fetching the same blocks with one statement over an open connection and opening as many
/// sealed bytes: what none can do without.
/// </summary>
internal static class FactBenchmark
{
    private const int StatementsMax = 12;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private static int Documents => Effort.Of(1_000, 20);

    private static int Rounds => Effort.Of(30, 2);

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        var (recordId, insNumber) = await platform.OpenAnotherPersonAsync();
        var begin = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Documents),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (i, ct) =>
            {
                using var content = new MemoryStream(Stating(SmallCda.Next(insNumber), i));
                await platform.Client.UploadAsync(recordId, content, new DocumentMetadata(), cancellationToken: ct);
            });
        var uploaded = Stopwatch.GetElapsedTime(begin);
        var request = new ListFactsRequest { RecordId = recordId, PageSize = 200 };
        using (PeriodicTimer pause = new(TimeSpan.FromMilliseconds(100)))
        {
            // Questions without a pause would take the processors from those who read.
            while (await CountWaitingAsync(platform, request) > 0 && await pause.WaitForNextTickAsync())
            {
            }
        }

        var read = Stopwatch.GetElapsedTime(begin);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"facts: {Documents} documents of 30 KB uploaded in {uploaded.TotalSeconds:F1} s, "
            + $"and read {read.TotalSeconds:F1} s after the first"));
        await platform.AnalyzeAsync();
        var (ours, floor) = (new List<double>(), new List<double>());
        var (facts, bytes) = (0, 0L);
        await using var connection = await platform.OpenOwnerAsync();
        for (var round = -3; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            facts = 0;
            await foreach (var document in platform.Client.ListFactsAsync(request.Clone()))
            {
                facts += document.Facts.Count;
            }

            var listed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            bytes = await OpenAllAsync(connection, recordId);
            var opened = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (round >= 0)
            {
                ours.Add(listed);
                floor.Add(opened);
            }
        }

        var (median, least) = (UploadBenchmark.Median(ours), UploadBenchmark.Median(floor));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"facts, all of a record: {facts} of {Documents} documents, {bytes / 1000} KB of blocks: {median:F1} ms, "
            + $"fetching and opening them {least:F1} ms, ratio {least / median:F2}"));
    }

    internal static async Task<int> CountWaitingAsync(BenchmarkPlatform platform, ListFactsRequest request)
    {
        var waiting = 0;
        await foreach (var document in platform.Client.ListFactsAsync(request.Clone()))
        {
            waiting += document.State == DocumentFactsState.Waiting ? 1 : 0;
        }

        return waiting;
    }

    /// <summary>With keys of nobody: what AES takes does not depend on what comes out.</summary>
    private static async Task<long> OpenAllAsync(NpgsqlConnection connection, string recordId)
    {
        await using var command = new NpgsqlCommand(
            "select block from document_facts where record_id = $1 and block is not null", connection);
        command.Parameters.AddWithValue(Guid.Parse(recordId));
        await using var reader = await command.ExecuteReaderAsync();
        using var aes = new AesGcm(new byte[32], TagBytes);
        var (bytes, nonce, tag) = (0L, new byte[NonceBytes], new byte[TagBytes]);
        while (await reader.ReadAsync())
        {
            var block = (byte[])reader[0];
            aes.Encrypt(nonce, block, block, tag);
            bytes += block.Length;
        }

        return bytes;
    }

    /// <summary>The document with twelve results more in each section.</summary>
    internal static byte[] Stating(byte[] document, int number)
    {
        var text = Encoding.UTF8.GetString(document);
        var entries = string.Concat(Enumerable.Range(0, StatementsMax).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <entry><observation classCode="OBS" moodCode="EVN"><templateId root="1.3.6.1.4.1.19376.1.3.1.6"/>
              <code code="{(number * 7 + i) % 9000}-{i % 10}" codeSystem="2.16.840.1.113883.6.1" displayName="Analyse {i}, sang veineux"/>
              <statusCode code="completed"/><effectiveTime value="202605040{i % 10}3000+0100"/>
              <value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="PQ" value="{i}.{number % 100}" unit="mmol/L"/>
              <interpretationCode code="N" codeSystem="2.16.840.1.113883.5.83"/></observation></entry>
            """)));
        return Encoding.UTF8.GetBytes(text.Replace("</section>", $"{entries}</section>", StringComparison.Ordinal));
    }
}
