using Dmp.Error.V1;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Storage;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>What becomes of the bytes of an upload that does not become a document.</summary>
internal sealed class UploadRelease(Database database, IContentStore contentStore, ILogger<UploadRelease> logger)
{
    private const string DocumentTooLargeReason = "DOCUMENT_TOO_LARGE";

    /// <summary>
    /// Decides what becomes of the bytes of an upload that failed. What the contract calls the end for good is removed; all else waits to
    /// be taken up, also when nobody knows whether the commit happened.
    /// </summary>
    public async Task EndAsync(UploadReceiver receiver, bool finished, Exception failure)
    {
        if (receiver.IsTakenOver || !receiver.Holds)
        {
            return;
        }

        if (IsFinal(failure, finished))
        {
            await ForgetAsync(receiver);
        }
        else
        {
            await receiver.RestAsync(logger);
        }
    }

    /// <summary>The same for an upload whose bytes came, behind its transaction.</summary>
    public Task EndAsync(UploadReceiver receiver, UploadArrival upload) =>
        upload.Response is null ? EndAsync(receiver, finished: true, upload.Failure ?? Failures.Of(ErrorReason.CallCancelled))
        : upload.IsAdded ? Task.CompletedTask

        // An earlier call had finished it, with bytes of its own.
        : ForgetAsync(receiver);

    /// <summary>Nothing of an unfinished upload is kept. Also when the caller is gone.</summary>
    private async Task ForgetAsync(UploadReceiver receiver)
    {
        var (plan, sink) = (receiver.Plan, receiver.Sink);
        if (sink.IsSmall)
        {
            return;
        }

        try
        {
            var isDeleted = await database.OnConnectionAsync(
                async connection =>
                {
                    await RowScope.OfRecord(receiver.Caller, plan.RecordId).ApplyAsync(connection, CancellationToken.None);
                    return await UnfinishedUploadSql.DeleteAsync(
                        connection, plan.RecordId, plan.UploadId, plan.Generation, CancellationToken.None);
                },
                CancellationToken.None);
            if (isDeleted)
            {
                await sink.DiscardAsync(contentStore, plan.ContentId);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or ContentUnavailableException)
        {
            // The outcome of the call stands; row and bytes are swept when they expire.
            DocumentLog.UploadNotReleased(logger, e, plan.UploadId);
        }
    }

    /// <summary>
    /// The upload need not be kept after this failure: what was sent is refused, not the moment it was sent at. Before
    /// <paramref name="finished"/> only a document that is too large is.
    /// </summary>
    private static bool IsFinal(Exception failure, bool finished) =>
        failure is RpcException { StatusCode: not (StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.DeadlineExceeded) } refusal
        && Failures.ReasonOf(refusal) is { } reason
        && (reason == DocumentTooLargeReason || finished && reason is not (
            "REQUEST_IN_PROGRESS" or "UPLOAD_TAKEN_OVER" or "SUBMISSION_SET_REFUSED" or "SUBMISSION_SET_INCOMPLETE"));
}
