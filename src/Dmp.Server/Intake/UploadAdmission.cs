using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Type.V1;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>
/// What the rules say about an upload with the record, the patient and what it replaces: before its bytes come, and again when they have.
/// </summary>
internal sealed class UploadAdmission(
    AccessPolicy policy, UploadQuestions questions, IOptions<AccessOptions> accessOptions, TimeProvider time)
{
    /// <summary>
    /// Inside of the transaction: the patient of the header is the patient of the record, and what the header replaces is what
    /// the upload replaces. Returns the plan with the document found, and the warnings for the answer.
    /// </summary>
    public static async Task<(UploadPlan Plan, List<Warning> Warnings)> PlaceAsync(
        NpgsqlConnection connection, RecordAccess access, UploadFacts facts, UploadPlan plan, CancellationToken ct)
    {
        List<Warning> warnings = [.. plan.HeaderWarnings];
        var identity = facts.Identities[access.RecordId];
        RequireSamePatient(plan.Message, identity, warnings);
        if (plan.NamedByContent is { } patient && PatientRules.IsOther(patient, identity, warnings))
        {
            throw Failures.Of(ErrorReason.PatientMismatch, ("place", "document"));
        }

        if (plan.Header is not { } header)
        {
            return (plan, warnings);
        }

        if (!HeaderRules.IsPatientOf(header, identity, warnings))
        {
            // What cannot be read agrees with nothing: whoever sent it must learn that.
            throw plan.HeaderWarnings.FirstOrDefault(
                warning => header.PatientPlaces.Any(place => warning.Field.StartsWith(place, StringComparison.Ordinal))) is { } odd
                ? Failures.Of(header.PatientMismatch, ("place", odd.Field), ("description", odd.Description))
                : Failures.Of(header.PatientMismatch);
        }

        var replacedIds = header.Metadata.ReplacedIds;
        if (replacedIds.Count == 0)
        {
            return (plan, warnings);
        }

        var found = await HeaderSql.FindReplacedAsync(
            connection, access, access.Caller.DepositorKey, [.. replacedIds.Select(HeaderMapping.KeptId)], ct);
        // What the caller does not see is not known to anybody here, and a deleted document is nothing to go on from.
        var parent = found is null ? null : await DocumentSql.FindForChangeAsync(connection, access, found.DocumentId, ct);
        if (parent is null or { State: (short)DocumentStatus.Deleted })
        {
            if (plan.Replaces is null)
            {
                warnings.Add(new Warning
                {
                    Field = header.Places.Related,
                    Description = "The document that this one replaces was not added to this record by the same depositor; "
                        + "this one is stored as new.",
                });
            }

            return (plan, warnings);
        }

        if (plan.Replaces is { } named)
        {
            var faults = new FieldFaults();
            faults.Require(
                named == parent.DocumentId, "replaces_document_id", "The header of the document says that it replaces another one.");
            faults.ThrowIfAny(header.MetadataMismatch);
        }
        else if (!found!.IsCurrent)
        {
            throw Failures.Of(ErrorReason.DocumentStateConflict, ("state", nameof(DocumentStatus.Deprecated).ToUpperInvariant()));
        }

        return (plan with { Replaces = parent.DocumentId }, warnings);
    }

    private static void RequireSamePatient(UploadIntent intent, RecordIdentity identity, List<Warning> warnings)
    {
        if (PatientRules.FindOther(intent, identity, warnings) is { } place)
        {
            throw Failures.Of(ErrorReason.PatientMismatch, ("place", place));
        }
    }

    /// <summary>What was answered before for the request id of an upload; null when it is new. Refuses another content.</summary>
    public static UploadDocumentResponse? Recall(UploadFacts facts, UploadPlan intent, byte[] fingerprint) =>
        facts.AnswerTo(intent.RequestId, fingerprint) is { } answer ? UploadDocumentResponse.Parser.ParseFrom(answer) : null;

    /// <summary>What is known about one upload before its bytes come, and the right to add it.</summary>
    public async Task<(UploadFacts Facts, RecordAccess Access)> LookAsync(
        NpgsqlConnection connection, Call call, UploadPlan intent, CancellationToken ct)
    {
        var facts = await UploadFactsSql.ReadAsync(connection, call.Caller, [intent], time.GetUtcNow(), ct, areBytesHere: false);
        return (facts, policy.Require(call, intent.RecordId, facts.Records.GetValueOrDefault(intent.RecordId)));
    }

    /// <summary>The same for an upload that replaces nothing, asked together with others.</summary>
    public async Task<(UploadFacts Facts, RecordAccess Access)> LookTogetherAsync(Call call, UploadPlan intent)
    {
        var facts = await questions.AskAsync(call.Caller, intent);
        return (facts, policy.Require(call, intent.RecordId, facts.Records.GetValueOrDefault(intent.RecordId)));
    }

    /// <summary>
    /// The visibility, the replaced document and the unique id. Returns the replaced document; with a transaction it stays locked until
    /// the end of it.
    /// </summary>
    public async Task<DocumentRow?> RequireGoodAsync(
        NpgsqlConnection connection, RecordAccess access, UploadFacts facts, UploadPlan intent, CancellationToken ct)
    {
        RequireFitting(access, facts, intent);
        var replaced = intent.Replaces is { } documentId
            ? await DocumentChanges.FindForChangeAsync(connection, access, DocumentChange.Replace, documentId, intent.Message.Etag, ct)
            : null;
        RequireGood(access, facts, intent, replaced);
        return replaced;
    }

    /// <summary>The same for an upload that replaces nothing.</summary>
    public void RequireGood(RecordAccess access, UploadFacts facts, UploadPlan intent)
    {
        RequireFitting(access, facts, intent);
        RequireGood(access, facts, intent, replaced: null);
    }

    private static void RequireFitting(RecordAccess access, UploadFacts facts, UploadPlan intent)
    {
        if (!DocumentRules.MayChoose(intent.Message.VisibilityCodes, access.Capacity))
        {
            throw Failures.Of(ErrorReason.DocumentActionNotAllowed);
        }

        RequireSamePatient(intent.Message, facts.Identities[access.RecordId], []);
    }

    private void RequireGood(RecordAccess access, UploadFacts facts, UploadPlan intent, DocumentRow? replaced)
    {
        if (intent.IsSecret && replaced is { HiddenFromRepresentatives: false })
        {
            // It would vanish before the eyes of the representatives.
            throw Failures.Of(ErrorReason.SecretConnectionNotAllowed);
        }

        if (!accessOptions.Value.HiddenAndMasked && DocumentRules.WouldHideFromAll(intent.Message.VisibilityCodes, access, replaced))
        {
            throw Failures.Of(ErrorReason.VisibilityCodesExclusive);
        }

        if (facts.TakenUniqueIds.Contains(intent.RequestId))
        {
            throw Failures.Of(ErrorReason.UniqueIdTaken);
        }
    }
}
