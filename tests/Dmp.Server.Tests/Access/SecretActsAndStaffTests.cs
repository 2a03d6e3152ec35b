using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Notice.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Access;

/// <summary>The patient keeps secret acts from the staff of the structure where they were deposited.</summary>
public sealed class SecretActsAndStaffTests(Platform platform)
{
    private const string Switch = "secret_acts_hidden_from_staff";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_staff_finds_a_secret_act_until_the_patient_switches_it_off_and_finds_it_again_afterwards()
    {
        var (record, minor, physician, staff) = await WorldAsync();
        var document = await UploadAsync(platform.InSecretAs(record.Physician), record, "secret");
        var (open, own) = (await UploadAsync(physician, record, "open"), await UploadAsync(staff, record, "own", byStaff: true));
        Assert.Equal("Title of secret", (await GetAsync(staff, document)).Metadata.Title);
        Assert.Equal([document.DocumentId], await FindAsync(staff, document));
        Assert.Contains(await ViewersAsync(minor, document), viewer => viewer.Actor.Id == record.Physician.StructureId);

        var tried = (await UpdateAsync(
            minor, record, (await SettingsAsync(minor, record)).Etag, on: true, validateOnly: true, Switch)).Effect;
        var effect = Assert.Single(tried.Actors);
        Assert.Equal((record.Physician.StructureId, 3, 2), (effect.Actor.Id, effect.DocumentsBefore, effect.DocumentsAfter));
        Assert.True((await minor.HideSecretActsFromStaffAsync(record.Id)).SecretActsHiddenFromStaff);

        Assert.Empty(await FindAsync(staff, document));
        await AbsentAsync(() => GetAsync(staff, document));
        await AbsentAsync(() => staff.DeleteAsync(document));
        await AbsentAsync(() => UploadAsync(staff, record, "replacing", byStaff: true, replaces: document));
        Assert.DoesNotContain(await ViewersAsync(minor, document), viewer => viewer.Actor.Id == record.Physician.StructureId);
        Assert.Contains(await ViewersAsync(minor, document), viewer => viewer.Actor.Id == record.Physician.Id);

        // What is not secret stays, and so does what the structure deposited itself.
        foreach (var kept in new[] { open, own })
        {
            Assert.Equal([kept.DocumentId], await FindAsync(staff, kept));
            Assert.Contains(await ViewersAsync(minor, kept), viewer => viewer.Actor.Id == record.Physician.StructureId);
        }

        // Professionals see and do what they saw and did, in the same structure too.
        Assert.NotEmpty(await physician.ReadAsync(document));
        Assert.True((await physician.Access.ExplainAccessAsync(
            new ExplainAccessRequest { RecordId = record.Id, DocumentId = document.DocumentId }, cancellationToken: Token)).Allowed);
        var colleague = platform.As(
            await platform.ColleagueAsync(record, who: TestProfessional.New() with { StructureId = record.Physician.StructureId }));
        Assert.NotEmpty(await colleague.ReadAsync(document));
        var next = await UploadAsync(platform.InSecretAs(record.Physician), record, "next");
        Assert.Equal(2, (await physician.ReplaceAsync(document)).Version);
        await AbsentAsync(() => GetAsync(staff, next));
        await physician.DeleteAsync(next);

        Assert.False((await minor.HideSecretActsFromStaffAsync(record.Id, on: false)).SecretActsHiddenFromStaff);
        Assert.Equal(2, (await GetAsync(staff, document)).Version);
        Assert.Contains(await ViewersAsync(minor, document), viewer => viewer.Actor.Id == record.Physician.StructureId);
    }

    [Fact]
    public async Task The_software_of_the_structure_drops_its_copy_and_gets_it_back()
    {
        var (record, minor, physician, staff) = await WorldAsync();
        var secret = await UploadAsync(platform.InSecretAs(record.Physician), record, "secret");
        var own = await UploadAsync(staff, record, "own", byStaff: true);
        var (open, start) = (await UploadAsync(physician, record, "open"), await staff.NowAsync());
        var (startPhysician, startMinor) = (await physician.NowAsync(), await minor.NowAsync());

        await minor.HideSecretActsFromStaffAsync(record.Id);
        var told = Assert.Single(await staff.SinceAsync(start));
        Assert.Equal((ChangeKind.Deleted, secret.DocumentId, 1), (told.Kind, told.DocumentId, told.PreviousVersion));
        Assert.Empty(await physician.SinceAsync(startPhysician));
        Assert.Empty(await minor.SinceAsync(startMinor));

        // What is done with it meanwhile is not told; what is hidden now is told to be gone.
        start = await staff.NowAsync();
        await minor.HideSecretActsFromStaffAsync(record.Id);
        await physician.ReplaceAsync(secret);
        await UploadAsync(platform.InSecretAs(record.Physician), record, "later");
        Assert.Empty(await staff.SinceAsync(start));
        await HideAsync(minor, open);
        Assert.Equal([(ChangeKind.Deleted, open.DocumentId)], await ToldAsync(staff, start));
        start = await staff.NowAsync();
        await minor.RevealAsync(open, VisibilityCode.HiddenFromRepresentatives);
        Assert.Equal([(ChangeKind.Created, open.DocumentId)], await ToldAsync(staff, start));

        start = await staff.NowAsync();
        await minor.HideSecretActsFromStaffAsync(record.Id, on: false);
        var back = await ToldAsync(staff, start);
        Assert.Equal(2, back.Count);
        Assert.Contains((ChangeKind.Created, secret.DocumentId), back);
        Assert.DoesNotContain(back, one => one.Id == own.DocumentId);

        // Who reads late, over on and off, is left with what there is.
        start = await staff.NowAsync();
        await minor.HideSecretActsFromStaffAsync(record.Id);
        var hidden = await UploadAsync(platform.InSecretAs(record.Physician), record, "hidden");
        Assert.DoesNotContain(await ToldAsync(staff, start), one => one.Id == hidden.DocumentId);
        await minor.HideSecretActsFromStaffAsync(record.Id, on: false);
        await minor.HideSecretActsFromStaffAsync(record.Id);
        var late = await ToldAsync(staff, start);
        Assert.All(late, one => Assert.Equal(ChangeKind.Deleted, one.Kind));
        Assert.Contains((ChangeKind.Deleted, secret.DocumentId), late);
    }

