using Dmp.Access.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Explanations;

/// <summary>Why somebody may see something, told by the rules that decide.</summary>
public sealed class ExplainAccessTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_patient_learns_which_rule_decides()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var colleague = TestProfessional.New();
        Assert.Equal((false, AccessRule.Emergency, "NONE"), Last(await AskAsync(patient, document, colleague)));

        await platform.As(colleague).DeclareAsync(record.Id);
        Assert.Equal((true, AccessRule.Matrix, "OPEN_TO_PROFESSION"), Last(await AskAsync(patient, document, colleague)));

        await patient.Documents.MaskDocumentAsync(
            new() { RecordId = record.Id, DocumentId = document.DocumentId, RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.Equal((false, AccessRule.Mask, "MASKED"), Last(await AskAsync(patient, document, colleague)));
        Assert.Equal((true, AccessRule.Depositor, "DEPOSITOR"), Last(await AskAsync(patient, document, record.Physician)));

        await patient.Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = record.Id, Actor = colleague.Actor, RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.Equal((false, AccessRule.NotBlocked, "BLOCKED"), Last(await AskAsync(patient, document, colleague)));
    }

    [Fact]
    public async Task Every_step_is_told_in_two_languages()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var colleague = await platform.ColleagueAsync(record);

        var explained = await AskAsync(platform.As(record.Patient), document, colleague);

        Assert.True(explained.Steps.Count >= 5);
        Assert.All(explained.Steps, step =>
        {
            Assert.EndsWith(".", step.Sentence, StringComparison.Ordinal);
            Assert.EndsWith(".", step.SentenceFr, StringComparison.Ordinal);
            Assert.Matches("^[A-Z_]+$", step.Finding);
        });
    }

    [Fact]
    public async Task A_professional_learns_of_a_hidden_document_what_there_is_of_one_that_never_was()
    {
        var record = await platform.RecordAsync();
        var masked = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals));
        var colleague = platform.As(await platform.ColleagueAsync(record));

        var hidden = await Assert.ThrowsAsync<RpcException>(() => AskAsync(colleague, masked));
        var absent = await Assert.ThrowsAsync<RpcException>(
            () => AskAsync(colleague, new StoredDocument(masked) { DocumentId = Given.NewId() }));
        Assert.Equal(
            absent.GetRpcStatus()!.Details.Where(detail => !detail.Is(Google.Rpc.RequestInfo.Descriptor)),
            hidden.GetRpcStatus()!.Details.Where(detail => !detail.Is(Google.Rpc.RequestInfo.Descriptor)));

        // Without a right on the record the answer says so, and is the same for every document.
        var stranger = platform.As(TestProfessional.New());
        Assert.Equal(await AskAsync(stranger, masked), await AskAsync(stranger, new StoredDocument(masked) { DocumentId = Given.NewId() }));
    }

    [Fact]
    public async Task Only_the_patient_asks_about_others()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            async () => await platform.As(record.Physician).Access.ExplainAccessAsync(
                new ExplainAccessRequest { RecordId = record.Id, Actor = TestProfessional.New().Actor }, cancellationToken: Token),
            "actor");
        await Refusals.FieldsAsync(
            async () => await platform.As(record.Patient).Access.ExplainAccessAsync(
                new ExplainAccessRequest { RecordId = record.Id }, cancellationToken: Token),
            "actor");
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, async () =>
            await platform.As(TestPatient.New()).Access.ExplainAccessAsync(
                new ExplainAccessRequest { RecordId = record.Id, Actor = record.Physician.Actor }, cancellationToken: Token));
    }

    private static async Task<ExplainAccessResponse> AskAsync(DmpApi patient, StoredDocument document, TestProfessional about) =>
        await patient.Access.ExplainAccessAsync(
            new ExplainAccessRequest
            {
                RecordId = document.RecordId,
                DocumentId = document.DocumentId,
                Actor = about.Actor,
                Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = about.Profession },
            },
            cancellationToken: Token);

    private static async Task<ExplainAccessResponse> AskAsync(DmpApi professional, StoredDocument document) =>
        await professional.Access.ExplainAccessAsync(
            new ExplainAccessRequest { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token);

    private static (bool Allowed, AccessRule Rule, string Finding) Last(ExplainAccessResponse explained) =>
        (explained.Allowed, explained.Steps[^1].Rule, explained.Steps[^1].Finding);
}
