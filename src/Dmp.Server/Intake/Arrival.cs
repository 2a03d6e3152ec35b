using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Storage;
using Google.Rpc;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>
/// What is all here and commits together or not at all: an upload, or a submission set with its uploads. What is left is the transaction,
/// alone or with others.
/// </summary>
internal abstract class Arrival(Call call)
{
    /// <summary>Its own call, for the decision and the trace.</summary>
    public Call Call => call;

    /// <summary>The upload itself, or those of the set.</summary>
    public abstract IReadOnlyList<UploadArrival> Uploads { get; }

    /// <summary>The transaction committed, or it is known why this became nothing.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Of the uploads, and of the set.</summary>
    public virtual IEnumerable<Guid> RequestIds => Uploads.Select(upload => upload.Plan.RequestId);

    /// <summary>What only one arrival of a transaction may claim: request ids, unique ids, documents to replace.</summary>
    public virtual IEnumerable<(Guid Scope, string Name)> Names()
    {
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

    /// <summary>It becomes nothing, for faults by request id.</summary>
    public abstract void Refuse(IReadOnlyDictionary<Guid, Exception> faults);

    /// <summary>It becomes nothing, for one reason.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>An upload whose bytes have come and were found good.</summary>
internal sealed class UploadArrival : Arrival
{
    private readonly UploadArrival[] itself;

    public UploadArrival(
        Call call, UploadPlan plan, ContentDigests content, ContentForm form, ReadOnlyMemory<byte>? small, Guid? recordKeyId)
        : base(call)
    {
        (Plan, Content, Form, Small, RecordKeyId) = (plan, content, form, small, recordKeyId);
        Fingerprint = plan.Fingerprint(UploadPlan.Method, content.Sha256);
        itself = [this];
    }

    public override IReadOnlyList<UploadArrival> Uploads => itself;

    /// <summary>With what the header of a CDA document says.</summary>
    public UploadPlan Plan { get; }

    public ContentDigests Content { get; }

    public ContentForm Form { get; }

    /// <summary>
    /// The bytes that are to be put into the content store with the commit; null: they are there already, in a blob of their own.
    /// </summary>
    public ReadOnlyMemory<byte>? Small { get; }

    /// <summary>The key that bytes which are in the content store are sealed with.</summary>
    public Guid? RecordKeyId { get; }

    public byte[] Fingerprint { get; }

    /// <summary>The answer, once the transaction committed; of an earlier call, for a repeat.</summary>
    public UploadDocumentResponse? Response { get; private set; }

    /// <summary>Why it became nothing.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The bytes are a document now. False for a repeat, whose first call had bytes of its own.</summary>
    public bool IsAdded { get; private set; }

    public override bool IsDone => Response is not null || Failure is not null;

    public void Conclude(UploadDocumentResponse response, bool isAdded) => (Response, IsAdded) = (response, isAdded);

    public override void Refuse(IReadOnlyDictionary<Guid, Exception> faults) => Fail(faults[Plan.RequestId]);

    public override void Fail(Exception failure) => Failure = failure;
}

/// <summary>A submission set whose documents are all here.</summary>
/// <param name="call">The set's own call, for the decision and the trace.</param>
/// <param name="plan">What it will become.</param>
/// <param name="uploads">Its documents, but for those that only had an intent to check.</param>
/// <param name="known">Request ids of its documents that an earlier call added, as their intents already told.</param>
internal sealed class SetArrival(Call call, SubmissionSetPlan plan, IReadOnlyList<UploadArrival> uploads, IReadOnlyList<Guid> known)
    : Arrival(call)
{
    private const int NamedMax = 8;

    private IReadOnlyDictionary<Guid, Exception> own = new Dictionary<Guid, Exception>();
    private Exception? rest;

    public override IReadOnlyList<UploadArrival> Uploads => uploads;

    public SubmissionSetPlan Plan => plan;

    public override IEnumerable<Guid> RequestIds => base.RequestIds.Append(plan.RequestId);

    public IReadOnlyList<Guid> Known => known;

    public byte[] Fingerprint { get; } = plan.Fingerprint();

    /// <summary>The transaction committed.</summary>
    public bool IsStored { get; private set; }

    /// <summary>The answer; null with <c>validate_only</c>, and until the transaction committed.</summary>
    public SubmissionSet? Response { get; private set; }

    public override bool IsDone => IsStored || rest is not null;

    /// <summary>Why the set, or one of its documents, became nothing; null when it did not.</summary>
    public Exception? FailureOf(Guid requestId) => own.GetValueOrDefault(requestId) ?? rest;

    public override IEnumerable<(Guid Scope, string Name)> Names() =>
    [
        (plan.RequestId, ""),
        (plan.RecordId, $"set {plan.Metadata.UniqueId}"),
        .. known.Select(id => (id, "")),
        .. base.Names(),
    ];

    public void Conclude(SubmissionSet? response) => (Response, IsStored) = (response, true);

    /// <summary>
    /// Nothing of it is stored: what is at fault is told its fault, and the others that they belong to it. When every fault is one of the
    /// moment, all are told to come again.
    /// </summary>
    public override void Refuse(IReadOnlyDictionary<Guid, Exception> faults) => Fail(
        faults.Values.All(IsOfTheMoment)
            ? faults.Values.First()
            : Failures.Of(
                ErrorReason.SubmissionSetRefused,
                ("request_ids", string.Join(' ', faults.Keys.Take(NamedMax))),
                ("faults", $"{faults.Count}")),
        faults);

    /// <summary>Nothing of it is stored, for one reason. Faults that it had before stay those of their documents.</summary>
    public override void Fail(Exception failure) => Fail(failure, own);

    /// <summary>Nothing of it is stored, for one reason, and for reasons of their own.</summary>
    public void Fail(Exception failure, IReadOnlyDictionary<Guid, Exception> faults)
    {
        (own, rest) = (faults, failure);
        foreach (var upload in uploads)
        {
            upload.Fail(FailureOf(upload.Plan.RequestId)!);
        }
    }

    private static bool IsOfTheMoment(Exception fault) =>
        (fault as RpcException ?? StorageFailures.Of(fault))?.GetRpcStatus()?.GetDetail<RetryInfo>() is not null;
}
