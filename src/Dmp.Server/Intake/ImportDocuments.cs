using System.Runtime.ExceptionServices;
using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>Many documents over one call, each with its own answer.</summary>
internal sealed class ImportDocuments(
    ImportReading reading, ImportPieces pieces, ImportCommits commits, ImportTrace trace, IOptions<ImportOptions> importOptions)
{
    /// <summary>
    /// Many documents over one call. They are read while those before them are checked. Those that are complete are committed together,
    /// so that what a transaction, a flush of the disk and a round trip cost is shared.
    /// </summary>
    public async Task RunAsync(
        Call call,
        IAsyncStreamReader<ImportDocumentsRequest> requests,
        IServerStreamWriter<ImportDocumentsResponse> responses,
        CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var run = new ImportRun(call, new ImportBook(importOptions.Value), new ImportAnswers(responses), ending.Token);
        var sending = run.Answers.SendAsync(ending.Token);
        Task[] committing = [commits.RunAsync(run), commits.RunAsync(run)];
        ExceptionDispatchInfo? end = null;
        try
        {
            try
            {
                await reading.ReadAsync(run, requests, ct);
            }
            catch (Exception fault) when (!ct.IsCancellationRequested)
            {
                end = ExceptionDispatchInfo.Capture(fault);
            }

            // What is whole is answered, however the call ends.
            await pieces.GiveUpAllAsync(run, isOrderly: end is null);
            run.Book.End();
            await run.Book.Emptied.WaitAsync(ending.Token);
            await Task.WhenAll(committing);
            run.Answers.Complete();
            await sending;
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll([sending, .. committing]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await pieces.GiveUpAllAsync(run, isOrderly: false);
            await commits.CloseAllAsync(run);
        }

        end?.Throw();
        await trace.TraceAsync(call, ct);
    }
}
