using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;

namespace Dmp.Server.Intake;

/// <summary>Documents of an import that come in one message.</summary>
internal sealed class ImportSmall(UploadPlanning planning, UploadDescription description, ImportMemory memory, TimeProvider time)
{
    private readonly Action<int> release = memory.Release;
    private readonly Action<int> releaseOfSet = memory.ReleaseOfSet;

    /// <summary>Takes one in. Waits for room in the memory of the server, with nothing more being read meanwhile.</summary>
    public async Task BeginAsync(ImportRun run, ImportDocument message)
    {
        var call = run.Call.ForItem(time.GetTimestamp());
        if (run.Book.Begin(message.Item, call, message.Content.Length, message.Intent) is not { } item)
        {
            return;
        }

        if (item.Set is not null)
        {
            if (memory.TryAddForSet(item.Bytes))
            {
                item.Arrive(releaseOfSet);
                item.Start(() => DescribeAsync(run, item, message));
            }
            else
            {
                run.Book.Settle(item, new ImportFinding.Refused(Failures.Of(ErrorReason.SubmissionSetsBusy)));
            }

            return;
        }

        memory.Add(item.Bytes);
        item.Arrive(release);
        item.Start(() => DescribeAsync(run, item, message));
        await memory.RoomAsync(run.Ended);
    }

    /// <summary>All that can be said about a small document without the database.</summary>
    private async Task DescribeAsync(ImportRun run, ImportItem item, ImportDocument message)
    {
        ImportFinding finding;
        try
        {
            var plan = planning.Check(item.Call, planning.Require(message.Intent));
            plan = item.Set?.Admit(plan) ?? plan;
            var faults = FieldFaults.OfLimits(message);
            faults.Require(
                message.Content.Length <= UploadSink.SmallBytesMax,
                "content",
                $"Must have at most {UploadSink.SmallBytesMax} bytes. Send a larger document as intent, chunks and finish.");
            faults.ThrowIfAny();
            var upload = await description.DescribeAsync(item.Call, plan, message.Content.Memory, run.Ended);
            finding = new ImportFinding.Good(upload, UploadPlan.Warnings(plan.Metadata));
        }
        catch (Exception failure)
        {
            finding = new ImportFinding.Refused(failure);
        }

        run.Book.Settle(item, finding);
    }
}
