using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Dmp.Cli;
using Dmp.Proofs;
using Dmp.Server.Audit;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// What the proofs of the trace cost: an event's commitment and signature, its place in the log, and the check of the whole.
/// </summary>
internal static class ProofBenchmark
{
    private static int Events => Effort.Of(50_000, 400);
    private static int Signed => Effort.Of(2_000, 100);
    private const int Round = 50;
    private const int Writers = 4;

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        var key = platform.Services.GetRequiredService<TraceKeys>().Signers[0];
        foreach (var documents in new[] { 0, 1, 50, 200 })
        {
            var rows = Enumerable.Range(0, Signed).Select(_ => Row(documents)).ToArray();
            var rounds = rows.Chunk(Round).Select(round =>
            {
                var begin = Stopwatch.GetTimestamp();
                foreach (var row in round)
                {
                    EventSignature.Sign(row, key);
                }

                return Stopwatch.GetElapsedTime(begin).TotalMicroseconds / Round;
            });
            var (best, count) = (rounds.Min(), Signed / Round);
            Say($"trace, commitment and signature of an event of {documents} documents: {best:F0} us, the best of {count} rounds");
        }

        var source = platform.Services.GetRequiredService<NpgsqlDataSource>();
        var sequencer = platform.Services.GetRequiredService<TraceSequencer>();
        await sequencer.StopAsync(CancellationToken.None);
        var written = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => WriteAsync(source, key, Events / Writers)));
        var rate = Events / Stopwatch.GetElapsedTime(written).TotalSeconds;
        Say($"trace, {Events} events written by {Writers} writers, 500 a transaction: {rate:F0} events/s");

        var sequenced = Stopwatch.GetTimestamp();
        var added = await sequencer.RunAsync(CancellationToken.None);
        Say($"trace, {added} events into the log: {added / Stopwatch.GetElapsedTime(sequenced).TotalSeconds:F0} events/s");

        await platform.AnalyzeAsync();
        using StringWriter output = new(CultureInfo.InvariantCulture);
        var verified = Stopwatch.GetTimestamp();
        var code = await DmpCommand.RunAsync(
            ["audit", "verify", "--connection", await platform.OwnerConnectionAsync(), "--key", key.Verifier.Text], output, Console.Error);
        var seconds = Stopwatch.GetElapsedTime(verified).TotalSeconds;
        if (code != DmpCommand.Done)
        {
            throw new InvalidOperationException($"The trace is not verified: {output}");
        }

        var peak = Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
        Say($"trace, verification of the whole: {Events / seconds:F0} events/s; peak memory of this process {peak} MiB");
        Console.Write(output);
        await sequencer.StartAsync(CancellationToken.None);
    }

    private static async Task WriteAsync(NpgsqlDataSource source, NoteSigner key, int count)
    {
        await using var connection = await source.OpenConnectionAsync();
        for (var i = 0; i < count; i += 500)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            for (var j = i; j < Math.Min(i + 500, count); j++)
            {
                await AuditSql.AppendAsync(connection, EventSignature.Sign(Row(1), key), CancellationToken.None);
            }

            await transaction.CommitAsync();
        }
    }

    private static AuditEventRow Row(int documents)
    {
        var now = EventContent.Stored(DateTimeOffset.UtcNow);
        return new AuditEventRow
        {
            EventId = Guid.CreateVersion7(now),
            EventTime = now,
            Method = "dmp.document.v1.DocumentService/ReadDocument",
            ActorKind = 1,
            ActorId = "810000000001",
            ActorName = "Dr ESSAI",
            Subject = "issuer subject",
            RecordId = Guid.CreateVersion7(now),
            DocumentIds = [.. Enumerable.Range(0, documents).Select(_ => Guid.CreateVersion7(now))],
            DocumentVersions = [.. Enumerable.Repeat(1, documents)],
            DocumentSha256s = [.. Enumerable.Range(0, documents).Select(_ => RandomNumberGenerator.GetBytes(32))],
            Origin = "192.0.2.7",
            DurationUs = 1234,
            Outcome = 1,
            StatusCode = 0,
            ServerRequestId = Guid.CreateVersion7(now),
            Salt = RandomNumberGenerator.GetBytes(EventTree.SaltBytes),
        };
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
