using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Documents.Import;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Documents;

/// <summary>A document is never hidden from the patient and masked from professionals at once, however it would come to that
/// (EX_2.1-1050).</summary>
public sealed class HiddenAndMaskedTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asked_for_together_they_are_a_fault_of_the_message()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await Refusals.FieldsAsync(() => api.UploadAsync(record.Id, Both), "visibility_codes");
        var imported = Assert.Single(await Importing.AllAsync(api, (Changed(record, Both), Given.Text())));
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, imported);
    }

    [Fact]
    public async Task Nothing_is_hidden_from_a_patient_whose_documents_are_masked_by_default()
    {
        var record = await platform.RecordAsync();
        await MaskByDefaultAsync(record);
        var api = platform.As(record.Physician);
        await ExclusiveAsync(() => api.UploadAsync(record.Id, Hidden));
        await ExclusiveAsync(() => api.UploadAsync(record.Id, intent =>
        {
            Hidden(intent);
            intent.ValidateOnly = true;
        }));
        Importing.Refused(
            StatusCode.FailedPrecondition,
            ErrorReason.VisibilityCodesExclusive,
            Assert.Single(await Importing.AllAsync(api, (Changed(record, Hidden), Given.Text()))));
        (UploadIntent, byte[])[] ofSet = [(Changed(record, Hidden), Given.Text()), (Given.Intent(record.Id), Given.Text())];
        var (set, members) = await Importing.SetAsync(api, Importing.SetOf(ofSet.Select(one => one.Item1)), ofSet);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, set);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.VisibilityCodesExclusive, members[0]);
        Assert.Empty(await api.SearchIdsAsync(record.Id));

        Assert.Equal([VisibilityCode.MaskedFromProfessionals], (await api.UploadAsync(record.Id)).VisibilityCodes);
    }

    [Fact]
    public async Task What_waits_for_its_announcement_is_masked_once_it_is_revealed_and_not_before()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var document = await api.UploadAsync(record.Id, Hidden);
        await ExclusiveAsync(() => api.MaskAsync(document));
        await ExclusiveAsync(
            () => api.ReplaceAsync(document, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals)));

        // Masking by default is about what comes: what waits stays as it is, and so does its next version.
        await MaskByDefaultAsync(record);
        Assert.Equal([VisibilityCode.HiddenFromPatient], (await api.ReplaceAsync(document)).VisibilityCodes);

        await api.RevealAsync(document, VisibilityCode.HiddenFromPatient);
        await api.MaskAsync(document);
        Assert.Equal([VisibilityCode.MaskedFromProfessionals], (await GetAsync(platform.As(record.Patient), document)).VisibilityCodes);
        await ExclusiveAsync(() => api.ReplaceAsync(document, Hidden));
        Assert.Equal([VisibilityCode.MaskedFromProfessionals], (await GetAsync(api, document)).VisibilityCodes);
    }

    [Fact]
    public async Task A_platform_may_allow_both()
    {
        await using var server = await platform.Server.StartBesideAsync(platform, "--Dmp:Access:HiddenAndMasked=true");
        var record = await platform.RecordAsync();
        var api = new DmpApi(server.Channel, platform.Callers.Token(record.Physician));
        VisibilityCode[] both = [VisibilityCode.MaskedFromProfessionals, VisibilityCode.HiddenFromPatient];
        Assert.Equal(both, (await api.UploadAsync(record.Id, Both)).VisibilityCodes);
        var document = await api.UploadAsync(record.Id, Hidden);
        await api.MaskAsync(document);
        Assert.Equal(both, (await GetAsync(api, document)).VisibilityCodes);
    }

    private static void Hidden(UploadIntent intent) => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient);

    private static void Both(UploadIntent intent) =>
        intent.VisibilityCodes.Add([VisibilityCode.HiddenFromPatient, VisibilityCode.MaskedFromProfessionals]);

    private static UploadIntent Changed(OpenedRecord record, Action<UploadIntent> change)
    {
        var intent = Given.Intent(record.Id);
        change(intent);
        return intent;
    }

    private static Task<Google.Rpc.Status> ExclusiveAsync(Func<Task> call) =>
        Refusals.RefusedAsync(StatusCode.FailedPrecondition, ErrorReason.VisibilityCodesExclusive, call);

    private static async Task<StoredDocument> GetAsync(DmpApi api, StoredDocument document) => (await api.Documents.GetDocumentAsync(
        new GetDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token)).Document;

    private async Task MaskByDefaultAsync(OpenedRecord record)
    {
        var api = platform.As(record.Patient);
        var etag = (await api.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = record.Id }, cancellationToken: Token)).Settings.Etag;
        await api.Consents.UpdateConsentSettingsAsync(
            new UpdateConsentSettingsRequest
            {
                RecordId = record.Id,
                Settings = new ConsentSettings { DocumentsMaskedByDefault = true },
                UpdateMask = new() { Paths = { "documents_masked_by_default" } },
                Etag = etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
    }
}
