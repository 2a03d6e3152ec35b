using System.Net;
using System.Net.Http.Headers;
using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Server.Audit;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>However a call ends, it is one event, and nothing of it is an error of the server.</summary>
public sealed class EveryCallHasItsEventTests(Platform platform)
{
    private const int CallsOfRound = 100;
    private const int RoundsMax = 40;
    private const int CutMin = 20;

    private static readonly int longAnswers =
        int.TryParse(Environment.GetEnvironmentVariable("DMP_LONG_ANSWERS"), out var answers) ? answers : 300;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("deadline")]
    [InlineData("cancel")]
    public async Task A_call_that_ends_in_the_middle_is_one_event(string how)
    {
        await using var server = await StartAsync();
        using var watched = new WatchedServer(server);
        var (api, record) = await OpenAsync(server);
        for (var i = 0; i < 5; i++)
        {
            await api.UploadAsync(record);
        }

        // How long a call takes depends on the machine: each round gives calls more time, until enough were cut off in the middle.
        var (random, rounds, cut) = (new Random(20261129), 0, 0L);
        while (cut < CutMin && rounds < RoundsMax)
        {
            rounds++;
            var delays = Enumerable.Range(0, CallsOfRound).Select(i => (i, random.Next(1, 25 * rounds)));
            await Parallel.ForEachAsync(
                delays,
                new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token },
                async (call, _) => await CallAsync(api, record, call.i, how, call.Item2));
            cut = await server.QueryAsync<long>(
                platform, "select count(*) from audit_event where reason in ('CALL_TIMED_OUT', 'CALL_CANCELLED') and call_count is null");
        }

        Assert.True(cut >= CutMin, $"{cut} of {rounds * CallsOfRound} calls were ended in the middle");

        // What the connection carried before this call has reached the server when it is answered, and then ends.
        await api.Records.GetRecordAsync(new() { RecordId = record }, cancellationToken: Token);
        await Waiting.UntilAsync(() => watched.Active == 0);
        var seen = watched.Requests;
        Assert.InRange(seen, CutMin, (rounds * CallsOfRound) + 20);
        watched.RequireNoError();

        // Those that were left while they waited for their turn are counted together.
        await server.Services.GetRequiredService<RefusedCalls>().WriteAsync(Token);
        Assert.Equal(seen, await server.QueryAsync<long>(platform, "select sum(coalesce(call_count, 1))::bigint from audit_event"));
        Assert.Equal(
            [],
            await server.ListAsync<string>(
                platform,
                "select method || ' ' || string_agg(coalesce(reason, 'ALLOWED'), ' ') from audit_event group by server_request_id, method "
                + "having count(*) > 1"));
    }

    /// <summary>A long answer whose deadline passes while it is written, again and again: at the very moment, for some.</summary>
    [Fact]
    public async Task A_deadline_that_passes_during_a_write_is_no_error()
    {
        await using var server = await StartAsync();
        using var watched = new WatchedServer(server);
        var (api, record) = await OpenAsync(server);
        await Parallel.ForAsync(0, 200, Token, async (_, _) => await api.SearchIdsAsync(record));
        var random = new Random(20261130);
        var delays = Enumerable.Range(0, longAnswers).Select(_ => random.Next(5, 200)).ToList();
        await Parallel.ForEachAsync(
            delays,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token },
            async (milliseconds, _) => await CallAsync(api, record, 1, "deadline", milliseconds));
        await Waiting.UntilAsync(() => watched.Active == 0);
        watched.RequireNoError();

        // The client resets a call at the same moment: which of both the server sees first is chance.
        var reasons = await server.ListAsync<string>(
            platform, "select distinct coalesce(reason, 'ALLOWED') from audit_event where method like '%/ExportRecordEvents'");
        Assert.Contains(reasons, reason => reason != "ALLOWED");
        Assert.All(reasons, reason => Assert.True(reason is "ALLOWED" or "CALL_CANCELLED" or "CALL_TIMED_OUT", reason));
    }

    /// <summary>The line ends in the middle of a request's only message, or before, while a new server fetches the issuer's keys.</summary>
    [Theory]
    [InlineData("dmp.document.v1.DocumentService/SearchDocuments", true)]
    [InlineData("dmp.document.v1.DocumentService/SearchDocuments", false)]
    [InlineData("dmp.audit.v1.AuditService/ExportRecordEvents", true)]
    public async Task A_call_that_leaves_within_its_message_is_cancelled(string method, bool hasKeys)
    {
        const int calls = 16;
        await using var server = await StartAsync();
        using var watched = new WatchedServer(server);
        using var http = new HttpClient();
        using var leaving = new CancellationTokenSource();
        var token = platform.Callers.Token(TestProfessional.New());
        if (hasKeys)
        {
            await new DmpApi(server.Channel, token).Records.ListRecordsAsync(new(), cancellationToken: Token);
            await Waiting.UntilAsync(() => watched.Active == 0);
        }

        var uri = new Uri(server.Address, method);
        var sent = Enumerable.Range(0, calls).Select(_ => SendHalfAsync(http, uri, token, leaving.Token)).ToList();
        await Waiting.UntilAsync(() => watched.Active == calls);
        await leaving.CancelAsync();
        Assert.All(await Task.WhenAll(sent), isCancelled => Assert.True(isCancelled));
        await Waiting.UntilAsync(() => watched.Active == 0);
        watched.RequireNoError();

        // Those that left before they were somebody are counted together.
        await server.Services.GetRequiredService<RefusedCalls>().WriteAsync(Token);
        Assert.Equal(
            [$"CALL_CANCELLED {calls}"],
            await server.ListAsync<string>(
                platform,
                $"select coalesce(reason, 'ALLOWED') || ' ' || sum(coalesce(call_count, 1)) from audit_event where method = '{method}'"
                + " group by coalesce(reason, 'ALLOWED')"));
    }

    private static async Task<bool> SendHalfAsync(HttpClient http, Uri method, string token, CancellationToken leaving)
    {
        using var content = new HalfMessage();
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, method)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.Add("te", "trailers");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var response = await http.SendAsync(request, leaving);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private Task<TestServer> StartAsync() =>
        TestServer.StartAsync(platform, "--Dmp:Edge:CallsPerCaller=16", "--Dmp:Edge:CallsWaitingPerCaller=1000");

    private async Task<(DmpApi Api, string RecordId)> OpenAsync(TestServer server)
    {
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var opened = await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token);
        await api.DeclareAsync(opened.Record.RecordId);
        return (api, opened.Record.RecordId);
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

    /// <summary>Seven bytes of a message that announces fifty, and then nothing more.</summary>
    private sealed class HalfMessage : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 0, 50, 10, 4 }, cancellationToken);

            // Without, the headers of the last of many calls wait in the client.
            await stream.FlushAsync(cancellationToken);
            await Waiting.ForeverAsync(cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
