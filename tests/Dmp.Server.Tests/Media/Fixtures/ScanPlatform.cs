using Dmp.Server.Tests.Fixtures;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Media.Fixtures;

/// <summary>A server with settings of its own, and a record on it.</summary>
internal sealed class ScanPlatform : IAsyncDisposable
{
    private ScanPlatform(TestServer server, OpenedRecord record, DmpApi physician, DmpApi patient) =>
        (Server, Record, Physician, Patient) = (server, record, physician, patient);

    public TestServer Server { get; }

    public OpenedRecord Record { get; }

    public DmpApi Physician { get; }

    public DmpApi Patient { get; }

    public string QuarantineDirectory => Path.Combine(Path.GetDirectoryName(Server.ContentDirectory)!, "quarantine");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ScanPlatform> StartAsync(Platform platform, params string[] settings)
    {
        var server = await TestServer.StartAsync(platform, settings);
        var (patient, physician) = (TestPatient.New(), TestProfessional.New());
        var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token)).Record;
        await api.DeclareAsync(record.RecordId);
        return new ScanPlatform(
            server, new OpenedRecord(patient, physician, record), api, new DmpApi(server.Channel, platform.Callers.Token(patient)));
    }

    public Task<StoredDocument> SendAsync(byte[] content, string mediaType = "text/plain") =>
        Physician.UploadAsync(Given.Intent(Record.Id, mediaType), content);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
