using Dmp.Document.V1;
using Dmp.Proofs;
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
    /// Decides about each arrival. Those that are neither among the decisions nor refused wait for the next transaction, which sees what
    /// became of what is before them in this one.
    /// </summary>
    public async Task<BatchDecisions> DecideAllAsync(
        NpgsqlConnection connection, IReadOnlyList<Arrival> batch, List<ArrivalRefusal> refused, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var caller = batch[0].Call.Caller;
        List<SubmissionSetPlan> plans = [.. batch.OfType<SetArrival>().Select(set => set.Plan)];
        var facts = await UploadFactsSql.ReadAsync(
            connection,
            caller,
            [.. batch.SelectMany(arrival => arrival.Uploads).Select(upload => upload.Plan)],
            now,
            ct,
            sets: plans);
        var takenSetIds = await NewSubmissionSetSql.FindTakenUniqueIdsAsync(connection, caller, plans, ct);
        var decisions = new BatchDecisions();
        var replaced = new HashSet<Guid>();
        foreach (var arrival in batch)
        {
            var faults = new Dictionary<Guid, Exception>();
            var members = await DecideMembersAsync(connection, facts, arrival, faults, now, ct);
            var set = arrival is SetArrival whole ? sets.Decide(facts, takenSetIds, whole, members, faults, now) : null;
            if (faults.Count > 0)
            {
                refused.Add(new ArrivalRefusal(arrival, faults));
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
    /// The same was sent twice, and the other call has committed since the facts were read: what stands in the way of this one is what
    /// that one made, and the next transaction finds its answer.
    /// </summary>
    private static async Task RemoveAnsweredAsync(
        NpgsqlConnection connection, UploadFacts facts, List<ArrivalRefusal> refused, CancellationToken ct)
    {
        if (refused.Count == 0)
        {
            return;
        }

        var answered = await RequestLogSql.FindKnownAsync(
            connection,
            refused[0].Arrival.Call.Caller.Key,
            refused.SelectMany(refusal => refusal.Arrival.RequestIds).Where(id => !facts.Remembered.ContainsKey(id)),
            ct);
        refused.RemoveAll(refusal => refusal.Arrival.RequestIds.Any(answered.Contains));
    }

    /// <summary>Decides about the uploads of one arrival, with all that is at fault by request id.</summary>
    private async Task<List<UploadDecision>> DecideMembersAsync(
        NpgsqlConnection connection,
        UploadFacts facts,
        Arrival arrival,
        Dictionary<Guid, Exception> faults,
        DateTimeOffset now,
        CancellationToken ct)
    {
        List<UploadDecision> members = [];
        foreach (var upload in arrival.Uploads)
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
        NpgsqlConnection connection, UploadFacts facts, UploadArrival upload, DateTimeOffset now, CancellationToken ct)
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
        var version = IntakeMapping.ToVersion(placed, upload, access, documentId, (replaced?.CurrentVersion ?? 0) + 1, now);
        var maskedByDefault = access.DocumentsMaskedByDefault && replaced is null;
        var visibility = IntakeMapping.ToVisibility(placed.Message, now, maskedByDefault, accessOptions.Value);
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

/// <summary>What an upload becomes, decided inside of a transaction.</summary>
internal sealed class UploadDecision
{
    public required UploadArrival Upload { get; init; }

    public required RecordAccess Access { get; init; }

    /// <summary>The answer to give.</summary>
    public required UploadDocumentResponse Response { get; init; }

    /// <summary>Nothing is to be written: a repeat, or <c>validate_only</c>.</summary>
    public bool IsAnswerOnly { get; init; }

    /// <summary>The document that this one replaces, locked.</summary>
    public DocumentRow? Replaced { get; init; }

    /// <summary>The version to be added; where its bytes lie is known once they do.</summary>
    public NewVersion? Version { get; set; }

    /// <summary>The document as it will be read.</summary>
    public DocumentRow Document { get; init; } = null!;

    /// <summary>When the patient is told that something waits; null for what is not hidden from the patient.</summary>
    public DateTimeOffset? AnnounceTime { get; init; }

    /// <summary>Its event in the trace.</summary>
    public AuditEventRow? Event { get; set; }
}

/// <summary>An arrival that becomes nothing, with what is at fault by request id.</summary>
internal sealed record ArrivalRefusal(Arrival Arrival, IReadOnlyDictionary<Guid, Exception> Faults);

/// <summary>What a transaction writes and answers.</summary>
internal sealed class BatchDecisions
{
    /// <summary>Those of sets too.</summary>
    public List<UploadDecision> Uploads { get; } = [];

    public List<SetDecision> Sets { get; } = [];
}
