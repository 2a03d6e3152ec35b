using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>However a call ends, it is one event, and nothing of it is an error of the server.</summary>
public sealed class EveryCallHasItsEventTests(Platform platform)
{
    private const int Calls = 600;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("deadline")]
    [InlineData("cancel")]
    public async Task A_call_that_ends_in_the_middle_is_one_event(string how)
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:CallsPerCaller=16", "--Dmp:Edge:CallsWaitingPerCaller=1000");
        using var watched = new WatchedServer(server);
        var physician = TestProfessional.New();
        var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        for (var i = 0; i < 5; i++)
        {
            await api.UploadAsync(record);
        }

        var random = new Random(20261129);
        using var some = new SemaphoreSlim(16);
        await Task.WhenAll(Enumerable.Range(0, Calls).Select(async i =>
        {
            await some.WaitAsync(Token);
            try
            {
                int delay;
                lock (random)
                {
                    delay = random.Next(1, 25);
                }

                await CallAsync(api, record, i, how, delay);
            }
            finally
            {
                some.Release();
            }
        }));

        // What the connection carried before this call has reached the server when it is answered, and then ends.
        await api.Records.GetRecordAsync(new() { RecordId = record }, cancellationToken: Token);
        await Waiting.UntilAsync(() => watched.Active == 0);
        var seen = watched.Requests;
        Assert.InRange(seen, 100, Calls + 20);
        Assert.Empty(watched.Errors);
        Assert.Equal(seen, await server.QueryAsync<long>(platform, "select count(distinct server_request_id) from audit_event"));
        Assert.Equal(
            [],
            await server.ListAsync<string>(
                platform,
                "select method || ' ' || string_agg(coalesce(reason, 'ALLOWED'), ' ') from audit_event group by server_request_id, method having count(*) > 1"));
        Assert.True(
            await server.QueryAsync<long>(platform, "select count(*) from audit_event where reason in ('CALL_TIMED_OUT', 'CALL_CANCELLED')") > 0,
            "no call was ended in the middle");
    }

    private static async Task CallAsync(DmpApi api, string record, int i, string how, int milliseconds)
    {
        using var leaving = new CancellationTokenSource();
        var options = how == "deadline"
            ? new CallOptions(deadline: DateTime.UtcNow.AddMilliseconds(milliseconds))
            : new CallOptions(cancellationToken: leaving.Token);
        if (how == "cancel")
        {
            leaving.CancelAfter(milliseconds);
        }

        try
        {
            switch (i % 4)
            {
                case 0:
                    await api.Consents.UpdateConsentSettingsAsync(
                        new UpdateConsentSettingsRequest { RecordId = record, RequestId = Given.NewId() }, options);
                    break;
                case 1:
                    using (var export = api.Audit.ExportRecordEvents(new ExportRecordEventsRequest { RecordId = record }, options))
                    {
                        while (await export.ResponseStream.MoveNext(CancellationToken.None))
                        {
                        }
                    }

                    break;
                default:
                    await api.Documents.SearchDocumentsAsync(new SearchDocumentsRequest { RecordId = record }, options);
                    break;
            }
        }
        catch (RpcException)
        {
            // Cut off, or refused: both are events.
        }
    }
}
