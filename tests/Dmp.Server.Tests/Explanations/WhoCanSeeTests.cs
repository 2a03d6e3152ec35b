using Dmp.Access.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Explanations;

/// <summary>The patient sees who sees, and what a change would change before it is made.</summary>
public sealed class WhoCanSeeTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_can_read_is_listed_with_the_rule_that_lets_in_and_nobody_else()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var colleague = await platform.ColleagueAsync(record);
        var blocked = await platform.ColleagueAsync(record);
        var occupational = TestProfessional.New() with { Specialty = "SM25", Sector = "SA66" };
        await GrantAsync(record, occupational.Actor);
        await platform.As(occupational).SearchIdsAsync(record.Id);
        var structure = new Actor { Kind = ActorKind.Structure, Id = TestProfessional.NewStructureId() };
        await GrantAsync(record, structure);
        var helper = TestProfessional.New();
        await OpenEmergencyAsync(helper, record);
        await BlockAsync(record, blocked);

        var viewers = await ViewersAsync(record, document);

        // The structure of the depositor knows of it, and an occupational physician who is authorised finds it; neither reads it.
        Assert.Equal(
            new[] { record.Physician.StructureId, occupational.Id }.Order(StringComparer.Ordinal),
            viewers.Where(viewer => !viewer.Content).Select(viewer => viewer.Actor.Id).Order(StringComparer.Ordinal));
        viewers.RemoveAll(viewer => !viewer.Content);
        Assert.Equal(
            new[] { record.Physician.Id, colleague.Id, structure.Id, helper.Id }.Order(StringComparer.Ordinal),
            viewers.Select(viewer => viewer.Actor.Id).Order(StringComparer.Ordinal));
        Assert.Equal(AccessRule.Depositor, Of(viewers, record.Physician.Id).Steps[^1].Rule);
        Assert.Equal(AccessRule.Matrix, Of(viewers, colleague.Id).Steps[^1].Rule);
        Assert.Contains(Of(viewers, helper.Id).Steps, step => step is { Rule: AccessRule.Emergency, Passed: true });
        Assert.Contains(Of(viewers, structure.Id).Professions, profession => profession.Code == "10");
        foreach (var viewer in viewers.Where(viewer => viewer.Actor.Kind == ActorKind.Professional))
        {
            var professional = new[] { record.Physician, colleague, helper }.Single(one => one.Id == viewer.Actor.Id);
            Assert.NotEmpty(await platform.As(professional).ReadAsync(document));
        }
    }

    [Fact]
    public async Task A_masked_document_is_seen_by_its_author_and_attending_physicians()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        var attending = await platform.ColleagueAsync(record, attending: true);
        await platform.ColleagueAsync(record);
        Assert.Equal(
            new[] { record.Physician.Id, record.Physician.StructureId, attending.Id }.Order(StringComparer.Ordinal),
            (await ViewersAsync(record, document)).Select(viewer => viewer.Actor.Id).Order(StringComparer.Ordinal));

        // An author who is no longer authorised knows of the document, and no more of its content.
        var consents = await platform.As(record.Patient).Consents.ListConsentsAsync(
            new ListConsentsRequest { RecordId = record.Id }, cancellationToken: Token);
        await platform.As(record.Patient).Consents.RevokeConsentAsync(
            new RevokeConsentRequest
            {
                RecordId = record.Id,
                ConsentId = consents.Consents.Single(consent => consent.Actor.Id == record.Physician.Id).ConsentId,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        Assert.False(Of(await ViewersAsync(record, document), record.Physician.Id).Content);
    }

    [Fact]
    public async Task The_simulated_view_is_what_the_professional_gets_less_what_the_patient_may_not_know()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        for (var i = 0; i < 5; i++)
        {
            await author.UploadAsync(record.Id);
        }

        await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        await author.UploadAsync(
            record.Id, intent => intent.Metadata.Type = new Coding { System = Given.ReportType.System, Code = "68599-0" });
        var waiting = await author.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        var dentist = await platform.ColleagueAsync(record, who: TestProfessional.New() with { Profession = "40", Specialty = "" });

        var request = new SimulateAccessRequest { RecordId = record.Id, Actor = dentist.Actor, PageSize = 2 };
        var seen = new List<string>();
        do
        {
            var page = await platform.As(record.Patient).Access.SimulateAccessAsync(request, cancellationToken: Token);
            Assert.True(page.Allowed);
            seen.AddRange(page.Documents.Select(document => document.DocumentId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(5, seen.Count);
        Assert.Equal((await platform.As(dentist).SearchIdsAsync(record.Id)).Where(id => id != waiting.DocumentId), seen);

        await BlockAsync(record, dentist);
        request.PageToken = "";
        var blocked = await platform.As(record.Patient).Access.SimulateAccessAsync(request, cancellationToken: Token);
        Assert.Equal((false, AccessRule.NotBlocked, 0), (blocked.Allowed, blocked.Steps[^1].Rule, blocked.Documents.Count));
    }

    [Fact]
    public async Task A_document_that_waits_for_its_announcement_is_nobodys_business_yet()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => ViewersAsync(record, document));
    }

    [Fact]
    public async Task A_change_that_is_only_validated_tells_its_effect_and_has_none()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var documents = new[]
        {
            await platform.As(record.Physician).UploadAsync(record.Id),
            await platform.As(record.Physician).UploadAsync(record.Id),
        };
        await platform.As(record.Physician).UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient));
        var colleague = TestProfessional.New() with { Profession = "40", Specialty = "" };

        var grant =
            new GrantConsentRequest { RecordId = record.Id, Actor = colleague.Actor, RequestId = Given.NewId(), ValidateOnly = true };
        Assert.NotNull((await patient.Consents.GrantConsentAsync(grant, cancellationToken: Token)).Consent.ConsentId);
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => platform.As(colleague).SearchIdsAsync(record.Id));

        grant.ValidateOnly = false;
        Assert.Null((await patient.Consents.GrantConsentAsync(grant, cancellationToken: Token)).Effect);
        Assert.Equal(3, (await platform.As(colleague).SearchIdsAsync(record.Id)).Count);

        // The third document is not counted: it would tell the patient what waits to be announced.
        var mask = await patient.Documents.MaskDocumentAsync(
            new MaskDocumentRequest
            {
                RecordId = record.Id,
                DocumentId = documents[0].DocumentId,
                RequestId = Given.NewId(),
                ValidateOnly = true,
            },
            cancellationToken: Token);
        Assert.Equal([(colleague.Id, true, true, 2, 1)], Told(mask.Effect));
        var block = await patient.Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = colleague.Actor, RequestId = Given.NewId(), ValidateOnly = true },
            cancellationToken: Token);
        Assert.Equal([(colleague.Id, true, false, 2, 0)], Told(block.Effect));
        var rule = await patient.Consents.AddVisibilityRuleAsync(
            new AddVisibilityRuleRequest
            {
                RecordId = record.Id,
                Rule = new VisibilityRule
                {
                    Effect = VisibilityEffect.Hide,
                    Type = Given.ReportType,
                    Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = "40" },
                },
                RequestId = Given.NewId(),
                ValidateOnly = true,
            },
            cancellationToken: Token);
        Assert.Equal([(colleague.Id, true, true, 2, 0)], Told(rule.Effect));
        Assert.Equal(3, (await platform.As(colleague).SearchIdsAsync(record.Id)).Count);
        Assert.Empty((await patient.Consents.ListVisibilityRulesAsync(
            new ListVisibilityRulesRequest { RecordId = record.Id }, cancellationToken: Token)).Rules);
    }

    [Fact]
    public async Task A_professional_learns_of_the_own_view_only()
    {
        var record = await platform.RecordAsync();
        await platform.As(record.Physician).UploadAsync(record.Id);
        var colleague = TestProfessional.New();
        var declared = await platform.As(colleague).Consents.DeclareConsentAsync(
            new DeclareConsentRequest
            {
                RecordId = record.Id,
                Collection = ConsentCollection.PatientPresent,
                RequestId = Given.NewId(),
                ValidateOnly = true,
            },
            cancellationToken: Token);
        Assert.Equal([(colleague.Id, false, true, 0, 1)], Told(declared.Effect));
        var forAnother = await platform.As(record.Physician).Consents.DeclareConsentAsync(
            new DeclareConsentRequest
            {
                RecordId = record.Id,
                Actor = colleague.Actor,
                Collection = ConsentCollection.PatientPresent,
                RequestId = Given.NewId(),
                ValidateOnly = true,
            },
            cancellationToken: Token);
        Assert.Empty(forAnother.Effect.Actors);
    }

    private static List<(string, bool, bool, int, int)> Told(AccessEffect effect) =>
    [
        .. effect.Actors.Select(actor => (
            actor.Actor.Id, actor.AuthorizedBefore, actor.AuthorizedAfter, actor.DocumentsBefore, actor.DocumentsAfter)),
    ];

    private static DocumentViewer Of(IEnumerable<DocumentViewer> viewers, string id) => viewers.Single(viewer => viewer.Actor.Id == id);

    private static async Task OpenEmergencyAsync(DmpApi helper, OpenedRecord record) => await helper.Emergencies.OpenEmergencyAccessAsync(
        new OpenEmergencyAccessRequest
        {
            RecordId = record.Id,
            Mode = EmergencyMode.BreakGlass,
            Reason = "Patient inconscient, détresse respiratoire",
            RequestId = Given.NewId(),
        },
        cancellationToken: Token);

    private Task OpenEmergencyAsync(TestProfessional helper, OpenedRecord record) => OpenEmergencyAsync(platform.As(helper), record);

    private async Task<List<DocumentViewer>> ViewersAsync(OpenedRecord record, StoredDocument document) =>
        [.. (await platform.As(record.Patient).Access.ListWhoCanSeeAsync(
            new ListWhoCanSeeRequest { RecordId = record.Id, DocumentId = document.DocumentId }, cancellationToken: Token)).Viewers];

    private async Task GrantAsync(OpenedRecord record, Actor actor) => await platform.As(record.Patient).Consents.GrantConsentAsync(
        new GrantConsentRequest { RecordId = record.Id, Actor = actor, RequestId = Given.NewId() }, cancellationToken: Token);

    private async Task BlockAsync(OpenedRecord record, TestProfessional professional) =>
        await platform.As(record.Patient).Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = professional.Actor, RequestId = Given.NewId() },
            cancellationToken: Token);
}
