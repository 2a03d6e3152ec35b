using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>One caller does not take the server from the others.</summary>
public sealed class CallTurnsTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_caller_has_beyond_its_turns_waits_and_then_is_refused_and_others_go_on()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:CallsPerCaller=2", "--Dmp:Edge:CallsWaitingPerCaller=3");
        var (greedy, other) = (TestProfessional.New(), TestProfessional.New());
        var api = new DmpApi(server.Channel, platform.Callers.Token(greedy));
        await using var admin = new NpgsqlConnection(platform.Databases.AdminOf(server.Database));
        await admin.OpenAsync(Token);
        await using var transaction = await admin.BeginTransactionAsync(Token);
        await using (var hold = new NpgsqlCommand("lock table record in access exclusive mode", admin, transaction))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        var waiting = Enumerable.Range(0, 5).Select(_ => api.Records.ListRecordsAsync(new(), cancellationToken: Token).ResponseAsync).ToList();
        await Waiting.UntilAsync(async () => await WaitersAsync() >= 2);

        var status = await Refusals.RefusedAsync(
            StatusCode.ResourceExhausted, ErrorReason.CallLimitReached, async () => await api.Records.ListRecordsAsync(new(), cancellationToken: Token));
        Assert.Equal(1, status.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
        Assert.Equal("5", status.GetDetail<ErrorInfo>()!.Metadata["limit"]);
        Assert.Equal(2, await WaitersAsync());

        // Streams are counted apart, and another caller is not behind this one.
        using var stream = api.Events.Subscribe(cancellationToken: Token);
        await stream.RequestStream.WriteAsync(new SubscribeRequest(), Token);
        var failure = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        await new DmpApi(server.Channel, platform.Callers.Token(other)).Audit.GetCheckpointAsync(new(), cancellationToken: Token);

        await transaction.RollbackAsync(Token);
        await Task.WhenAll(waiting);
        Assert.Equal(1, await server.QueryAsync<long>(platform, $"select count(*) from audit_event where reason = 'CALL_LIMIT_REACHED' and actor_id = '{greedy.Id}'"));
        await api.Records.ListRecordsAsync(new(), cancellationToken: Token);

        Task<long> WaitersAsync() => server.QueryAsync<long>(
            platform, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
    }
}
