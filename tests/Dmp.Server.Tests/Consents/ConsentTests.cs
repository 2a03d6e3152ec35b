using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Consents;

/// <summary>The patient decides who may look, and it counts from the next call on.</summary>
public sealed class ConsentTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_granted_professional_reads_and_a_revoked_one_does_not()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var professional = TestProfessional.New();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        await RefusedAsync(platform.As(professional), document);

        var consent = (await patient.Consents.GrantConsentAsync(
            new GrantConsentRequest { RecordId = record.Id, Actor = professional.Actor, RequestId = Given.NewId() },
            cancellationToken: Token)).Consent;
        Assert.Equal((ConsentState.Active, ConsentOrigin.Patient), (consent.State, consent.Origin));
        Assert.NotEmpty(await platform.As(professional).ReadAsync(document));

        var revoked = await RevokeAsync(patient, consent);
        Assert.Equal(ConsentState.Revoked, revoked.State);
        await RefusedAsync(platform.As(professional), document);
    }

    [Fact]
    public async Task A_block_beats_every_consent_and_is_lifted_by_the_patient_only()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var document = await platform.As(record.Patient).UploadAsync(record.Id);

        var block = (await patient.Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = record.Physician.Actor, RequestId = Given.NewId() },
            cancellationToken: Token)).Block;

        var physician = platform.As(record.Physician);
        await RefusedAsync(physician, document);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => physician.UploadAsync(record.Id));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => physician.DeclareAsync(record.Id));
        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition, ErrorReason.ActorBlocked, async () => await patient.Consents.GrantConsentAsync(
                new GrantConsentRequest { RecordId = record.Id, Actor = record.Physician.Actor, RequestId = Given.NewId() },
                cancellationToken: Token));
        Assert.Equal(block.BlockId, Assert.Single((await patient.Consents.ListBlocksAsync(
            new ListBlocksRequest { RecordId = record.Id }, cancellationToken: Token)).Blocks).BlockId);

        await patient.Consents.UnblockActorAsync(
            new UnblockActorRequest { RecordId = record.Id, BlockId = block.BlockId, RequestId = Given.NewId() }, cancellationToken: Token);
        await physician.DeclareAsync(record.Id);
        Assert.NotEmpty(await physician.ReadAsync(document));
    }

    [Fact]
    public async Task A_consent_ends_at_its_time()
    {
        var record = await platform.RecordAsync();
        var professional = TestProfessional.New();
        var document = await platform.As(record.Patient).UploadAsync(record.Id);
        var consent = (await platform.As(professional).Consents.DeclareConsentAsync(
            new DeclareConsentRequest
            {
                RecordId = record.Id,
                Collection = ConsentCollection.Remote,
                ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(5)),
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Consent;
        Assert.Equal((ConsentOrigin.Declared, ConsentCollection.Remote), (consent.Origin, consent.Collection));
        Assert.NotEmpty(await platform.As(professional).ReadAsync(document));

        await Waiting.PassedAsync(consent.ExpireTime.ToDateTimeOffset());

        await RefusedAsync(platform.As(professional), document);
        var all = (await platform.As(record.Patient).Consents.ListConsentsAsync(
            new ListConsentsRequest { RecordId = record.Id, States = { ConsentState.Expired } }, cancellationToken: Token)).Consents;
        Assert.Equal(consent.ConsentId, Assert.Single(all).ConsentId);
    }

    [Fact]
    public async Task An_occupational_physician_never_declares()
    {
        var record = await platform.RecordAsync();
        var occupational = TestProfessional.New() with { Specialty = "SM25", Sector = "SA66" };
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.FunctionNotAllowed, () => platform.As(occupational).DeclareAsync(record.Id));
    }

    [Fact]
    public async Task An_occupational_physician_is_no_attending_physician_even_if_the_patient_says_so()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var document = await patient.UploadAsync(record.Id);
        var occupational = TestProfessional.New() with { Specialty = "SM25", Sector = "SA66" };
        await patient.Consents.GrantConsentAsync(
            new GrantConsentRequest
            {
                RecordId = record.Id,
                Actor = occupational.Actor,
                AttendingPhysician = true,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

        var api = platform.As(occupational);
        Assert.False((await api.Records.CheckAccessAsync(
            new CheckAccessRequest { Ins = record.Patient.Ins }, cancellationToken: Token)).AttendingPhysician);
        Assert.False(
            (await api.Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token)).Records.Single().AttendingPhysician);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed, async () =>
            await api.Documents.DeleteDocumentAsync(
                new DeleteDocumentRequest { RecordId = record.Id, DocumentId = document.DocumentId, RequestId = Given.NewId() },
                cancellationToken: Token));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.FunctionNotAllowed, async () =>
            await api.Consents.BlockActorAsync(
                new BlockActorRequest { RecordId = record.Id, Actor = record.Physician.Actor, RequestId = Given.NewId() },
                cancellationToken: Token));
    }

    [Fact]
    public async Task Settings_change_by_mask_and_etag()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var before = (await patient.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = record.Id }, cancellationToken: Token)).Settings;
        var request = new UpdateConsentSettingsRequest
        {
            RecordId = record.Id,
            Settings =
                new ConsentSettings { EmergencyBreakGlassAllowed = !before.EmergencyBreakGlassAllowed, DocumentsMaskedByDefault = true },
            UpdateMask = new FieldMask { Paths = { "emergency_break_glass_allowed" } },
            Etag = before.Etag,
            RequestId = Given.NewId(),
        };

        var after = (await patient.Consents.UpdateConsentSettingsAsync(request, cancellationToken: Token)).Settings;

        Assert.Equal(
            (!before.EmergencyBreakGlassAllowed, before.DocumentsMaskedByDefault),
            (after.EmergencyBreakGlassAllowed, after.DocumentsMaskedByDefault));
        request.RequestId = Given.NewId();
        await Refusals.RefusedAsync(
            StatusCode.Aborted,
            ErrorReason.EtagMismatch,
            async () => await patient.Consents.UpdateConsentSettingsAsync(request, cancellationToken: Token));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.CallerKindNotAllowed,
            async () => await platform.As(record.Physician).Consents.UpdateConsentSettingsAsync(request, cancellationToken: Token));
    }

    [Fact]
    public async Task A_professional_gives_up_the_own_authorisation()
    {
        var record = await platform.RecordAsync();
        var colleague = TestProfessional.New();
        var api = platform.As(colleague);
        var consent = await api.DeclareAsync(record.Id);
        var request = new RevokeConsentRequest { RecordId = record.Id, ConsentId = consent.ConsentId, RequestId = Given.NewId() };

        var revoked = await api.Consents.RevokeConsentAsync(request, cancellationToken: Token);

        Assert.Equal(revoked, await api.Consents.RevokeConsentAsync(request, cancellationToken: Token));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => api.SearchIdsAsync(record.Id));
    }

    private static async Task<Consent.V1.Consent> RevokeAsync(DmpApi api, Consent.V1.Consent consent) =>
        (await api.Consents.RevokeConsentAsync(
            new RevokeConsentRequest { RecordId = consent.RecordId, ConsentId = consent.ConsentId, RequestId = Given.NewId() },
            cancellationToken: Token)).Consent;

    private static Task<Google.Rpc.Status> RefusedAsync(DmpApi api, Dmp.Document.V1.Document document) =>
        Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => api.ReadAsync(document));
}
