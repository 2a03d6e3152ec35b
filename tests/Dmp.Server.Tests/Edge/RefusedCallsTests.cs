using System.Net;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>Whoever has no token does not fill the trace; whoever has one is still told of call by call.</summary>
public sealed class RefusedCallsTests(Platform platform)
{
    private const string Counts =
        """
        select reason || ' ' || coalesce(host(origin), 'many') || ' ' || method || ' ' || call_count
        from audit_event where call_count is not null order by reason, origin
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refused_calls_of_nobody_are_one_event_for_an_origin_and_reason_with_their_count_written_at_the_end()
    {
        await using var server = await TestServer.StartAsync(
            platform, "--Dmp:Edge:RefusalPeriod=00:10:00", "--Dmp:Edge:UnverifiedCallsPerConnection=100000");
        var first = "";
        for (var i = 0; i < 300; i++)
        {
            var status = await Refusals.RefusedAsync(
                StatusCode.Unauthenticated, ErrorReason.TokenMissing, () => ListAsync(new DmpApi(server.Channel, null)));
            first = first.Length > 0 ? first : status.GetDetail<Google.Rpc.RequestInfo>()!.RequestId;
        }

        for (var i = 0; i < 40; i++)
        {
            await Refusals.RefusedAsync(
                StatusCode.Unauthenticated, ErrorReason.TokenMalformed, () => ListAsync(new DmpApi(server.Channel, "garbage")));
        }

        var unknown = new Method<byte[], byte[]>(MethodType.Unary, "dmp.record.v1.RecordService", "DropEverything", Bytes, Bytes);
        await Refusals.RefusedAsync(StatusCode.Unimplemented, ErrorReason.MethodUnknown, async () =>
            await new DmpApi(server.Channel, null).Invoker.AsyncUnaryCall(unknown, null, new CallOptions(cancellationToken: Token), []));

        // A caller that is known has an event for each refusal, at once.
        var known = TestProfessional.New();
        for (var i = 0; i < 5; i++)
        {
            await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed, async () =>
                await new DmpApi(server.Channel, platform.Callers.Token(known)).Audit.ListActorEventsAsync(
                    new(), cancellationToken: Token));
        }

        Assert.Equal(5, await server.QueryAsync<long>(
            platform, $"select count(*) from audit_event where actor_id = '{known.Id}' and call_count is null"));
        Assert.Equal(5, await server.QueryAsync<long>(platform, "select count(*) from audit_event"));

        await server.StopAsync();

        Assert.Equal(
            [
                "METHOD_UNKNOWN 127.0.0.1 unknown 1",
                "TOKEN_MALFORMED 127.0.0.1 dmp.record.v1.RecordService/ListRecords 40",
                "TOKEN_MISSING 127.0.0.1 dmp.record.v1.RecordService/ListRecords 300",
            ],
            await server.ListAsync<string>(platform, Counts));
        Assert.Equal("TOKEN_MISSING", await server.QueryAsync<string>(
            platform, $"select reason from audit_event where server_request_id = '{first}'"));
        Assert.Equal(0, await server.QueryAsync<long>(platform, "select count(*) from audit_event where signature is null"));
    }

    [Fact]
    public async Task Counts_are_written_in_each_period_and_one_event_holds_its_count_in_what_is_proven()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:RefusalPeriod=00:00:00.2");
        for (var i = 0; i < 50; i++)
        {
            await Refusals.RefusedAsync(
                StatusCode.Unauthenticated, ErrorReason.TokenMissing, () => ListAsync(new DmpApi(server.Channel, null)));
        }

        await Waiting.UntilAsync(
            () => server.QueryAsync<bool>(platform, "select coalesce(sum(call_count), 0) >= 50 from audit_event"));

        await server.SettleAsync(platform);
        Assert.Equal(50, await server.QueryAsync<long>(platform, "select sum(call_count)::bigint from audit_event"));
    }

    [Fact]
    public async Task Many_origins_are_told_apart_up_to_a_limit_and_one_house_has_one_event()
    {
        await using var server = await TestServer.StartAsync(
            platform, "--Dmp:Edge:RefusalPeriod=00:10:00", "--Dmp:Edge:RefusalOriginsMax=4");
        var refused = server.Services.GetRequiredService<RefusedCalls>();
        foreach (var address in new[]
        {
            "2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "198.51.100.1", "198.51.100.2",
            "198.51.100.3",
        })
        {
            refused.TryAdd(Call(address), StatusCode.Unauthenticated, "TOKEN_MISSING");
        }

        await refused.WriteAsync(Token);

        Assert.Equal(
            [
                "TOKEN_MISSING 192.0.2.1 m 2", "TOKEN_MISSING 192.0.2.2 m 1", "TOKEN_MISSING 198.51.100.1 m 1",
                "TOKEN_MISSING 2001:db8:1:2:: m 2", "TOKEN_MISSING many m 2",
            ],
            await server.ListAsync<string>(platform, Counts));
    }

    [Fact]
    public async Task Counts_outlive_a_database_that_is_away()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:RefusalPeriod=00:10:00");
        var refused = server.Services.GetRequiredService<RefusedCalls>();
        refused.TryAdd(Call("192.0.2.1"), StatusCode.Unauthenticated, "TOKEN_MISSING");
        await server.ExecuteAsync(platform, "revoke insert on audit_event from dmp_runtime");
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => refused.WriteAsync(Token));
        refused.TryAdd(Call("192.0.2.1"), StatusCode.Unauthenticated, "TOKEN_MISSING");
        await server.ExecuteAsync(platform, "grant insert on audit_event to dmp_runtime");

        await refused.WriteAsync(Token);
        await refused.WriteAsync(Token);

        Assert.Equal(["TOKEN_MISSING 192.0.2.1 m 1", "TOKEN_MISSING 192.0.2.1 m 1"], await server.ListAsync<string>(platform, Counts));
    }

    [Fact]
    public async Task What_PostgreSQL_refuses_of_one_origin_keeps_no_other_from_its_event()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:RefusalPeriod=00:10:00");
        var refused = server.Services.GetRequiredService<RefusedCalls>();
        await server.ExecuteAsync(
            platform,
            "alter table audit_event add constraint audit_event_refused check (reason is distinct from 'TOKEN_EXPIRED') not valid");
        refused.TryAdd(Call("192.0.2.1"), StatusCode.Unauthenticated, "TOKEN_EXPIRED");
        refused.TryAdd(Call("192.0.2.1"), StatusCode.Unauthenticated, "TOKEN_MISSING");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => refused.WriteAsync(Token));
        refused.TryAdd(Call("192.0.2.2"), StatusCode.Unauthenticated, "TOKEN_MISSING");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => refused.WriteAsync(Token));
        Assert.Equal(["TOKEN_MISSING 192.0.2.1 m 1", "TOKEN_MISSING 192.0.2.2 m 1"], await server.ListAsync<string>(platform, Counts));

        await server.ExecuteAsync(platform, "alter table audit_event drop constraint audit_event_refused");
        await refused.WriteAsync(Token);
        Assert.Equal(
            ["TOKEN_EXPIRED 192.0.2.1 m 1", "TOKEN_MISSING 192.0.2.1 m 1", "TOKEN_MISSING 192.0.2.2 m 1"],
            await server.ListAsync<string>(platform, Counts));
    }

    [Fact]
    public async Task Nothing_is_lost_or_counted_twice_when_several_write_at_once()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:RefusalPeriod=00:00:00.05");
        var refused = server.Services.GetRequiredService<RefusedCalls>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                refused.TryAdd(Call("192.0.2.1"), StatusCode.Unauthenticated, "TOKEN_MISSING");
                await refused.WriteAsync(Token);
            }
        })));

        Assert.Equal(200, await server.QueryAsync<long>(platform, "select coalesce(sum(call_count), 0)::bigint from audit_event"));
    }

    private static Marshaller<byte[]> Bytes { get; } = Marshallers.Create(bytes => bytes, bytes => bytes);

    private static Call Call(string origin) => new()
    {
        ServerRequestId = Guid.CreateVersion7(),
        Method = "m",
        Rule = new(),
        Origin = IPAddress.Parse(origin),
    };

    private static async Task ListAsync(DmpApi api) => await api.Records.ListRecordsAsync(new(), cancellationToken: Token);
}
