using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Emergencies;

/// <summary>Opening a record without an authorisation, within what the patient left open.</summary>
public sealed class EmergencyTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Break_glass_lets_read_and_change_nothing()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var masked = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        var helper = platform.As(TestProfessional.New());
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => helper.ReadAsync(document));

        var opened = await OpenAsync(helper, record.Id);

        Assert.False(opened.MaskedDocumentsShown);
        Assert.InRange(
            opened.EmergencyAccess.ExpireTime.ToDateTimeOffset(), DateTimeOffset.UtcNow.AddHours(3.9), DateTimeOffset.UtcNow.AddHours(4.1));
        Assert.NotEmpty(await helper.ReadAsync(document));
        Assert.Equal([document.DocumentId], await helper.SearchIdsAsync(record.Id));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => helper.ReadAsync(masked));
        Func<Task>[] changes =
        [
            async () => await helper.Documents.MaskDocumentAsync(
                new() { RecordId = record.Id, DocumentId = document.DocumentId, RequestId = Given.NewId() }, cancellationToken: Token),
            async () => await helper.Consents.ListConsentsAsync(new() { RecordId = record.Id }, cancellationToken: Token),
            async () => await helper.Consents.BlockActorAsync(
                new() { RecordId = record.Id, Actor = record.Physician.Actor, RequestId = Given.NewId() }, cancellationToken: Token),
            async () => await helper.Records.CloseRecordAsync(
                new() { RecordId = record.Id, Reason = Dmp.Record.V1.CloseReason.PatientRequest, RequestId = Given.NewId() },
                cancellationToken: Token),
        ];
        foreach (var change in changes)
        {
            await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.FunctionNotAllowed, change);
        }
    }

    [Fact]
    public async Task What_the_patient_agrees_to_after_waking_up_is_declared_in_the_normal_mode()
    {
        var record = await platform.RecordAsync();
        var helper = TestProfessional.New();
        await OpenAsync(platform.As(helper), record.Id);

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.FunctionNotAllowed, () => platform.As(helper).DeclareAsync(record.Id));
        await platform.As(platform.Callers.Token(helper), ("dmp-access-mode", "normal")).DeclareAsync(record.Id);

        await platform.As(helper).Consents.ListConsentsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        foreach (var (token, mode) in new[]
        {
            (platform.Callers.Token(helper), "bris_de_glace"), (platform.Callers.Token(record.Patient), "break-glass"),
        })
        {
            await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.AccessModeInvalid, () =>
                platform.As(token, ("dmp-access-mode", mode)).SearchIdsAsync(record.Id));
        }

        // An emergency that is asked for must have been opened, whatever other right there is.
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () =>
            platform.As(platform.Callers.Token(record.Physician), ("dmp-access-mode", "break-glass")).SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task The_patient_decides_what_an_emergency_opens_and_it_counts_at_once()
    {
        var record = await platform.RecordAsync();
        var masked = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        var professional = TestProfessional.New();
        var helper = platform.As(professional);
        await SwitchAsync(record, "emergency_masked_allowed", settings => settings.EmergencyMaskedAllowed = true);
        Assert.True((await OpenAsync(helper, record.Id)).MaskedDocumentsShown);
        Assert.NotEmpty(await helper.ReadAsync(masked));

        await SwitchAsync(record, "emergency_masked_allowed", settings => settings.EmergencyMaskedAllowed = false);
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => helper.ReadAsync(masked));

        await SwitchAsync(record, "emergency_break_glass_allowed", settings => settings.EmergencyBreakGlassAllowed = false);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => helper.SearchIdsAsync(record.Id));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.EmergencyNotAllowed, () => OpenAsync(helper, record.Id));

        await SwitchAsync(record, "emergency_break_glass_allowed", settings => settings.EmergencyBreakGlassAllowed = true);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => helper.SearchIdsAsync(record.Id));
        await OpenAsync(helper, record.Id);
        Assert.Empty(await helper.SearchIdsAsync(record.Id));
        await platform.As(record.Patient).Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = professional.Actor, RequestId = Given.NewId() },
            cancellationToken: Token);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => helper.SearchIdsAsync(record.Id));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => OpenAsync(helper, record.Id));
    }

    [Fact]
    public async Task Regulation_is_for_those_whose_token_says_so_and_finds_by_traits()
    {
        var record = await platform.RecordAsync();
        var traits = record.Patient.Traits;
        var search = new FindRecordsRequest
        {
            BirthFamilyName = traits.BirthFamilyName.ToLowerInvariant(),
            BirthDate = traits.BirthDate,
            Sex = traits.Sex,
            BirthGivenName = "louise",
        };
        var ordinary = platform.As(TestProfessional.New());
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.FunctionNotAllowed, async () =>
            await ordinary.Emergencies.FindRecordsAsync(search, cancellationToken: Token));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.EmergencyNotAllowed, () => OpenAsync(ordinary, record.Id, EmergencyMode.Regulation));

        var regulator = platform.As(TestProfessional.New() with { Regulates = true });
        var found = await regulator.Emergencies.FindRecordsAsync(search, cancellationToken: Token);
        Assert.Contains(found.Records, one => one.RecordId == record.Id && one.Traits.Equals(traits));
        await OpenAsync(regulator, record.Id, EmergencyMode.Regulation);
        Assert.Empty(await regulator.SearchIdsAsync(record.Id));

        await SwitchAsync(record, "emergency_regulation_allowed", settings => settings.EmergencyRegulationAllowed = false);
        found = await regulator.Emergencies.FindRecordsAsync(search, cancellationToken: Token);
        Assert.DoesNotContain(found.Records, one => one.RecordId == record.Id);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => regulator.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task Every_opening_is_seen_by_the_patient_and_waits_for_a_reviewer()
    {
        var record = await platform.RecordAsync();
        var helper = TestProfessional.New();
        var opened = (await OpenAsync(platform.As(helper), record.Id)).EmergencyAccess;

        var seen = Assert.Single((await platform.As(record.Patient).Emergencies.ListEmergencyAccessesAsync(
            new ListEmergencyAccessesRequest { RecordId = record.Id }, cancellationToken: Token)).EmergencyAccesses);
        Assert.Equal((opened, helper.Id), (seen, seen.Actor.Id));
        Assert.Equal(1, await platform.Server.QueryAsync<long>(
            platform, $"select count(*) from {Given.Changes} where record_id = '{record.Id}' and kind = 'EMERGENCY_OPENED'"));

        var auditor = platform.AsAuditor();
        Assert.Contains(await QueueAsync(auditor), one => one.EmergencyAccessId == opened.EmergencyAccessId);
        var request = new AcknowledgeEmergencyAccessRequest
        {
            RecordId = record.Id,
            EmergencyAccessId = opened.EmergencyAccessId,
            Comment = "Confirmed by the service",
            RequestId = Given.NewId(),
        };
        var acknowledged = (await auditor.Emergencies.AcknowledgeEmergencyAccessAsync(request, cancellationToken: Token)).EmergencyAccess;
        Assert.NotNull(acknowledged.AcknowledgeTime);
        Assert.DoesNotContain(await QueueAsync(auditor), one => one.EmergencyAccessId == opened.EmergencyAccessId);
        request.EmergencyAccessId = Given.NewId();
        request.RequestId = Given.NewId();
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.EmergencyAccessNotFound, async () =>
            await auditor.Emergencies.AcknowledgeEmergencyAccessAsync(request, cancellationToken: Token));
    }

    [Fact]
    public async Task Faults_and_occupational_physicians_are_refused()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            async () => await platform.As(TestProfessional.New()).Emergencies.OpenEmergencyAccessAsync(
                new OpenEmergencyAccessRequest
                {
                    RecordId = record.Id,
                    Mode = (EmergencyMode)9,
                    Reason = "court",
                    RequestId = Given.NewId(),
                },
                cancellationToken: Token),
            "mode", "reason");
        var occupational = platform.As(TestProfessional.New() with { Specialty = "SM25", Sector = "SA66" });
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.FunctionNotAllowed, () => OpenAsync(occupational, record.Id));
    }

    private static async Task<OpenEmergencyAccessResponse> OpenAsync(
        DmpApi api, string recordId, EmergencyMode mode = EmergencyMode.BreakGlass) =>
        await api.Emergencies.OpenEmergencyAccessAsync(
            new OpenEmergencyAccessRequest
            {
                RecordId = recordId,
                Mode = mode,
                Reason = "Patient inconscient, détresse respiratoire",
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

    private static async Task<List<EmergencyAccess>> QueueAsync(DmpApi auditor)
    {
        var all = new List<EmergencyAccess>();
        var request = new ListUnacknowledgedAccessesRequest { PageSize = 200 };
        do
        {
            var page = await auditor.Emergencies.ListUnacknowledgedAccessesAsync(request, cancellationToken: Token);
            all.AddRange(page.EmergencyAccesses);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return all;
    }

    private async Task SwitchAsync(OpenedRecord record, string name, Action<ConsentSettings> change)
    {
        var api = platform.As(record.Patient);
        var settings = (await api.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = record.Id }, cancellationToken: Token)).Settings;
        var etag = settings.Etag;
        change(settings);
        await api.Consents.UpdateConsentSettingsAsync(
            new UpdateConsentSettingsRequest
            {
                RecordId = record.Id,
                Settings = settings,
                UpdateMask = new() { Paths = { name } },
                Etag = etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
    }
}
