using Dmp.Error.V1;
using Dmp.Server.Errors;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>
/// A submission set of an import and its documents, from its own message until all of them have their results. Guarded by the book of the
/// import.
/// </summary>
internal sealed class ImportSet(ImportItem item, SubmissionSetPlan? plan, IEnumerable<Guid> documentRequestIds)
{
    private readonly Dictionary<Guid, ImportItem?> documents = documentRequestIds.ToDictionary(id => id, _ => (ImportItem?)null);

    /// <summary>The set's own item.</summary>
    public ImportItem Item => item;

    /// <summary>Null when its message was refused, which its documents are told as they come.</summary>
    public SubmissionSetPlan? Plan => plan;

    /// <summary>By request id; null for one that was not sent.</summary>
    public IReadOnlyDictionary<Guid, ImportItem?> Documents => documents;

    /// <summary>The call ended before it was whole.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Neither it nor its documents get a result.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>How many of its documents have not been sent.</summary>
    public int Awaited => documents.Values.Count(document => document is null);

    /// <summary>It can be decided: all of it is sent, or nothing more is, and of each document it is known what it is.</summary>
    public bool IsReady =>
        item.State == ImportState.Gathering
        && (IsBroken || Awaited == 0)
        && documents.Values.All(document => document is null || document.State.IsSettled());

    /// <summary>One that was sent is still on its way.</summary>
    public bool IsSending => documents.Values.Any(document => document is not null && !document.State.IsWhole());

    /// <summary>What is answered with the set, in any order: not what was refused for reasons of its own, and told before.</summary>
    public IEnumerable<(Guid RequestId, ImportItem Document)> Members =>
        from document in documents
        where document.Value is { Finding: not ImportFinding.Refused }
        select (document.Key, document.Value!);

    public void Add(Guid requestId, ImportItem document) => documents[requestId] = document;

    public void Break(bool isSilent) => (IsBroken, IsSilent) = (true, isSilent);

    /// <summary>The plan of a document with its set: it belongs to the record of the set, and is checked or stored with it.</summary>
    public UploadPlan Admit(UploadPlan document)
    {
        if (plan is null)
        {
            throw new InvalidOperationException("A refused set has no documents.");
        }

        var faults = new FieldFaults();
        faults.Require(document.RecordId == plan.RecordId, "record_id", "Must be the record of the submission set.");
        faults.Require(document.Message.ValidateOnly == plan.Message.ValidateOnly, "validate_only", "Must be as in the submission set.");
        faults.ThrowIfAny();
        return document with { SubmissionSetId = plan.SetId };
    }

    /// <summary>What commits, or the set with its refusal: once it is ready.</summary>
    public SetArrival ToArrival()
    {
        List<UploadArrival> uploads = [];
        List<Guid> known = [];
        Dictionary<Guid, Exception> faults = [];
        foreach (var id in plan!.DocumentRequestIds)
        {
            switch (documents[id]?.Finding)
            {
                case ImportFinding.Good good:
                    uploads.Add(good.Upload);
                    break;

                case ImportFinding.Known { Response.Document: not null }:
                    known.Add(id);
                    break;

                case ImportFinding.Refused refused:
                    faults[id] = refused.Failure;
                    break;
            }
        }

        var whole = new SetArrival(item.Call, plan, uploads, known);
        if (IsBroken)
        {
            whole.Fail(Failures.Of(ErrorReason.SubmissionSetIncomplete, ("request_id", plan.RequestId.ToString())), faults);
        }
        else if (faults.Count > 0)
        {
            whole.Refuse(faults);
        }

        return whole;
    }
}

/// <summary>
/// The submission sets of an import that are not decided, and which documents belong to them. Guarded by the book of the import.
/// </summary>
internal sealed class ImportSets
{
    /// <summary>
    /// So many documents of refused sets are remembered: many more than can be on their way when their caller learns of the refusal. A
    /// caller need not send them.
    /// </summary>
    private const int RefusedMax = 4096;

    private readonly Dictionary<Guid, ImportSet> byDocument = [];
    private readonly Queue<Guid> refused = [];

    /// <summary>Those whose documents are coming.</summary>
    public List<ImportSet> Open => [.. byDocument.Values.Distinct().Where(set => set.Plan is not null)];

    /// <summary>How many documents of these sets have not been sent.</summary>
    public int Awaited => byDocument.Count(open => open.Value is { Plan: not null } set && set.Documents[open.Key] is null);

    /// <summary>Some of these documents belong to another set; those of a refused one are free again.</summary>
    public bool AreTaken(IReadOnlyList<Guid> documentRequestIds)
    {
        foreach (var id in documentRequestIds)
        {
            if (byDocument.TryGetValue(id, out var other) && other.Plan is null)
            {
                byDocument.Remove(id);
            }
        }

        return documentRequestIds.Any(byDocument.ContainsKey);
    }

    /// <summary>Takes a set in. The documents of a refused one are refused too as they come: none of them may slip in by itself.</summary>
    public void Add(ImportSet set)
    {
        foreach (var id in set.Documents.Keys.Where(id => byDocument.TryAdd(id, set) && set.Plan is null))
        {
            refused.Enqueue(id);
        }

        while (refused.Count > RefusedMax)
        {
            var oldest = refused.Dequeue();
            if (byDocument.TryGetValue(oldest, out var old) && old.Plan is null)
            {
                byDocument.Remove(oldest);
            }
        }
    }

    /// <summary>
    /// The set that a document is to join, if it has one; or why that refuses the document, which then belongs to nothing.
    /// </summary>
    public ImportSet? Find(Guid requestId, out RpcException? refusal)
    {
        refusal = null;
        if (!byDocument.TryGetValue(requestId, out var set))
        {
            return null;
        }

        if (set.Plan is null)
        {
            // The result of its set is given already.
            byDocument.Remove(requestId);
            refusal = Failures.Of(
                ErrorReason.SubmissionSetRefused, ("request_ids", set.Item.Call.Trace.RequestId ?? ""), ("faults", "1"));
        }
        else if (set.Documents[requestId] is not null)
        {
            refusal = Failures.Of(ErrorReason.RequestInProgress, ("request_id", requestId.ToString()));
        }

        return refusal is null ? set : null;
    }

    public void Remove(ImportSet set)
    {
        foreach (var id in set.Documents.Keys)
        {
            byDocument.Remove(id);
        }
    }
}
