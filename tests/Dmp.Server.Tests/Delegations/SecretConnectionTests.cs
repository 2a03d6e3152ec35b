using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Delegations;

/// <summary>What a minor keeps from representatives: consent, document and trace of an act.</summary>
public sealed class SecretConnectionTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_act_never_was_for_representatives_and_caregivers_and_is_all_there_for_the_minor()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (minor, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        var (father, _) = await platform.DelegateAsync(mother, record.Id, DelegationKind.Representative);
        var (caregiver, _) = await platform.DelegateAsync(mother, record.Id);
        var before = await EventsAsync(mother, record);
        var doctor = TestProfessional.New();
        var secret = platform.InSecretAs(doctor);

        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => secret.SearchIdsAsync(record.Id));
        await secret.Records.CheckAccessAsync(new CheckAccessRequest { Ins = record.Patient.Ins }, cancellationToken: Token);
        var consent = await secret.DeclareAsync(record.Id);
        var document = await secret.UploadAsync(record.Id);
        await secret.ReadAsync(document);
        await secret.SearchIdsAsync(record.Id);
        Assert.Equal([VisibilityCode.HiddenFromRepresentatives], document.VisibilityCodes);
        Assert.True(consent.HiddenFromRepresentatives);
        await minor.Consents.AddVisibilityRuleAsync(
            new AddVisibilityRuleRequest
            {
                RecordId = record.Id,
                Rule = new VisibilityRule
                {
                    Effect = VisibilityEffect.Hide,
                    DocumentId = document.DocumentId,
                    Actor = TestProfessional.New().Actor,
                },
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);

        Assert.Equal(before, (await EventsAsync(mother, record)).Where(e => !e.Contains("AddVisibilityRule", StringComparison.Ordinal)));
        foreach (var outside in new[] { mother, father, caregiver })
        {
            Assert.DoesNotContain(await ConsentsAsync(outside, record), seen => seen.Actor.Id == doctor.Id);
            Assert.Empty(await outside.SearchIdsAsync(record.Id));
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => outside.ReadAsync(document));
        }

        foreach (var parent in new[] { mother, father })
        {
            Assert.DoesNotContain(await EventsAsync(parent, record), e => e.Contains(doctor.Id, StringComparison.Ordinal));
            await Refusals.RefusedAsync(
                StatusCode.NotFound, ErrorReason.ConsentNotFound, async () => await parent.Consents.RevokeConsentAsync(
                    new RevokeConsentRequest { RecordId = record.Id, ConsentId = consent.ConsentId, RequestId = Given.NewId() },
                    cancellationToken: Token));
            Assert.Equal("NONE", await FindingAsync(parent, record, doctor));
            Assert.Empty((await parent.Consents.ListVisibilityRulesAsync(
                new ListVisibilityRulesRequest { RecordId = record.Id }, cancellationToken: Token)).Rules);
        }

        Assert.Equal("VALID", await FindingAsync(minor, record, doctor));
        Assert.Single((await minor.Consents.ListVisibilityRulesAsync(
            new ListVisibilityRulesRequest { RecordId = record.Id }, cancellationToken: Token)).Rules);
        Assert.Contains(await ConsentsAsync(minor, record), seen => seen.ConsentId == consent.ConsentId);
        Assert.NotEmpty(await minor.ReadAsync(document));
        Assert.Equal(
            6, (await EventsAsync(minor, record)).Count(e => e.Contains(doctor.Id, StringComparison.Ordinal)));
        Assert.Equal(
            2,
            await platform.Server.QueryAsync<long>(
                platform, $"select count(*) from {Given.Changes} where record_id = '{record.Id}' and hidden_from_representatives"));
    }

    [Fact]
    public async Task The_end_of_a_secret_consent_is_secret_too_even_when_repeated()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var mother = platform.AsRepresentativeOf(record.Patient);
        var doctor = TestProfessional.New();
        var consent = await platform.InSecretAs(doctor).DeclareAsync(record.Id);
        var before = await EventsAsync(mother, record);
        var request = new RevokeConsentRequest { RecordId = record.Id, ConsentId = consent.ConsentId, RequestId = Given.NewId() };

        await platform.As(doctor).Consents.RevokeConsentAsync(request, cancellationToken: Token);
        await platform.As(doctor).Consents.RevokeConsentAsync(request, cancellationToken: Token);

        Assert.Equal(before, await EventsAsync(mother, record));
        Assert.Equal(
            2, (await EventsAsync(platform.As(record.Patient), record)).Count(e => e.Contains("RevokeConsent", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_secret_consent_stands_beside_the_known_one_and_a_block_ends_both()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var mother = platform.AsRepresentativeOf(record.Patient);
        var doctor = TestProfessional.New();
        var known = await platform.As(doctor).DeclareAsync(record.Id);
        var hidden = await platform.InSecretAs(doctor).DeclareAsync(record.Id);
        Assert.NotEqual(known.ConsentId, hidden.ConsentId);
        Assert.Equal(known, Assert.Single(await ConsentsAsync(mother, record), seen => seen.Actor.Id == doctor.Id));

        await mother.Consents.RevokeConsentAsync(
            new RevokeConsentRequest { RecordId = record.Id, ConsentId = known.ConsentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        Assert.Empty(await platform.InSecretAs(doctor).SearchIdsAsync(record.Id));

        await mother.Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = doctor.Actor, RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.DoesNotContain(await ConsentsAsync(platform.As(record.Patient), record), seen => seen.Actor.Id == doctor.Id);
    }

    [Fact]
    public async Task A_secret_document_has_one_code_and_replaces_only_secret_ones()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var secret = platform.InSecretAs(record.Physician);
        foreach (var code in new[] { VisibilityCode.HiddenFromPatient, VisibilityCode.MaskedFromProfessionals })
        {
            await Refusals.FieldsAsync(
                () => secret.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add([code, VisibilityCode.HiddenFromRepresentatives])),
                "visibility_codes");
        }

        var known = await platform.As(record.Physician).UploadAsync(record.Id);
        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition, ErrorReason.SecretConnectionNotAllowed, () => ReplaceAsync(secret, known));
        var hidden = await secret.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives));
        Assert.Equal(2, (await ReplaceAsync(secret, hidden)).Version);
    }

    [Fact]
    public async Task Only_a_professional_on_the_record_of_a_minor_and_only_where_it_makes_sense()
    {
        var (child, adult) = (await platform.RecordAsync(TestPatient.NewMinor()), await platform.RecordAsync());
        var doctor = child.Physician;
        Task<Google.Rpc.Status> RefusedAsync(Func<Task> call) =>
            Refusals.RefusedAsync(StatusCode.FailedPrecondition, ErrorReason.SecretConnectionNotAllowed, call);

        await RefusedAsync(() => platform.InSecretAs(adult.Physician).SearchIdsAsync(adult.Id));
        await RefusedAsync(() => platform.InSecretAs(adult.Physician).UploadAsync(adult.Id));
        await RefusedAsync(async () => await platform.InSecretAs(doctor).Records.CheckAccessAsync(
            new CheckAccessRequest { Ins = adult.Patient.Ins }, cancellationToken: Token));
        await RefusedAsync(() => platform.InSecretAs(doctor, "yes").SearchIdsAsync(child.Id));
        await RefusedAsync(async () => await platform.InSecretAs(doctor).Documents.MaskDocumentAsync(
            new MaskDocumentRequest { RecordId = child.Id, DocumentId = Given.NewId(), RequestId = Given.NewId() },
            cancellationToken: Token));
        foreach (var token in new[]
        {
            platform.Callers.Token(child.Patient),
            platform.Callers.StructureToken(TestProfessional.NewStructureId()),
        })
        {
            await RefusedAsync(() => new DmpApi(platform.Server.Channel, token, ("dmp-secret-connection", "true")).UploadAsync(child.Id));
        }

        Assert.Empty(await platform.InSecretAs(doctor, "false").SearchIdsAsync(child.Id));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.RecordAccessDenied,
            () => platform.InSecretAs(TestProfessional.New()).SearchIdsAsync(adult.Id));
    }

    private static Task<Document.V1.Document> ReplaceAsync(DmpApi api, Document.V1.Document document) =>
        api.UploadAsync(document.RecordId, intent =>
        {
            intent.ReplacesDocumentId = document.DocumentId;
            intent.Etag = document.Etag;
        });

    private static async Task<string> FindingAsync(DmpApi api, OpenedRecord record, TestProfessional professional) =>
        (await api.Access.ExplainAccessAsync(
            new ExplainAccessRequest { RecordId = record.Id, Actor = professional.Actor }, cancellationToken: Token))
        .Steps.Single(step => step.Rule == AccessRule.Consent).Finding;

    private static async Task<List<Consent.V1.Consent>> ConsentsAsync(DmpApi api, OpenedRecord record) =>
        [.. (await api.Consents.ListConsentsAsync(new ListConsentsRequest { RecordId = record.Id }, cancellationToken: Token)).Consents];

    /// <summary>What the trace says to somebody, but for the look at it itself.</summary>
    private static async Task<List<string>> EventsAsync(DmpApi api, OpenedRecord record) =>
        [.. (await api.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token)).Events
            .Where(e => !e.Method.EndsWith("ListRecordEvents", StringComparison.Ordinal))
            .Select(e => $"{e.EventId} {e.Method} {e.Actor.Id}")];
}
