using Dmp.CareTeam.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>Short names for what is done to documents and decided about records.</summary>
internal static class Deciding
{
    private static CancellationToken Token => Given.Token;

    public static async Task<StoredDocument> ReplaceAsync(this DmpApi api, StoredDocument document, Action<UploadIntent>? change = null)
    {
        var current = (await api.Documents.GetDocumentAsync(
            new GetDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId }, cancellationToken: Token)).Document;
        return await api.UploadAsync(document.RecordId, intent =>
        {
            intent.ReplacesDocumentId = document.DocumentId;
            intent.Etag = current.Etag;
            change?.Invoke(intent);
        });
    }

    public static async Task MaskAsync(this DmpApi api, StoredDocument document) => await api.Documents.MaskDocumentAsync(
        new MaskDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
        cancellationToken: Token);

    public static async Task UnmaskAsync(this DmpApi api, StoredDocument document) => await api.Documents.UnmaskDocumentAsync(
        new UnmaskDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
        cancellationToken: Token);

    public static async Task ArchiveAsync(this DmpApi api, StoredDocument document) => await api.Documents.ArchiveDocumentAsync(
        new ArchiveDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
        cancellationToken: Token);

    public static async Task DeleteAsync(this DmpApi api, StoredDocument document) => await api.Documents.DeleteDocumentAsync(
        new DeleteDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId, RequestId = Given.NewId() },
        cancellationToken: Token);

    public static async Task<StoredDocument> RevealAsync(this DmpApi api, StoredDocument document, VisibilityCode code) =>
        (await api.Documents.RevealDocumentAsync(
            new RevealDocumentRequest
            {
                RecordId = document.RecordId,
                DocumentId = document.DocumentId,
                VisibilityCode = code,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Document;

    /// <summary>Hides a document, or without one all of the usual type, from a profession.</summary>
    public static async Task<string> HideAsync(this DmpApi api, string recordId, string? documentId, string profession)
    {
        var rule = new VisibilityRule
        {
            Effect = VisibilityEffect.Hide,
            Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = profession },
        };
        if (documentId is null)
        {
            rule.Type = Given.ReportType;
        }
        else
        {
            rule.DocumentId = documentId;
        }

        return await api.AddRuleAsync(recordId, rule);
    }

    public static async Task<string> AddRuleAsync(this DmpApi api, string recordId, VisibilityRule rule) =>
        (await api.Consents.AddVisibilityRuleAsync(
            new AddVisibilityRuleRequest { RecordId = recordId, Rule = rule, RequestId = Given.NewId() },
            cancellationToken: Token)).Rule.VisibilityRuleId;

    public static async Task RemoveRuleAsync(this DmpApi api, string recordId, string ruleId) =>
        await api.Consents.RemoveVisibilityRuleAsync(
            new RemoveVisibilityRuleRequest { RecordId = recordId, VisibilityRuleId = ruleId, RequestId = Given.NewId() },
            cancellationToken: Token);

    /// <summary>Keeps secret acts from the staff of structures, or shows them.</summary>
    public static async Task<ConsentSettings> HideSecretActsFromStaffAsync(this DmpApi patient, string recordId, bool on = true)
    {
        var etag = (await patient.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = recordId }, cancellationToken: Token)).Settings.Etag;
        return (await patient.Consents.UpdateConsentSettingsAsync(
            new UpdateConsentSettingsRequest
            {
                RecordId = recordId,
                Settings = new ConsentSettings { SecretActsHiddenFromStaff = on },
                UpdateMask = new FieldMask { Paths = { "secret_acts_hidden_from_staff" } },
                Etag = etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).Settings;
    }

    public static async Task<string> BlockAsync(this DmpApi api, string recordId, Actor actor) =>
        (await api.Consents.BlockActorAsync(
            new BlockActorRequest { RecordId = recordId, Actor = actor, RequestId = Given.NewId() },
            cancellationToken: Token)).Block.BlockId;

    public static async Task UnblockAsync(this DmpApi api, string recordId, string blockId) =>
        await api.Consents.UnblockActorAsync(
            new UnblockActorRequest { RecordId = recordId, BlockId = blockId, RequestId = Given.NewId() }, cancellationToken: Token);

    public static async Task<CareTeam.V1.CareTeam> RecognizeTeamAsync(this DmpApi patient, string recordId, params Actor[] members) =>
        (await patient.CareTeams.RecognizeCareTeamAsync(
            new RecognizeCareTeamRequest
            {
                RecordId = recordId,
                Name = "Suivi à domicile",
                Members = { members },
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).CareTeam;

    public static async Task<CareTeam.V1.CareTeam> SetMembersAsync(
        this DmpApi api, CareTeam.V1.CareTeam team, string recordId, params Actor[] members) =>
        (await api.CareTeams.SetCareTeamMembersAsync(
            new SetCareTeamMembersRequest
            {
                RecordId = recordId,
                CareTeamId = team.CareTeamId,
                Members = { members },
                Etag = team.Etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).CareTeam;

    public static async Task<Consent.V1.Consent> GrantAsync(this DmpApi api, string recordId, Actor actor) =>
        (await api.Consents.GrantConsentAsync(
            new GrantConsentRequest { RecordId = recordId, Actor = actor, RequestId = Given.NewId() }, cancellationToken: Token)).Consent;

    public static async Task RevokeAsync(this DmpApi api, Consent.V1.Consent consent) =>
        await api.Consents.RevokeConsentAsync(
            new RevokeConsentRequest { RecordId = consent.RecordId, ConsentId = consent.ConsentId, RequestId = Given.NewId() },
            cancellationToken: Token);
}
