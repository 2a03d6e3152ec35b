using System.Runtime.ExceptionServices;
using Dmp.Document.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>Many documents over one call, each with its own answer.</summary>
internal sealed class ImportDocuments(
    ImportRuns runs,
    AuditTrail audit,
    IHostApplicationLifetime lifetime,
    IOptions<UploadOptions> uploadOptions,
    TimeProvider time)
{
    /// <summary>
    /// Many documents over one call. They are read while those before them are checked, and those that are complete are committed together, so
    /// that what a transaction, a flush of the disk and a round trip cost is shared.
    /// </summary>
    public async Task RunAsync(
        Call call,
        IAsyncStreamReader<ImportDocumentsRequest> requests,
        IServerStreamWriter<ImportDocumentsResponse> responses,
        CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var run = runs.New(call, responses, ending.Token);
        var sending = run.Answers.SendAsync(ending.Token);
        Task[] committing = [run.CommitAsync(), run.CommitAsync()];
        ExceptionDispatchInfo? end = null;
        try
        {
            try
            {
                await run.ReadAsync(new ImportMessages(requests, call, run.Book, lifetime, uploadOptions.Value, time, ct));
            }
            catch (Exception fault) when (!ct.IsCancellationRequested)
            {
                end = ExceptionDispatchInfo.Capture(fault);
            }

            // What is whole is answered, however the call ends.
            await run.EndAsync(isOrderly: end is null);
            await Task.WhenAll(committing);
            run.Answers.Complete();
            await sending;
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll([sending, .. committing]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await run.LeaveAsync();
        }

        end?.Throw();
        if (!call.Trace.IsTraced)
        {
            await audit.TraceReadAsync(call, [], ct);
        }
    }
}
