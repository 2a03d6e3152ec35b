using Dmp.Document.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>What the transaction of a batch decides about each upload.</summary>
internal sealed class UploadDecisions(
    AccessPolicy policy,
    UploadAdmission admission,
    SubmissionSetDecisions sets,
    IOptions<AccessOptions> accessOptions,
    TimeProvider time)
{
    /// <summary>
    /// Decides about each unit; those that are neither among the decisions nor refused wait for the next transaction, which sees what became of what
    /// is before them in this one.
    /// </summary>
    public async Task<BatchDecisions> DecideAllAsync(
        NpgsqlConnection connection, IReadOnlyList<CommitUnit> batch, List<UnitRefusal> refused, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var facts = await UploadFactsSql.ReadAsync(
            connection,
            batch[0].Call.Caller,
            [.. batch.SelectMany(unit => unit.Uploads).Select(upload => upload.Plan)],
            now,
            ct,
            sets: [.. batch.Select(unit => unit.Set?.Plan).OfType<SubmissionSetPlan>()]);
        var decisions = new BatchDecisions();
        var replaced = new HashSet<Guid>();
        foreach (var unit in batch)
        {
            var faults = new Dictionary<Guid, Exception>();
            var members = await DecideMembersAsync(connection, facts, unit, faults, now, ct);
            var set = unit.Set is null ? null : await sets.DecideAsync(connection, facts, unit.Set, members, faults, now, ct);
            if (faults.Count > 0)
            {
                refused.Add(new UnitRefusal(unit, faults));
            }
            else if (!members.Any(member => member.Replaced is { } document && replaced.Contains(document.DocumentId)))
            {
                replaced.UnionWith(members.Select(member => member.Replaced?.DocumentId).OfType<Guid>());
                decisions.Uploads.AddRange(members);
                if (set is not null)
                {
                    decisions.Sets.Add(set);
                }
            }
        }

        await RemoveAnsweredAsync(connection, facts, refused, ct);
        return decisions;
    }

    /// <summary>
    /// The same was sent twice, and the other call has committed since the facts were read: what stands in the way of this one is what that one made, and the
    /// next transaction finds its answer.
    /// </summary>
    private static async Task RemoveAnsweredAsync(
        NpgsqlConnection connection, UploadFacts facts, List<UnitRefusal> refused, CancellationToken ct)
    {
        if (refused.Count == 0)
        {
            return;
        }

        var answered = await RequestLogSql.FindKnownAsync(
            connection,
            refused[0].Unit.Call.Caller.Key,
            refused.SelectMany(refusal => refusal.Unit.RequestIds).Where(id => !facts.Remembered.ContainsKey(id)),
            ct);
        refused.RemoveAll(refusal => refusal.Unit.RequestIds.Any(answered.Contains));
    }

    /// <summary>Decides about the uploads of one unit, with all that is at fault by request id.</summary>
    private async Task<List<UploadDecision>> DecideMembersAsync(
        NpgsqlConnection connection, UploadFacts facts, CommitUnit unit, Dictionary<Guid, Exception> faults, DateTimeOffset now, CancellationToken ct)
    {
        List<UploadDecision> members = [];
        foreach (var upload in unit.Uploads)
        {
            try
            {
                members.Add(await DecideAsync(connection, facts, upload, now, ct));
            }
            catch (RpcException refusal)
            {
                faults[upload.Plan.RequestId] = refusal;
            }
        }

        return members;
    }

    /// <summary>The rules, for one upload: the right first, also for a repeat.</summary>
    private async Task<UploadDecision> DecideAsync(
        NpgsqlConnection connection, UploadFacts facts, CompleteUpload upload, DateTimeOffset now, CancellationToken ct)
    {
        var (call, plan) = (upload.Call, upload.Plan);
        call.Trace.RequestId = plan.RequestId.ToString();
        var access = policy.Require(call, plan.RecordId, facts.Records.GetValueOrDefault(plan.RecordId));
        if (UploadAdmission.Recall(facts, plan, upload.Fingerprint) is { } earlier)
        {
            call.Trace.Documents = [TracedDocument.Of(earlier.Document)];
            return new UploadDecision { Upload = upload, Access = access, Response = earlier, IsAnswerOnly = true };
        }

        var (placed, warnings) = await UploadAdmission.PlaceAsync(connection, access, facts, plan, ct);
        var replaced = await admission.RequireGoodAsync(connection, access, facts, placed, ct);
        if (plan.Message.ValidateOnly)
        {
            call.Trace.Documents = replaced is null ? [] : [new TracedDocument(replaced.DocumentId)];
            return new UploadDecision
            {
                Upload = upload,
                Access = access,
                Response = new UploadDocumentResponse { Warnings = { warnings } },
                IsAnswerOnly = true,
                Replaced = replaced,
            };
        }

        var documentId = replaced?.DocumentId ?? Guid.CreateVersion7(now);
        var version = placed.ToVersion(access, documentId, (replaced?.CurrentVersion ?? 0) + 1, upload.Content, upload.Form, upload.SubmissionSetId, now);
        var visibility = placed.ToVisibility(now, access.DocumentsMaskedByDefault && replaced is null, accessOptions.Value);
        var document = IntakeMapping.ToDocument(version, visibility, replaced);
        call.Trace.Documents = [new TracedDocument(documentId, version.Version, version.Sha256)];
        return new UploadDecision
        {
            Upload = upload,
            Access = access,
            Response = new UploadDocumentResponse { Document = document.ToMessage(), Warnings = { warnings } },
            Replaced = replaced,
            Version = version,
            Document = document,
            AnnounceTime = visibility.AnnounceTime,
        };
    }
}

/// <summary>A unit that becomes nothing, with what is at fault by request id.</summary>
internal sealed record UnitRefusal(CommitUnit Unit, IReadOnlyDictionary<Guid, Exception> Faults);

/// <summary>What a transaction writes and answers.</summary>
internal sealed class BatchDecisions
{
    /// <summary>Those of sets too.</summary>
    public List<UploadDecision> Uploads { get; } = [];

    public List<SetDecision> Sets { get; } = [];
}