    [Fact]
    public async Task A_structure_that_has_nothing_but_secret_acts_hears_nothing_of_the_record()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var minor = platform.As(record.Patient);
        var colleague = TestProfessional.New();
        var content = Given.Text();
        await platform.As(colleague).DeclareAsync(record.Id);
        await platform.InSecretAs(colleague).UploadAsync(Given.Intent(record.Id), content);
        var staff = platform.AsStructure(colleague.StructureId);
        var digest = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(content));
        var asked = new FindMissingContentRequest { Sha256S = { digest } };
        Assert.Empty((await staff.Documents.FindMissingContentAsync(asked, cancellationToken: Token)).MissingSha256S);
        await minor.HideSecretActsFromStaffAsync(record.Id);
        Assert.Equal([digest], (await staff.Documents.FindMissingContentAsync(asked, cancellationToken: Token)).MissingSha256S);
        Assert.Empty((await platform.As(colleague).Documents.FindMissingContentAsync(asked, cancellationToken: Token)).MissingSha256S);

        var start = await staff.NowAsync();
        await minor.Records.CloseRecordAsync(
            new Record.V1.CloseRecordRequest
            {
                RecordId = record.Id,
                Reason = Record.V1.CloseReason.PatientRequest,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        Assert.Empty(await staff.SinceAsync(start));
    }

    [Fact]
    public async Task Nobody_but_the_patient_sees_or_sets_the_switch_or_sees_that_it_was_set()
    {
        var (record, minor, physician, _) = await WorldAsync();
        var mother = platform.AsRepresentativeOf(record.Patient);
        await physician.DeclareAsync(record.Id, attending: true);
        var (before, first) = (await SettingsAsync(mother, record), await SettingsAsync(minor, record));
        var (events, start, changes) =
            (await EventsAsync(mother, record), await mother.NowAsync(), await CountNoticesAsync(mother, record));

        // The same answer whatever the value is, and before anything else is looked at.
        foreach (var on in new[] { true, false })
        {
            await Refusals.RefusedAsync(
                StatusCode.PermissionDenied, ErrorReason.ConsentActionNotAllowed,
                () => UpdateAsync(mother, record, "\"none\"", on, Switch));
        }

        var after = await minor.HideSecretActsFromStaffAsync(record.Id);
        Assert.NotEqual(first.Etag, after.Etag);
        Assert.True(after.UpdateTime > first.UpdateTime);
        Assert.Equal(after, await SettingsAsync(minor, record));
        await Refusals.RefusedAsync(
            StatusCode.Aborted, ErrorReason.EtagMismatch, () => UpdateAsync(minor, record, first.Etag, false, Switch));

        Assert.Equal(before, await SettingsAsync(mother, record));
        Assert.Equal(before, await SettingsAsync(physician, record));
        Assert.Empty(await mother.SinceAsync(start));
        Assert.Equal(changes, await CountNoticesAsync(mother, record));
        var refused = (await EventsAsync(mother, record)).Except(events).ToList();
        Assert.Equal(2, refused.Count);
        Assert.All(refused, one => Assert.Contains("UpdateConsentSettings Refused", one, StringComparison.Ordinal));
        Assert.Equal(4, (await EventsAsync(minor, record)).Count(one => one.Contains("/UpdateConsentSettings", StringComparison.Ordinal)));
        Assert.Equal(
            1,
            await platform.Server.QueryAsync<long>(
                platform,
                $"select count(*) from {Given.Changes} where record_id = '{record.Id}' and kind like 'SECRET_ACTS%' "
                + "and hidden_from_representatives"));

        // The mother's other settings go on with the etag she has, and leave the switch as it is.
        var changed = (await UpdateAsync(mother, record, before.Etag, on: false, "documents_masked_by_default")).Settings;
        Assert.False(changed.SecretActsHiddenFromStaff);
        Assert.NotEqual(before.Etag, changed.Etag);
        Assert.True((await SettingsAsync(minor, record)).SecretActsHiddenFromStaff);
        await Refusals.RefusedAsync(
            StatusCode.Aborted, ErrorReason.EtagMismatch, () => UpdateAsync(minor, record, after.Etag, false, Switch));

        // Changed together, the mother sees the call for what she may know of it.
        events = await EventsAsync(mother, record);
        await UpdateAsync(minor, record, (await SettingsAsync(minor, record)).Etag, on: false, Switch, "emergency_masked_allowed");
        Assert.Contains(
            "UpdateConsentSettings Allowed", Assert.Single((await EventsAsync(mother, record)).Except(events)), StringComparison.Ordinal);
        Assert.Empty(await mother.SinceAsync(start));
    }

    private async Task<(OpenedRecord Record, DmpApi Minor, DmpApi Physician, DmpApi Staff)> WorldAsync()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var staff = platform.As(platform.Callers.StructureToken(record.Physician.StructureId, "secretary-1"));
        return (record, platform.As(record.Patient), platform.As(record.Physician), staff);
    }

    private static Task<StoredDocument> UploadAsync(
        DmpApi api, OpenedRecord record, string name, bool byStaff = false, StoredDocument? replaces = null) =>
        api.UploadAsync(record.Id, intent =>
        {
            intent.Metadata.Title = $"Title of {name}";
            intent.Metadata.UniqueId = $"staff-{name}";
            (intent.ReplacesDocumentId, intent.Etag) = (replaces?.DocumentId ?? "", replaces?.Etag ?? "");
            if (byStaff)
            {
                intent.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives);
                intent.Metadata.Authors.Add(new Author
                {
                    Person = new Person { Id = TestProfessional.New().Id, FamilyName = "ESSAI" },
                    Institution = new Institution { Id = record.Physician.StructureId, Name = "CABINET D'ESSAI" },
                });
            }
        });

    private static async Task<StoredDocument> GetAsync(DmpApi api, StoredDocument document) => (await api.Documents.GetDocumentAsync(
        new GetDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token)).Document;

    /// <summary>As staff may search: for a document that one knows.</summary>
    private static Task<List<string>> FindAsync(DmpApi api, StoredDocument document) =>
        api.SearchIdsAsync(document.RecordId, request => request.UniqueId = document.Metadata.UniqueId);

    private static async Task<List<DocumentViewer>> ViewersAsync(DmpApi patient, StoredDocument document) =>
    [
        .. (await patient.Access.ListWhoCanSeeAsync(
            new ListWhoCanSeeRequest { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token)).Viewers,
    ];

    private static Task<Google.Rpc.Status> AbsentAsync(Func<Task> call) =>
        Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, call);

    private static async Task<List<(ChangeKind Kind, string Id)>> ToldAsync(DmpApi api, string start) =>
        [.. (await api.SinceAsync(start)).Select(told => (told.Kind, told.DocumentId))];

    private static async Task HideAsync(DmpApi api, StoredDocument document) => await api.Documents.HideDocumentAsync(
        new HideDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
        cancellationToken: Token);

    private static async Task<ConsentSettings> SettingsAsync(DmpApi api, OpenedRecord record) =>
        (await api.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = record.Id }, cancellationToken: Token)).Settings;

    private static Task<UpdateConsentSettingsResponse> UpdateAsync(
        DmpApi api, OpenedRecord record, string etag, bool on, params string[] names) =>
        UpdateAsync(api, record, etag, on, validateOnly: false, names);

    private static async Task<UpdateConsentSettingsResponse> UpdateAsync(
        DmpApi api, OpenedRecord record, string etag, bool on, bool validateOnly, params string[] names) =>
        await api.Consents.UpdateConsentSettingsAsync(
            new UpdateConsentSettingsRequest
            {
                RecordId = record.Id,
                Settings =
                    new ConsentSettings { SecretActsHiddenFromStaff = on, DocumentsMaskedByDefault = true, EmergencyMaskedAllowed = true },
                UpdateMask = new FieldMask { Paths = { names } },
                Etag = etag,
                RequestId = Given.NewId(),
                ValidateOnly = validateOnly,
            },
            cancellationToken: Token);

    private static async Task<int> CountNoticesAsync(DmpApi api, OpenedRecord record) =>
        (await api.Notices.ListNoticesAsync(new ListNoticesRequest { RecordId = record.Id }, cancellationToken: Token)).Notices.Count;

    /// <summary>What the trace says to somebody of changes.</summary>
    private static async Task<List<string>> EventsAsync(DmpApi api, OpenedRecord record) =>
        [.. (await api.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token)).Events
            .Where(one => one.Method.EndsWith("/UpdateConsentSettings", StringComparison.Ordinal))
            .Select(one => $"{one.EventId} {one.Method} {one.Outcome}")];
}
