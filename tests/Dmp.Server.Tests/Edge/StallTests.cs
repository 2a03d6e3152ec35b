using Dmp.Document.V1;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>An answer that nobody takes is not kept for ever.</summary>
public sealed class StallTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ReadDocument")]
    [InlineData("SearchDocuments")]
    public async Task A_window_that_never_opens_ends_the_call(string method)
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:StallAfter=00:00:01");
        using var watched = new WatchedServer(server);
        var token = platform.Callers.Token(TestProfessional.New());
        var api = new DmpApi(server.Channel, token);
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        var document = await api.UploadAsync(Given.Intent(record), Given.Text(2_000_000));

        // Both answers are longer than the 64 KiB that Kestrel keeps of a stream by itself.
        for (var i = 0; method == "SearchDocuments" && i < 80; i++)
        {
            var intent = Given.Intent(record);
            intent.Metadata.Title = new string('t', 250);
            await api.UploadAsync(intent, Given.Text(20));
        }

        await using var raw = await RawConnection.OpenAsync(server.Address, window: 0);
        Google.Protobuf.IMessage request = method == "ReadDocument"
            ? new ReadDocumentRequest { RecordId = record, DocumentId = document.DocumentId }
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
        Assert.Empty(watched.Errors);
    }

    [Fact]
    public async Task A_caller_that_takes_slowly_is_not_ended()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:StallAfter=00:00:01");
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        var document = await api.UploadAsync(Given.Intent(record), Given.Text(500_000));
        using var call = api.Documents.ReadDocument(new() { RecordId = record, DocumentId = document.DocumentId }, cancellationToken: Token);
        var received = 0L;
        while (await call.ResponseStream.MoveNext(Token))
        {
            received += call.ResponseStream.Current.Chunk?.Data.Length ?? 0;
            await Task.Delay(400, Token);
        }

        Assert.Equal(500_000, received);
    }
}
