using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Google.Rpc;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>A submission set whose documents are all whole: all that is left is their transaction.</summary>
/// <param name="call">The set's own call, for the decision and the trace.</param>
/// <param name="plan">What it will become.</param>
/// <param name="uploads">Its documents, but for those that only had an intent to check.</param>
/// <param name="known">Request ids of its documents that an earlier call added, as their intents already told.</param>
internal sealed class CompleteSet(Call call, SubmissionSetPlan plan, IReadOnlyList<CompleteUpload> uploads, IReadOnlyList<Guid> known)
{
    private const int NamedMax = 8;

    private IReadOnlyDictionary<Guid, Exception> own = new Dictionary<Guid, Exception>();
    private Exception? rest;

    public Call Call => call;

    public SubmissionSetPlan Plan => plan;

    public IReadOnlyList<CompleteUpload> Uploads => uploads;

    public IReadOnlyList<Guid> Known => known;

    public byte[] Fingerprint { get; } = plan.Fingerprint();

    /// <summary>The transaction committed.</summary>
    public bool IsStored { get; private set; }

    /// <summary>The answer; null with <c>validate_only</c>, and until the transaction committed.</summary>
    public SubmissionSet? Response { get; private set; }

    public bool IsDone => IsStored || rest is not null;

    /// <summary>Why the set, or one of its documents, became nothing; null when it did not.</summary>
    public Exception? FailureOf(Guid requestId) => own.GetValueOrDefault(requestId) ?? rest;

    public void Conclude(SubmissionSet? response) => (Response, IsStored) = (response, true);

    /// <summary>
    /// Nothing of it is stored: what is at fault is told its fault, by request id, and the others that they belong to it. When every fault is one of the
    /// moment, all are told to come again.
    /// </summary>
    public void Refuse(IReadOnlyDictionary<Guid, Exception> faults) => Fail(
        faults.Values.All(IsOfTheMoment)
            ? faults.Values.First()
            : Failures.Of(
                ErrorReason.SubmissionSetRefused,
                ("request_ids", string.Join(' ', faults.Keys.Take(NamedMax))),
                ("faults", $"{faults.Count}")),
        faults);

    /// <summary>Nothing of it is stored, for one reason, and for reasons of their own.</summary>
    public void Fail(Exception failure, IReadOnlyDictionary<Guid, Exception>? faults = null)
    {
        (own, rest) = (faults ?? own, failure);
        foreach (var upload in uploads)
        {
            upload.Failure = FailureOf(upload.Plan.RequestId);
        }
    }

    private static bool IsOfTheMoment(Exception fault) =>
        (fault as RpcException ?? StorageFailures.Of(fault))?.GetRpcStatus()?.GetDetail<RetryInfo>() is not null;
}

/// <summary>What a complete set becomes, decided inside of a transaction.</summary>
internal sealed class SetDecision
{
    public required CompleteSet Set { get; init; }

    public required RecordAccess Access { get; init; }

    /// <summary>Its documents, decided with it.</summary>
    public required IReadOnlyList<UploadDecision> Members { get; init; }

    /// <summary>The answer to give; null with <c>validate_only</c>.</summary>
    public required SubmissionSet? Response { get; init; }

    /// <summary>Nothing is to be written: a repeat, or <c>validate_only</c>.</summary>
    public bool IsAnswerOnly => Row is null;

    /// <summary>The set to be added.</summary>
    public NewSubmissionSet? Row { get; init; }

    /// <summary>Its event in the trace.</summary>
    public AuditEventRow? Event { get; set; }
}

/// <summary>What commits together or not at all: an upload, or a submission set with its documents.</summary>
internal sealed class CommitUnit
{
    public CommitUnit(CompleteUpload upload) => Uploads = [upload];

    public CommitUnit(CompleteSet set) => (Set, Uploads) = (set, set.Uploads);

    /// <summary>Null for an upload by itself.</summary>
    public CompleteSet? Set { get; }

    public IReadOnlyList<CompleteUpload> Uploads { get; }

    public Call Call => Set?.Call ?? Uploads[0].Call;

    public bool IsDone => Set?.IsDone ?? Uploads[0].IsDone;

    /// <summary>Of the uploads, and of the set.</summary>
    public IEnumerable<Guid> RequestIds
    {
        get
        {
            var uploads = Uploads.Select(upload => upload.Plan.RequestId);
            return Set is { } set ? uploads.Append(set.Plan.RequestId) : uploads;
        }
    }

    /// <summary>What only one unit of a transaction may claim: request ids, unique ids, documents to replace.</summary>
    public IEnumerable<(Guid Scope, string Name)> Names()
    {
        if (Set is { } set)
        {
            yield return (set.Plan.RequestId, "");
            yield return (set.Plan.RecordId, $"set {set.Plan.Metadata.UniqueId}");
            foreach (var id in set.Known)
            {
                yield return (id, "");
            }
        }

        foreach (var plan in Uploads.Select(upload => upload.Plan))
        {
            yield return (plan.RequestId, "");
            yield return (plan.RecordId, plan.Metadata.UniqueId);
            if (plan.Replaces is { } replaced)
            {
                yield return (replaced, "");
            }
        }
    }

    public void Refuse(IReadOnlyDictionary<Guid, Exception> faults)
    {
        if (Set is { } set)
        {
            set.Refuse(faults);
        }
        else
        {
            Uploads[0].Failure = faults[Uploads[0].Plan.RequestId];
        }
    }

    public void Fail(Exception failure)
    {
        if (Set is { } set)
        {
            set.Fail(failure);
        }
        else
        {
            Uploads[0].Failure = failure;
        }
    }
}
