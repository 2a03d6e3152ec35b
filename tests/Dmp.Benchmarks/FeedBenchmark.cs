using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dmp.Event.V1;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// From the answer of a change to the event at subscribers, in milliseconds; beside a floor: a row inserted into a table of its own, with a
/// notification, and read by a listener.
/// </summary>
internal static class FeedBenchmark
{
    private static int Documents => Effort.Of(400, 20);
    private const int Writers = 4;
    private const int Subscribers = 4;
    private const int Few = 10;
    private static int Many => Effort.Of(1000, 20);

    public static async Task RunAsync(BenchmarkPlatform platform)
    {
        await FeedAsync(platform, Documents / 4, print: false);
        await FeedAsync(platform, Documents, print: true);
        await IdleAsync(platform);
        await CatchUpAsync(platform);
        await FloorAsync(platform);
    }

    /// <summary>Uploads of a few bytes by several writers, heard by several subscribers who may all see them.</summary>
    private static async Task FeedAsync(BenchmarkPlatform platform, int documents, bool print)
    {
        var start = await platform.Client.GetResumeTokenAsync();
        var made = new ConcurrentDictionary<string, long>();
        var latencies = new ConcurrentBag<double>();
        var begin = Stopwatch.GetTimestamp();
        var reading = Enumerable.Range(0, Subscribers).Select(_ => Task.Run(async () =>
        {
            var seen = 0;
            await foreach (var response in platform.Client.SubscribeAsync(new EventStart { ResumeToken = start }))
            {
                var now = Stopwatch.GetTimestamp();
                foreach (var told in response.Events)
                {
                    seen++;
                    if (made.TryGetValue(told.DocumentId, out var answered))
                    {
                        latencies.Add(Stopwatch.GetElapsedTime(answered, now).TotalMilliseconds);
                    }
                    else
                    {
                        // The event was here before the answer of the change that it tells of.
                        latencies.Add(0);
                    }
                }

                if (seen >= documents)
                {
                    break;
                }
            }
        })).ToArray();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, documents),
            new ParallelOptions { MaxDegreeOfParallelism = Writers },
            async (_, ct) =>
            {
                using var content = new MemoryStream("Texte"u8.ToArray());
                var document = await platform.Client.UploadAsync(
                    platform.RecordId, content, UploadBenchmark.Metadata(), cancellationToken: ct);
                made[document.DocumentId] = Stopwatch.GetTimestamp();
            });
        await Task.WhenAll(reading);
        if (print)
        {
            var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            Print(
                $"feed, {Writers} writers, {Subscribers} subscribers: {documents / seconds:F0} changes/s, "
                + $"{documents * Subscribers / seconds:F0} events/s, answer to event", latencies);
        }
    }

    /// <summary>Processor time of one change while others are subscribed whom it does not concern: many of them beside few.</summary>
    private static async Task IdleAsync(BenchmarkPlatform platform)
    {
        var (few, many) = (new List<double>(), new List<double>());
        var recordId = await platform.OpenAnotherRecordAsync();
        for (var round = -1; round < Effort.Of(3, 1); round++)
        {
            foreach (var (count, times) in new[] { (Few, few), (Many, many) })
            {
                var time = await IdleAsync(platform, recordId, count);
                if (round >= 0)
                {
                    times.Add(time);
                }
            }
        }

        var (fewTime, manyTime) = (UploadBenchmark.Median(few), UploadBenchmark.Median(many));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"one change, {Many} idle subscribers: {manyTime:F2} ms of processor time, {Few} idle subscribers {fewTime:F2} ms, "
            + $"ratio {manyTime / fewTime:F2} (wanted 1.5)"));
    }

    private static async Task<double> IdleAsync(BenchmarkPlatform platform, string recordId, int subscribers)
    {
        using var stop = new CancellationTokenSource();
        var subscribed = new CountdownEvent(subscribers);
        var reading = Enumerable.Range(0, subscribers).Select(_ => Task.Run(async () =>
        {
            var isFirst = true;
            try
            {
                await foreach (var response in platform.Colleague.SubscribeAsync(
                    new EventStart { Point = StartPoint.Latest }, cancellationToken: stop.Token))
                {
                    if (isFirst)
                    {
                        subscribed.Signal();
                    }

                    isFirst = false;
                }
            }
            catch (OperationCanceledException)
            {
                // The round is over.
            }
        })).ToArray();
        await Task.Run(subscribed.Wait);
        var changes = Effort.Of(200, 5);
        var before = Processors.Now(platform.Directory);
        for (var i = 0; i < changes; i++)
        {
            using var content = new MemoryStream("Texte"u8.ToArray());
            await platform.Client.UploadAsync(recordId, content, UploadBenchmark.Metadata());
        }

        var used = Processors.Now(platform.Directory).Since(before, changes);
        await stop.CancelAsync();
        await Task.WhenAll(reading);
        return used.Both;
    }

    private static async Task CatchUpAsync(BenchmarkPlatform platform)
    {
        var begin = Stopwatch.GetTimestamp();
        var (events, start) = (0, new EventStart { Point = StartPoint.Earliest });
        while (true)
        {
            var pulled = await platform.Client.PullEventsAsync(new PullRequest { Start = start, MaxEvents = 1000 });
            events += pulled.Events.Count;
            start = new EventStart { ResumeToken = pulled.LatestResumeToken };
            if (pulled.IsCheckpoint)
            {
                break;
            }
        }

        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"feed, one reader from the beginning: {events} events, {events / seconds:F0} events/s"));
    }

    private static async Task FloorAsync(BenchmarkPlatform platform)
    {
        var latencies = new ConcurrentBag<double>();
        await using var listener = await platform.OpenOwnerAsync();
        await ExecuteAsync(listener, "listen dmp_benchmark");
        var told = 0L;
        listener.Notification += (_, _) => Volatile.Write(ref told, Stopwatch.GetTimestamp());
        await using var writer = await platform.OpenOwnerAsync();
        await ExecuteAsync(writer, "create table if not exists benchmark_floor (id uuid primary key, event_time timestamptz, kind text)");
        for (var i = 0; i < Documents; i++)
        {
            await using (var transaction = await writer.BeginTransactionAsync())
            {
                await ExecuteAsync(writer, "insert into benchmark_floor values (gen_random_uuid(), now(), 'BENCHMARK')");
                await ExecuteAsync(writer, "notify dmp_benchmark");
                await transaction.CommitAsync();
            }

            var committed = Stopwatch.GetTimestamp();
            await listener.WaitAsync();
            latencies.Add(Math.Max(0, Stopwatch.GetElapsedTime(committed, Volatile.Read(ref told)).TotalMilliseconds));
        }

        Print("floor, insert, notify and listen, one at a time: commit to notification", latencies);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static void Print(string what, ConcurrentBag<double> latencies)
    {
        var sorted = latencies.Order().ToArray();
        double At(double share) => sorted[(int)Math.Min(sorted.Length - 1, share * sorted.Length)];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what}: p50 {At(0.5):F1} ms, p95 {At(0.95):F1} ms, p99 {At(0.99):F1} ms"));
    }
}
