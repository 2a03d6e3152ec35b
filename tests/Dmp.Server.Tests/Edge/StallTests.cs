using Dmp.Document.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>An answer that nobody takes is not kept for ever.</summary>
public sealed class StallTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2_000_000, "dmp.document.v1.DocumentService/ReadDocument")]
    [InlineData(2_000, "dmp.document.v1.DocumentService/ReadDocument")]
    [InlineData(2_000, "dmp.document.v1.DocumentService/SearchDocuments")]
    [InlineData(2_000, "dmp.audit.v1.AuditService/ExportRecordEvents")]
    public async Task A_window_that_never_opens_ends_the_call(int bytes, string method)
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:StallAfter=00:00:01");
        using var watched = new WatchedServer(server);
        var token = platform.Callers.Token(TestProfessional.New());
        var api = new DmpApi(server.Channel, token);
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        var document = await api.UploadAsync(Given.Intent(record), Given.Text(bytes));
        await Task.Delay(3000, Token);
        await using var raw = await RawConnection.OpenAsync(server.Address, window: 0);
        Google.Protobuf.IMessage request = method.EndsWith("ReadDocument", StringComparison.Ordinal)
            ? new ReadDocumentRequest { RecordId = record, DocumentId = document.DocumentId }
            : method.EndsWith("SearchDocuments", StringComparison.Ordinal)
            ? new SearchDocumentsRequest { RecordId = record }
            : new Dmp.Audit.V1.ExportRecordEventsRequest { RecordId = record };

        var before = watched.Requests;
        var streams = new List<int>();
        for (var i = 0; i < 20; i++)
        {
            streams.Add(await raw.CallAsync(method, token, request));
        }

        for (var attempt = 0; raw.Resets.Count < streams.Count || watched.Requests < before + streams.Count; attempt++)
        {
            Assert.True(
                attempt < 60,
                $"{raw.Resets.Count} of {streams.Count} streams were ended, {watched.Requests - before} requests; "
                + string.Join(", ", await server.ListAsync<string>(platform, "select coalesce(reason, 'ALLOWED') || ' ' || count(*) from audit_event group by reason")));
            await Task.Delay(100, Token);
        }

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
