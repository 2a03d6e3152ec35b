using Dmp.Audit.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>What one address may take before anybody is known, and that nobody is shut out by it.</summary>
public sealed class EdgeGuardTests(Platform platform)
{
    private const string ListRecords = "dmp.record.v1.RecordService/ListRecords";
    private const string ListActorEvents = "dmp.audit.v1.AuditService/ListActorEvents";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Idle_connections_of_an_address_shut_nobody_out_and_the_oldest_go()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:UnverifiedConnectionsMax=4");
        var idle = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 10; i++)
            {
                var one = await RawConnection.OpenAsync(server.Address, window: 65535);
                idle.Add(one);

                // The server takes them in the order in which it comes to them.
                await Waiting.UntilAsync(() => one.IsOpen || one.IsClosed);
            }

            await ListAsync(server);
            await Waiting.UntilAsync(() => idle.Count(connection => connection.IsClosed) >= 6);
            Assert.True(idle[0].IsClosed, "the oldest stayed");
            Assert.False(idle[9].IsClosed, "the newest was closed");
        }
        finally
        {
            foreach (var connection in idle)
            {
                await connection.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Who_shows_a_good_token_is_somebody_also_when_the_call_is_refused()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:UnverifiedConnectionsMax=1");
        await using var known = await RawConnection.OpenAsync(server.Address, window: 65535);
        var token = platform.Callers.Token(TestProfessional.New());
        var refused = await known.CallAsync(ListActorEvents, token, new ListActorEventsRequest());
        await Waiting.UntilAsync(() => known.Answers.ContainsKey(refused));
        Assert.Equal(
            1, await server.QueryAsync<long>(platform, "select count(*) from audit_event where reason = 'CALLER_KIND_NOT_ALLOWED'"));

        for (var i = 0; i < 3; i++)
        {
            await using var idle = await RawConnection.OpenAsync(server.Address, window: 65535);
            await Waiting.UntilAsync(() => idle.IsOpen);
            await ListAsync(server);
        }

        var answered = await known.CallAsync(ListRecords, token, new ListRecordsRequest());
        await Waiting.UntilAsync(() => known.IsClosed || known.Answers.ContainsKey(answered));
        Assert.False(known.IsClosed, "the connection of a known caller was closed");
    }

    [Fact]
    public async Task A_server_has_so_many_connections()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:ConnectionsMax=2");
        await using var one = await RawConnection.OpenAsync(server.Address, window: 65535);
        await using var two = await RawConnection.OpenAsync(server.Address, window: 65535);
        await Waiting.UntilAsync(() => one.IsOpen && two.IsOpen);
        await using var three = await RawConnection.OpenAsync(server.Address, window: 65535);
        await Waiting.UntilAsync(() => three.IsClosed);
        Assert.False(one.IsClosed || two.IsClosed, "those that were there stay");
    }

    [Fact]
    public async Task Connections_of_an_address_that_sends_too_much_of_nobody_are_held_and_then_served()
    {
        await using var server = await TestServer.StartAsync(
            platform, "--Dmp:Edge:UnverifiedCallsPerAddress=10", "--Dmp:Edge:UnverifiedCallsPerConnection=100000",
            "--Dmp:Edge:HoldFor=00:00:03");
        await using var noisy = await RawConnection.OpenAsync(server.Address, window: 65535);
        await Waiting.UntilAsync(async () =>
        {
            await noisy.CallAsync(ListRecords, null, new ListRecordsRequest());
            return noisy.WasToldToGo || noisy.IsClosed;
        });
        // More at once than the bucket holds, which gains one in a second: one of them waits.
        await Waiting.UntilAsync(async () => (await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            var begin = TimeProvider.System.GetTimestamp();
            await ListAsync(server);
            return TimeProvider.System.GetElapsedTime(begin);
        }))).Max() >= TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_connection_has_so_many_resets()
    {
        await using var server = await TestServer.StartAsync(
            platform, "--Dmp:Edge:ResetsPerConnection=10", "--Dmp:Edge:UnverifiedCallsPerConnection=1000",
            "--Dmp:Edge:UnverifiedCallsPerAddress=100000");
        var token = platform.Callers.Token(TestProfessional.New());
        await using var raw = await RawConnection.OpenAsync(server.Address, window: 65535);
        await Waiting.UntilAsync(async () =>
        {
            await raw.ResetManyAsync(ListRecords, token, 20);
            return raw.WasToldToGo || raw.IsClosed;
        });
    }

    [Fact]
    public async Task Nothing_is_counted_for_a_trusted_proxy()
    {
        await using var server = await TestServer.StartAsync(
            platform,
            "--Dmp:Edge:TrustedProxies:0=127.0.0.0/8",
            "--Dmp:Edge:UnverifiedConnectionsMax=1",
            "--Dmp:Edge:UnverifiedCallsPerConnection=10",
            "--Dmp:Edge:UnverifiedCallsPerAddress=10",
            "--Dmp:Edge:ResetsPerConnection=10");
        await using var one = await RawConnection.OpenAsync(server.Address, window: 65535);
        await using var two = await RawConnection.OpenAsync(server.Address, window: 65535);
        for (var i = 0; i < 50; i++)
        {
            await one.CallAsync(ListRecords, null, new ListRecordsRequest());
            await two.CallAsync(ListRecords, null, new ListRecordsRequest());
        }

        await Waiting.UntilAsync(() => one.IsClosed || two.IsClosed || one.Answers.Count + two.Answers.Count == 100);
        Assert.False(one.WasToldToGo || two.WasToldToGo || one.IsClosed || two.IsClosed, "a connection of the proxy was closed");
    }

    private async Task ListAsync(TestServer server)
    {
        using var channel = server.OpenChannel();
        await new DmpApi(channel, platform.Callers.Token(TestProfessional.New())).Records.ListRecordsAsync(
            new ListRecordsRequest(), deadline: DateTime.UtcNow.AddMinutes(1), cancellationToken: Token);
    }
}
