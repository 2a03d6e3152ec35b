using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Logging;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>
/// What the trace holds of an import besides its documents: what failed of them, as it is told, and a call that brought none.
/// </summary>
internal sealed class ImportTrace(AuditTrail audit, ILogger<ImportTrace> logger)
{
    /// <summary>A call without a document is an event by itself.</summary>
    public async Task TraceAsync(Call call, CancellationToken ct)
    {
        if (!call.Trace.IsTraced)
        {
            await audit.TraceReadAsync(call, [], ct);
        }
    }

    /// <summary>
    /// Traces refusals that are not traced yet. One whose event cannot be written is not told: the storage is not there, and
    /// <paramref name="refusals"/> say that.
    /// </summary>
    public async Task TraceRefusalsAsync(Call call, Dictionary<ImportItem, RpcException> refusals, CancellationToken ct)
    {
        List<ImportItem> untraced = [.. refusals.Keys.Where(item => !item.Call.Trace.IsTraced)];
        if (untraced.Count == 0)
        {
            return;
        }

        try
        {
            await audit.TraceFailuresAsync([.. untraced.Select(item => (item.Call, refusals[item]))], ct);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            ServerLog.StorageFailed(logger, e, call.Method);
            untraced.ForEach(item => refusals[item] = Failures.Of(ErrorReason.StorageUnavailable));
        }
    }

    /// <summary>What a caller is told of a failure, and the log of what is ours.</summary>
    public RpcException Known(Call call, Exception failure)
    {
        switch (failure)
        {
            case RpcException refusal when Failures.ReasonOf(refusal) is not null:
                return refusal;

            case var storage when StorageFailures.Of(storage) is { } known:
                if (StorageFailures.IsAbsence(storage))
                {
                    ServerLog.StorageFailed(logger, storage, call.Method);
                }

                return known;

            case OperationCanceledException:
                return Failures.Of(ErrorReason.CallCancelled);

            default:
                ServerLog.CallFailed(logger, failure, call.Method, call.ServerRequestId);
                return Failures.Of(ErrorReason.Internal);
        }
    }
}
