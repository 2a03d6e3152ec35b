using Dmp.Audit.V1;
using Dmp.Document.V1;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Audit;

/// <summary>The trace does not tell of documents that do not exist for its reader.</summary>
public sealed class HiddenDocumentTraceTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_of_a_document_that_waits_for_its_announcement_are_listed_once_it_is_visible()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var physician = platform.As(record.Physician);
        var document = await physician.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        await physician.ReadAsync(document);
        await physician.SearchIdsAsync(record.Id);
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));

        foreach (var reader in new[] { patient, mother })
        {
            var events = await ListAsync(reader, record.Id);
            Assert.DoesNotContain(events, e => e.DocumentIds.Contains(document.DocumentId));
            Assert.DoesNotContain(events, e => Name(e) is "UploadDocument" or "ReadDocument" or "SearchDocuments");
        }

        Assert.Equal(3, (await ListAsync(platform.AsAuditor(), record.Id)).Count(e => e.DocumentIds.Contains(document.DocumentId)));
        await physician.RevealAsync(document, VisibilityCode.HiddenFromPatient);

        foreach (var reader in new[] { patient, mother })
        {
            Assert.Equal(4, (await ListAsync(reader, record.Id)).Count(e => e.DocumentIds.Contains(document.DocumentId)));
        }
    }

    [Fact]
    public async Task Events_of_a_document_that_representatives_do_not_see_are_listed_to_the_minor_only()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var physician = platform.As(record.Physician);
        var document = await physician.UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives));
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        await patient.ReadAsync(document);

        Assert.Equal(2, (await ListAsync(patient, record.Id)).Count(e => e.DocumentIds.Contains(document.DocumentId)));
        Assert.DoesNotContain(await ListAsync(mother, record.Id), e => Name(e) is "UploadDocument" or "ReadDocument");
        await physician.RevealAsync(document, VisibilityCode.HiddenFromRepresentatives);
        Assert.Equal(3, (await ListAsync(mother, record.Id)).Count(e => e.DocumentIds.Contains(document.DocumentId)));
    }

    [Fact]
    public async Task A_search_that_found_other_documents_too_is_listed_with_those()
    {
        var record = await platform.RecordAsync();
        var physician = platform.As(record.Physician);
        await physician.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        var visible = await physician.UploadAsync(record.Id);
        Assert.Equal(2, (await physician.SearchIdsAsync(record.Id)).Count);

        var search = Assert.Single(await ListAsync(platform.As(record.Patient), record.Id), e => Name(e) == "SearchDocuments");

        Assert.Equal([visible.DocumentId], search.DocumentIds);
    }

    private static string Name(AuditEvent e) => e.Method[(e.Method.LastIndexOf('/') + 1)..];

    private static async Task<List<AuditEvent>> ListAsync(DmpApi api, string recordId) =>
        [.. (await api.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = recordId, PageSize = 200 }, cancellationToken: Token)).Events];
}
