using System.Runtime.CompilerServices;
using System.Text;
using Dmp.Audit.V1;
using Dmp.Proofs;
using Grpc.Core;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Fetches the newest signed state of the log over the trace, and the public keys that signed in it.</summary>
    /// <remarks>
    /// Keep the note (<c>Checkpoint.Note</c>), or hand it to somebody else: a later export is compared with it, and a log that was set
    /// back or rewritten in between is noticed.
    /// </remarks>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The checkpoint. The keys beside it are the platform's word; which to trust is decided elsewhere.</returns>
    public Task<GetCheckpointResponse> GetCheckpointAsync(CancellationToken cancellationToken = default) =>
        CallAsync<GetCheckpointRequest, GetCheckpointResponse>(Audit.GetCheckpointAsync, new(), cancellationToken);

    /// <summary>
    /// Fetches the proof that the log continues an earlier state; check it with <see cref="TreeProof.VerifyConsistency"/>.
    /// </summary>
    /// <param name="request">The sizes of both states.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The proof, and the checkpoint of the later state when there is one.</returns>
    public Task<GetConsistencyProofResponse> GetConsistencyProofAsync(
        GetConsistencyProofRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<GetConsistencyProofRequest, GetConsistencyProofResponse>(Audit.GetConsistencyProofAsync, request, cancellationToken);

    /// <summary>Fetches proofs of single events of a record, with what the caller may see of them.</summary>
    /// <param name="request">Record, events, and the size of the tree.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The events with their proofs, oldest first.</returns>
    public Task<GetInclusionProofResponse> GetInclusionProofAsync(
        GetInclusionProofRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<GetInclusionProofRequest, GetInclusionProofResponse>(Audit.GetInclusionProofAsync, request, cancellationToken);

    /// <summary>
    /// Writes what the caller may see of a record's trace to a file, a JSON message a line, with everything that is needed to verify it
    /// without the platform (<see cref="TraceVerifier"/>, or <c>dmp audit verify FILE</c>). Memory stays constant.
    /// </summary>
    /// <remarks>An export that broke off has no end, and the verification says so: make it again.</remarks>
    /// <param name="recordId">The record.</param>
    /// <param name="destination">Where the lines go. Not disposed.</param>
    /// <param name="earlierCheckpoint">The note of a checkpoint that you have kept: the export then proves that the log continues
    /// it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The note of the checkpoint that the export is proven against: keep it for the next time.</returns>
    /// <exception cref="FormatException">The earlier checkpoint is none.</exception>
    public async Task<string> ExportTraceAsync(
        string recordId, Stream destination, string? earlierCheckpoint = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recordId);
        ArgumentNullException.ThrowIfNull(destination);
        var note = "";
        await foreach (var message in ExportAsync(ExportRequest(recordId, earlierCheckpoint), cancellationToken).ConfigureAwait(false))
        {
            note = message.Header?.Checkpoint.Note ?? note;
            await destination.WriteAsync(
                Encoding.UTF8.GetBytes(TraceVerifier.ToLine(message) + "\n"), cancellationToken).ConfigureAwait(false);
        }
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
        return note;
    }

    /// <summary>Verifies what the caller may see of a record's trace while it streams in, without keeping it.</summary>
    /// <param name="recordId">The record.</param>
    /// <param name="trustedKeys">The public keys of the platform's log, from a source you trust: see <see cref="TraceVerifier"/>.</param>
    /// <param name="earlierCheckpoint">The note of a checkpoint that you have kept: the log must continue it.</param>
    /// <param name="onEvent">Told of each event that is good.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong, or that nothing is; with the checkpoint to keep for the next time.</returns>
    /// <exception cref="FormatException">A key is none, or the earlier checkpoint is none or not signed by one of them.</exception>
    public Task<TraceVerification> VerifyTraceAsync(
        string recordId,
        IEnumerable<string> trustedKeys,
        string? earlierCheckpoint = null,
        Action<AuditEvent>? onEvent = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recordId);
        var verifier = new TraceVerifier(trustedKeys);
        return verifier.VerifyAsync(
            ExportAsync(ExportRequest(recordId, earlierCheckpoint), cancellationToken), earlierCheckpoint, onEvent, cancellationToken);
    }

    private static ExportRecordEventsRequest ExportRequest(string recordId, string? earlierCheckpoint) => new()
    {
        RecordId = recordId,
        EarlierTreeSize = earlierCheckpoint is null ? 0 : Checkpoint.Parse(earlierCheckpoint).Size,
    };

    // A failure before the first message is tried again; later ones would mix two exports.
    private async IAsyncEnumerable<ExportRecordEventsResponse> ExportAsync(
        ExportRecordEventsRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var retries = new RetryPolicy(options, options.RetryBudget);
        for (var attempt = 1; ; attempt++)
        {
            using var guard = new StallGuard(options, cancellationToken);
            using var call = Audit.ExportRecordEvents(request, new CallOptions(cancellationToken: guard.Token));
            var (next, wait) = await NextAsync(call.ResponseStream, guard, retries, attempt, cancellationToken).ConfigureAwait(false);
            if (wait is { } delay)
            {
                await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
                continue;
            }
            while (next is not null)
            {
                guard.Pause();
                yield return next;
                guard.Moved();
                (next, _) = await NextAsync(call.ResponseStream, guard, null, attempt, cancellationToken).ConfigureAwait(false);
            }
            yield break;
        }
    }

    /// <summary>The next message, null at the end; or how long to wait before the whole call is made again.</summary>
    private static async Task<(ExportRecordEventsResponse? Next, TimeSpan? Wait)> NextAsync(
        IAsyncStreamReader<ExportRecordEventsResponse> stream, StallGuard guard, RetryPolicy? retries, int attempt,
        CancellationToken cancellationToken)
    {
        try
        {
            return (await stream.MoveNext(guard.Token).ConfigureAwait(false) ? stream.Current : null, null);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var told = guard.Stalled ? guard.ToException() : failure as RpcException ?? guard.ToException();
            var details = ErrorDetails.From(told);
            if (retries is not null && retries.DelayAfter(told, details, attempt) is { } delay)
            {
                return (null, delay);
            }
            throw DmpException.From(told);
        }
    }
}
