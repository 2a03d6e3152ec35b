using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>
/// The caller's side of an import. No more is read once the token of the caller ends, the server stops, or the caller has sent nothing
/// for long though it is the caller's turn.
/// </summary>
internal sealed class ImportMessages(
    IAsyncStreamReader<ImportDocumentsRequest> requests,
    Call call,
    ImportBook book,
    IHostApplicationLifetime lifetime,
    UploadOptions options,
    TimeProvider time,
    CancellationToken callerLeft)
{
    public ImportDocumentsRequest Current => requests.Current;

    public async Task<bool> MoveNextAsync()
    {
        if (IsExpired)
        {
            throw Failures.Of(ErrorReason.TokenExpired);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(callerLeft, lifetime.ApplicationStopping);
        var next = requests.MoveNext(end.Token);
        if (next.IsCompletedSuccessfully)
        {
            return await next;
        }

        while (true)
        {
            try
            {
                return await next.WaitAsync(Patience(), time, end.Token);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                if (IsExpired || !book.IsWorking)
                {
                    await end.CancelAsync();
                    await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    throw IsExpired
                        ? Failures.Of(ErrorReason.TokenExpired)
                        : Failures.Of(ErrorReason.UploadStalled, ("limit_seconds", $"{options.StallSecondsMax}"));
                }
            }
            catch (OperationCanceledException)
                when (lifetime.ApplicationStopping.IsCancellationRequested && !callerLeft.IsCancellationRequested)
            {
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw Failures.Of(ErrorReason.ServerStopping);
            }
            catch (IOException)
            {
                // The line broke, or the caller reset the stream; nobody reads the answer.
                throw Failures.Of(ErrorReason.CallCancelled);
            }
        }
    }

    private bool IsExpired => call.TokenExpireTime <= time.GetUtcNow();

    private TimeSpan Patience()
    {
        var silence = TimeSpan.FromSeconds(options.StallSecondsMax);
        var rest = call.TokenExpireTime - time.GetUtcNow();
        return rest < silence ? rest < TimeSpan.Zero ? TimeSpan.Zero : rest.Value : silence;
    }
}
