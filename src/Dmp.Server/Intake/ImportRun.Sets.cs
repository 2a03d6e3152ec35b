using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>
/// Submission sets of an import: their documents are received like all others, and wait for each other before they are committed.
/// </summary>
internal sealed partial class ImportRun
{
    private readonly ImportSets sets = new();

    private void Begin(ImportSubmissionSet message)
    {
        if (MessageFaults.Of(message).Any(fault => fault.Field is "intent" or "intent.document_request_ids"))
        {
            // It is not known which documents must not be stored without the set.
            FieldFaults.OfLimits(message).ThrowIfAny();
        }

        var item = new ImportItem(message.Item, call.ForItem(time.GetTimestamp()), bytes: 0);
        Book.Begin(item);
        SubmissionSetPlan? plan = null;
        Exception? refusal = null;
        try
        {
            plan = SubmissionSetPlanning.Check(
                item.Call, message.Intent ?? throw Failures.Of(ErrorReason.UploadIntentMissing), limits, time.GetUtcNow());
        }
        catch (RpcException fault)
        {
            refusal = fault;
        }

        var ids = (message.Intent?.DocumentRequestIds ?? []).Select(id => Guid.TryParseExact(id, "D", out var known) ? known : Guid.Empty)
            .Where(id => id != Guid.Empty).Distinct().ToList();
        if (plan is not null && sets.AreTaken(ids))
        {
            (plan, refusal) = (null, Fault("document_request_ids", "Must name no document of another set."));
        }

        var set = new ImportSet(item, plan, ids);
        if (!sets.TryBegin(set, limits.WindowItems))
        {
            throw Failures.Of(
                ErrorReason.ImportWindowExceeded, ("items_max", $"{limits.WindowItems}"), ("bytes_max", $"{limits.WindowBytes}"));
        }

        if (refusal is null)
        {
            item.Set = set;
        }
        else
        {
            Conclude(item, refusal);
        }
    }

    /// <summary>Finds the set of a document that has just been begun. False when that already refuses the document.</summary>
    private bool TryJoin(ImportItem item, UploadIntent? intent, out Exception? refusal)
    {
        refusal = null;
        var set = sets.Join(intent?.RequestId, item, out var isTwice);
        if (isTwice)
        {
            refusal = Failures.Of(ErrorReason.RequestInProgress, ("request_id", intent!.RequestId));
        }
        else if (set is { Plan: null })
        {
            refusal = Failures.Of(
                ErrorReason.SubmissionSetRefused, ("request_ids", set.Item.Call.Trace.RequestId ?? ""), ("faults", "1"));
        }
        else
        {
            item.Set = set;
        }

        if (refusal is not null)
        {
            // A refusal is an event of the record too.
            item.Call.ReadRecordId(intent!.RecordId, new FieldFaults());
        }

        return refusal is null;
    }

    /// <summary>A document belongs to the record of its set, and is checked or stored with it.</summary>
    private static void RequireOfSet(ImportItem item, UploadPlan plan)
    {
        if (item.Set?.Plan is not { } set)
        {
            return;
        }

        var faults = new FieldFaults();
        faults.Require(plan.RecordId == set.RecordId, "record_id", "Must be the record of the submission set.");
        faults.Require(plan.Message.ValidateOnly == set.Message.ValidateOnly, "validate_only", "Must be as in the submission set.");
        faults.ThrowIfAny();
    }

    /// <summary>
    /// Nothing more will become of this document before its transaction. It is answered, or waits for the others of its set; refused,
    /// it is answered before them, because a caller may wait for that before it sends the others.
    /// </summary>
    private void Settle(ImportItem item)
    {
        item.IsToldAlone = item is { Set: not null, Failure: not null };
        if (item.Set is null || item.IsToldAlone)
        {
            complete.Writer.TryWrite(item);
        }

        if (item.Set is not null && sets.IsReadyWith(item, out var set))
        {
            complete.Writer.TryWrite(set.Item);
        }
    }

    /// <summary>No documents of sets come any more.</summary>
    private async Task EndSetsAsync(bool isOrderly)
    {
        foreach (var item in Book.Unfinished)
        {
            // What needs nothing but its intent is whole after this.
            await item.Opening;
        }

        foreach (var set in sets.End(isOrderly))
        {
            complete.Writer.TryWrite(set.Item);
        }
    }

    /// <summary>An item, and with that of a set all of its documents that came and are not answered yet.</summary>
    private static IEnumerable<ImportItem> PartsOf(ImportItem item) => item.Set is { } set && set.Item == item
        ? set.Documents.Values.OfType<ImportItem>().Where(document => !document.IsToldAlone).Append(item)
        : [item];

    /// <summary>What commits with an item; null when it was refused already.</summary>
    private static CommitUnit? UnitOf(ImportItem item)
    {
        if (item.Set is not { Plan: { } plan } set || set.Item != item)
        {
            return item is { Set: null, Upload: { } upload } ? new CommitUnit(upload) : null;
        }

        List<CompleteUpload> uploads = [];
        List<Guid> known = [];
        Dictionary<Guid, Exception> faults = [];
        foreach (var id in plan.DocumentRequestIds)
        {
            if (set.Documents[id] is not { } document)
            {
                continue;
            }

            if (document.Upload is { } upload)
            {
                upload.SubmissionSetId = plan.SetId;
                uploads.Add(upload);
            }

            if (document.Failure is { } failure)
            {
                faults[id] = failure;
            }
            else if (document.Earlier?.Document is not null)
            {
                known.Add(id);
            }
        }

        item.Whole = new CompleteSet(item.Call, plan, uploads, known);
        if (set.IsBroken)
        {
            item.Whole.Fail(Failures.Of(ErrorReason.SubmissionSetIncomplete, ("request_id", plan.RequestId.ToString())), faults);
        }
        else if (faults.Count > 0)
        {
            item.Whole.Refuse(faults);
        }

        return item.Whole.IsDone ? null : new CommitUnit(item.Whole);
    }

    /// <summary>What the transaction of a set made of each of its parts.</summary>
    private static void TakeFailures(ImportItem item)
    {
        if (item.Whole is not { } whole)
        {
            if (item.Set is null)
            {
                item.Failure ??= item.Upload?.Failure;
            }

            return;
        }

        item.Failure = whole.FailureOf(whole.Plan.RequestId);
        foreach (var (id, document) in item.Set!.Documents)
        {
            document?.Failure ??= whole.FailureOf(id);
        }
    }

    private static RpcException Fault(string field, string description) =>
        Failures.FieldsInvalid([new Google.Rpc.BadRequest.Types.FieldViolation { Field = field, Description = description }]);
}
