using System.Diagnostics;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>Somebody without a token begins and resets calls as fast as a line carries them.</summary>
public sealed class RapidResetTests(Platform platform, ITestOutputHelper output)
{
    private const int CallsDefault = 40;
    private const string Method = "dmp.record.v1.RecordService/ListRecords";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_brings_nothing_but_resets_is_closed()
    {
        await using var server = await TestServer.StartAsync(platform);
        await using var raw = await RawConnection.OpenAsync(server.Address, window: 65535);
        var sent = 0;
        await Waiting.UntilAsync(async () =>
        {
            await raw.ResetManyAsync(Method, null, 100);
            sent += 100;
            Assert.True(raw.IsClosed || sent < 20_000, "20,000 calls of nobody were borne");
            return raw.IsClosed;
        });
    }

    [Fact]
    public async Task Callers_with_a_token_are_served_while_it_lasts()
    {
        await using var server = await TestServer.StartAsync(platform);
        var victim = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        await victim.Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var sent = 0;
        var attack = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!ending.IsCancellationRequested)
            {
                await using var raw = await RawConnection.OpenAsync(server.Address, window: 65535);
                while (!raw.IsClosed && !ending.IsCancellationRequested)
                {
                    await raw.ResetManyAsync(Method, null, 100);
                    Interlocked.Add(ref sent, 100);
                }
            }
        })).ToList();

        // Answered one after the other while it lasts; before, one call in ten seconds. DMP_ATTACK_CALLS asks for more, for the figures.
        var times = new List<double>();
        var calls = Drill.Setting("DMP_ATTACK_CALLS", CallsDefault);
        await Waiting.UntilAsync(async () =>
        {
            var start = Stopwatch.GetTimestamp();
            await victim.Records.ListRecordsAsync(
                new ListRecordsRequest(), deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: Token);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            return times.Count >= calls && Volatile.Read(ref sent) > 10_000;
        });

        // Also one that comes only now, from the same address.
        using (var late = server.OpenChannel())
        {
            await new DmpApi(late, platform.Callers.Token(TestProfessional.New())).Records.ListRecordsAsync(
                new ListRecordsRequest(), deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: Token);
        }

        await ending.CancelAsync();
        await Task.WhenAll(attack);
        times.Sort();
        output.WriteLine(
            $"{times.Count} calls, p50 {times[times.Count / 2]:0.0} ms, p99 {times[times.Count * 99 / 100]:0.0} ms; {sent} resets sent");
    }
}
