using System.Diagnostics;
using Dmp.Document.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>An answer that nobody takes is not kept for ever.</summary>
public sealed class StallTests(Platform platform)
{
    private const int DocumentBytes = 2_000_000;
    private const string Read = "dmp.document.v1.DocumentService/ReadDocument";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ReadDocument")]
    [InlineData("SearchDocuments")]
    public async Task A_window_that_never_opens_ends_the_call(string method)
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:StallAfter=00:00:01");
        using var watched = new WatchedServer(server);
        var (token, record, document) = await DocumentAsync(server);
        var api = new DmpApi(server.Channel, token);

        // Both answers are longer than the 64 KiB that Kestrel keeps of a stream by itself.
        for (var i = 0; method == "SearchDocuments" && i < 80; i++)
        {
            var intent = Given.Intent(record);
            intent.Metadata.Title = new string('t', 250);
            await api.UploadAsync(intent, Given.Text(20));
        }

        await using var raw = await RawConnection.OpenAsync(server.Address, window: 0);
        IMessage request = method == "ReadDocument"
            ? new ReadDocumentRequest { RecordId = record, DocumentId = document }
            : new SearchDocumentsRequest { RecordId = record, PageSize = 100 };

        // The framework counts a call after its answer has gone.
        await Waiting.UntilAsync(() => watched.Requests >= (method == "ReadDocument" ? 3 : 83));
        var before = watched.Requests;
        var streams = new List<int>();
        for (var i = 0; i < 20; i++)
        {
            streams.Add(await raw.CallAsync("dmp.document.v1.DocumentService/" + method, token, request));
        }

        await Waiting.UntilAsync(() => raw.Resets.Count == streams.Count && watched.Requests >= before + streams.Count);
        Assert.All(streams, stream => Assert.Equal(8u, raw.Resets[stream]));
        Assert.False(raw.IsClosed, "the connection goes on");

        watched.RequireNoError();

        // Each is a read that was allowed, which its event says since before the first byte.
        Assert.Equal(20, await server.QueryAsync<long>(
            platform, $"select count(*) from audit_event where method = 'dmp.document.v1.DocumentService/{method}' and reason is null"));
    }

    [Fact]
    public async Task A_caller_that_comes_back_soon_is_told_why_the_call_was_ended()
    {
        await using var server = await TestServer.StartAsync(
            platform, "--Dmp:Edge:StallAfter=00:00:02", "--Logging:LogLevel:Dmp.Server.Pipeline.AccessGate=Information");
        using var watched = new WatchedServer(server);
        var (token, record, document) = await DocumentAsync(server);
        await using var raw = await RawConnection.OpenAsync(server.Address, window: 0);

        // On a machine that stands still at the wrong moment the caller comes too late: then once more.
        for (var i = 0; ; i++)
        {
            var stream = await raw.CallAsync(Read, token, new ReadDocumentRequest { RecordId = record, DocumentId = document });
            await Waiting.UntilAsync(
                () => watched.Log.Count(line => line.Contains("the caller took nothing", StringComparison.Ordinal)) > i);
            await raw.TakeAsync(stream, 2 * DocumentBytes);
            await Waiting.UntilAsync(() => raw.Resets.ContainsKey(stream) || HasEnded(raw, stream));
            if (TextOf(raw, stream).Contains("Nothing of the answer was taken for 2 s.", StringComparison.Ordinal))
            {
                return;
            }

            Assert.True(i < 8, $"not told: {raw.Answers[stream]}");
        }
    }

    [Fact]
    public async Task A_caller_that_takes_slowly_is_not_ended()
    {
        var stallAfter = TimeSpan.FromSeconds(8);
        await using var server = await TestServer.StartAsync(platform, $"--Dmp:Edge:StallAfter={stallAfter:c}");
        var (token, record, document) = await DocumentAsync(server);
        await using var raw = await RawConnection.OpenAsync(server.Address, window: 0);
        var begin = Stopwatch.GetTimestamp();
        var stream = await raw.CallAsync(Read, token, new ReadDocumentRequest { RecordId = record, DocumentId = document });
        var taken = 0;
        await Waiting.UntilAsync(async () =>
        {
            // A little again and again, for longer than an answer may stand still, and as much in a second however busy the machine is.
            var due = (int)(Math.Min(2, Stopwatch.GetElapsedTime(begin) / (1.5 * stallAfter)) * DocumentBytes) - taken;
            if (due > 0)
            {
                await raw.TakeAsync(stream, due);
                taken += due;
            }

            return HasEnded(raw, stream) || raw.Resets.ContainsKey(stream);
        });

        Assert.Empty(raw.Resets);
        Assert.DoesNotContain("was taken", TextOf(raw, stream), StringComparison.Ordinal);
        Assert.True(raw.Received[stream] > DocumentBytes, $"{raw.Received[stream]} bytes came");
        Assert.True(Stopwatch.GetElapsedTime(begin) > stallAfter, "it was fast");
    }

    [Fact]
    public async Task A_server_that_stops_does_not_wait_long_for_somebody_who_takes_nothing()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:StallAfter=00:10:00");
        var (token, record, document) = await DocumentAsync(server);
        await using var raw = await RawConnection.OpenAsync(server.Address, window: 0);
        var stream = await raw.CallAsync(Read, token, new ReadDocumentRequest { RecordId = record, DocumentId = document });
        await Waiting.UntilAsync(() => raw.Answers.ContainsKey(stream));

        var begin = Stopwatch.GetTimestamp();
        var stopping = server.StopAsync();
        await Waiting.UntilAsync(() => raw.Resets.ContainsKey(stream) || raw.IsClosed);

        // The host itself would wait for 60 s, and then break the connection.
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromSeconds(40));
        Assert.Equal(8u, raw.Resets[stream]);
        Assert.True(raw.WasToldToGo, "not told that the server stops");
        await raw.DisposeAsync();
        await stopping;
    }

    private static string TextOf(RawConnection raw, int stream) => Uri.UnescapeDataString(raw.Answers[stream]);

    private static bool HasEnded(RawConnection raw, int stream) =>
        raw.Answers.TryGetValue(stream, out var text) && text.Contains("grpc-status", StringComparison.Ordinal);

    private async Task<(string Token, string RecordId, string DocumentId)> DocumentAsync(TestServer server)
    {
        var token = platform.Callers.Token(TestProfessional.New());
        var api = new DmpApi(server.Channel, token);
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        var document = await api.UploadAsync(Given.Intent(record), Given.Text(DocumentBytes));
        return (token, record, document.DocumentId);
    }
}
