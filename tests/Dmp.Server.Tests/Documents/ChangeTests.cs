using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Documents;

/// <summary>Masking, archiving, deleting.</summary>
public sealed class ChangeTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_masked_document_is_absent_for_other_professionals_and_there_for_author_attending_and_patient()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var other = platform.As(await platform.ColleagueAsync(record));
        var attending = platform.As(await platform.ColleagueAsync(record, attending: true));
        var patient = platform.As(record.Patient);
        var document = await author.UploadAsync(record.Id);
        Assert.Equal([document.DocumentId], await other.SearchIdsAsync(record.Id));

        var masked = (await patient.Documents.MaskDocumentAsync(Mask(document), cancellationToken: Token)).Document;

        Assert.Equal([VisibilityCode.MaskedFromProfessionals], masked.VisibilityCodes);
        foreach (var caller in new[] { author, attending, patient })
        {
            Assert.Equal([document.DocumentId], await caller.SearchIdsAsync(record.Id));
            Assert.NotEmpty(await caller.ReadAsync(document));
        }

        Assert.Empty(await other.SearchIdsAsync(record.Id));
        await AbsentAsync(other, document);

        // Lifting it is for the patient, the author and the attending physician.
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => UnmaskAsync(other, masked));
        Assert.Empty((await UnmaskAsync(attending, masked)).VisibilityCodes);
        Assert.NotEmpty(await other.ReadAsync(document));
    }

    [Fact]
    public async Task Hidden_answers_exactly_like_absent()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        var other = platform.As(await platform.ColleagueAsync(record));
        var absent = document.Clone();
        absent.DocumentId = Given.NewId();

        Func<StoredDocument, Task>[] calls =
        [
            async target => await other.Documents.GetDocumentAsync(
                new GetDocumentRequest { RecordId = target.RecordId, DocumentId = target.DocumentId }, cancellationToken: Token),
            target => other.ReadAsync(target),
            async target => await other.Documents.MaskDocumentAsync(Mask(target), cancellationToken: Token),
            target => UnmaskAsync(other, target),
            target => ArchiveAsync(other, target),
            target => DeleteAsync(other, target),
            target => other.UploadAsync(record.Id, intent => (intent.ReplacesDocumentId, intent.Etag) = (target.DocumentId, target.Etag)),
        ];
        foreach (var call in calls)
        {
            var hidden = await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => call(document));
            var missing = await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => call(absent));
            RemoveRequestInfo(hidden);
            RemoveRequestInfo(missing);
            Assert.Equal(missing, hidden);
        }
    }

    [Fact]
    public async Task The_default_of_the_patient_masks_what_comes()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var settings = (await patient.Consents.GetConsentSettingsAsync(
            new Consent.V1.GetConsentSettingsRequest { RecordId = record.Id }, cancellationToken: Token)).Settings;
        await patient.Consents.UpdateConsentSettingsAsync(
            new Consent.V1.UpdateConsentSettingsRequest
            {
                RecordId = record.Id,
                Settings = new Consent.V1.ConsentSettings { DocumentsMaskedByDefault = true },
                UpdateMask = new() { Paths = { "documents_masked_by_default" } },
                Etag = settings.Etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

        var document = await platform.As(record.Physician).UploadAsync(record.Id);

        Assert.Equal([VisibilityCode.MaskedFromProfessionals], document.VisibilityCodes);
        await AbsentAsync(platform.As(await platform.ColleagueAsync(record)), document);
    }

    [Fact]
    public async Task An_archived_document_leaves_the_default_search_and_comes_back()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var document = await author.UploadAsync(record.Id);

        var archived = await ArchiveAsync(author, document);

        Assert.Equal(DocumentStatus.Archived, archived.Status);
        Assert.Empty(await author.SearchIdsAsync(record.Id));
        Assert.Single(await author.SearchIdsAsync(record.Id, request => request.Statuses.Add(DocumentStatus.Archived)));
        await Refusals.RefusedAsync(StatusCode.FailedPrecondition, ErrorReason.DocumentStateConflict, () => ArchiveAsync(author, document));
        var other = platform.As(await platform.ColleagueAsync(record));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed, () => UnarchiveAsync(other, document));
        Assert.Equal(DocumentStatus.Approved, (await UnarchiveAsync(author, document)).Status);
        Assert.Single(await author.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_deleted_document_is_gone_for_others_and_the_patient_sees_that_it_was()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var other = platform.As(await platform.ColleagueAsync(record));
        var patient = platform.As(record.Patient);
        var document = await author.UploadAsync(record.Id);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed, () => DeleteAsync(other, document));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed, () => DeleteAsync(patient, document));

        Assert.Equal(DocumentStatus.Deleted, (await DeleteAsync(author, document)).Status);

        Assert.Empty(await patient.SearchIdsAsync(record.Id));
        Assert.Single(await patient.SearchIdsAsync(record.Id, request => request.Statuses.Add(DocumentStatus.Deleted)));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => other.ReadAsync(document));
        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition, ErrorReason.DocumentStateConflict, () => UnarchiveAsync(author, document));
    }

    [Fact]
    public async Task An_etag_of_before_is_refused_and_a_repeat_answers_the_same()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var document = await author.UploadAsync(record.Id);
        var request = Mask(document);
        request.Etag = document.Etag;

        var masked = await author.Documents.MaskDocumentAsync(request, cancellationToken: Token);

        Assert.Equal(masked, await author.Documents.MaskDocumentAsync(request, cancellationToken: Token));
        var stale = Mask(document);
        stale.Etag = document.Etag;
        await Refusals.RefusedAsync(
            StatusCode.Aborted, ErrorReason.EtagMismatch,
            async () => await author.Documents.MaskDocumentAsync(stale, cancellationToken: Token));
        request.Etag = masked.Document.Etag;
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.RequestIdReused,
            async () => await author.Documents.MaskDocumentAsync(request, cancellationToken: Token));
    }

    private static MaskDocumentRequest Mask(StoredDocument document) =>
        new() { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() };

    private static async Task<StoredDocument> UnmaskAsync(DmpApi api, StoredDocument document) =>
        (await api.Documents.UnmaskDocumentAsync(
            new UnmaskDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token)).Document;

    private static async Task<StoredDocument> ArchiveAsync(DmpApi api, StoredDocument document) =>
        (await api.Documents.ArchiveDocumentAsync(
            new ArchiveDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token)).Document;

    private static async Task<StoredDocument> UnarchiveAsync(DmpApi api, StoredDocument document) =>
        (await api.Documents.UnarchiveDocumentAsync(
            new UnarchiveDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token)).Document;

    private static async Task<StoredDocument> DeleteAsync(DmpApi api, StoredDocument document) =>
        (await api.Documents.DeleteDocumentAsync(
            new DeleteDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token)).Document;

    private static async Task AbsentAsync(DmpApi api, StoredDocument document) =>
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => api.ReadAsync(document));

    private static void RemoveRequestInfo(Google.Rpc.Status status)
    {
        var info = status.Details.Single(detail => detail.Is(Google.Rpc.RequestInfo.Descriptor));
        status.Details.Remove(info);
    }
}
