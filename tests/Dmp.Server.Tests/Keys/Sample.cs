using Dmp.Server.Tests.Fixtures;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Keys;

/// <summary>A record of its own on a server, with one document.</summary>
internal sealed record Sample(TestPatient Patient, TestProfessional Physician, DmpApi Api, StoredDocument Document, byte[] Content)
{
    public string RecordId => Document.RecordId;

    public static async Task<Sample> UploadAsync(Platform platform, TestServer server, int size = 1000)
    {
        var token = TestContext.Current.CancellationToken;
        var (patient, physician) = (TestPatient.New(), TestProfessional.New());
        DmpApi api = new(server.Channel, platform.Callers.Token(physician));
        var opened = await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: token);
        await api.DeclareAsync(opened.Record.RecordId);
        var content = Given.Text(size);
        return new(patient, physician, api, await api.UploadAsync(Given.Intent(opened.Record.RecordId), content), content);
    }

    public async Task AssertReadableAsync() => Assert.Equal(Content, await Api.ReadAsync(Document));

    /// <summary>The physician on another server.</summary>
    public DmpApi At(Platform platform, TestServer server) => new(server.Channel, platform.Callers.Token(Physician));
}
