using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Messages;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Limits;

/// <summary>One identifier is one identifier, whichever way it is written.</summary>
public sealed class UniqueIdTests(Platform platform)
{
    public static TheoryData<string, string, string> Pairs => new()
    {
        { "1.2.250.1.999.55.1", "urn:oid:1.2.250.1.999.55.1", "1.2.250.1.999.55.1" },
        {
            "urn:uuid:9F2C1A3E-5B7D-4E21-8F10-0A1B2C3D4E5F",
            "urn:uuid:9f2c1a3e-5b7d-4e21-8f10-0a1b2c3d4e5f",
            "urn:uuid:9f2c1a3e-5b7d-4e21-8f10-0a1b2c3d4e5f"
        },
        {
            "9f2c1a3e-5b7d-4e21-8f10-0a1b2c3d4e5f",
            "URN:UUID:9f2c1a3e-5b7d-4e21-8f10-0a1b2c3d4e5f",
            "urn:uuid:9f2c1a3e-5b7d-4e21-8f10-0a1b2c3d4e5f"
        },
        { "urn:oid:1.2.250.1.999.55^CR-7", "1.2.250.1.999.55^CR-7", "1.2.250.1.999.55^CR-7" },
        {
            "9F2C1A3E-5B7D-4E21-8F10-0A1B2C3D4E5F^CR-7",
            "9f2c1a3e-5b7d-4e21-8f10-0a1b2c3d4e5f^CR-7",
            "9f2c1a3e-5b7d-4e21-8f10-0a1b2c3d4e5f^CR-7"
        },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_document_is_found_and_taken_by_any_form_of_its_identifier(string first, string second, string kept)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var document = await api.UploadAsync(record.Id, intent => intent.Metadata.UniqueId = first);
        Assert.Equal(kept, document.Metadata.UniqueId);
        await Refusals.RefusedAsync(
            StatusCode.AlreadyExists, ErrorReason.UniqueIdTaken,
            () => api.UploadAsync(record.Id, intent => intent.Metadata.UniqueId = second));
        foreach (var form in new[] { first, second, kept })
        {
            var found = await api.Documents.SearchDocumentsAsync(
                new SearchDocumentsRequest { RecordId = record.Id, UniqueId = form }, cancellationToken: Given.Token);
            Assert.Equal(document.DocumentId, Assert.Single(found.Documents).DocumentId);
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("2024-00017", "2024-00017")]
    [InlineData("urn:oid:CR-17", "urn:oid:CR-17")]
    [InlineData("1.2.3^", "1.2.3^")]
    [InlineData("CR^^^&1.2.3&ISO", "CR^^^&1.2.3&ISO")]
    public void What_is_no_OID_or_UUID_stays_as_it_is(string id, string kept) => Assert.Equal(kept, UniqueIds.Canonical(id));

    [Fact]
    public async Task A_zero_character_in_a_search_is_a_fault_of_the_field()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            async () => await platform.As(record.Physician).Documents.SearchDocumentsAsync(
                new SearchDocumentsRequest { RecordId = record.Id, UniqueId = "a\0b" }, cancellationToken: Given.Token),
            "unique_id");
    }
}
