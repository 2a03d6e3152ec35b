using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Logging;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>Failures of the documents of an import, as they are traced and told.</summary>
internal sealed class ImportFailures(AuditTrail audit, ILogger<ImportFailures> logger)
{
    /// <summary>A refusal whose event cannot be written is not told: the storage is not there.</summary>
    public async Task TraceAsync(Call call, List<ImportItem> failed, CancellationToken ct)
    {
        foreach (var item in failed)
        {
            item.Failure = Known(call, item.Failure!);
        }

        var untraced = failed.FindAll(item => !item.Call.Trace.IsTraced);
        if (untraced.Count == 0)
        {
            return;
        }

        try
        {
            await audit.TraceFailuresAsync([.. untraced.Select(item => (item.Call, (RpcException)item.Failure!))], ct);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            ServerLog.StorageFailed(logger, e, call.Method);
            untraced.ForEach(item => item.Failure = Failures.Of(ErrorReason.StorageUnavailable));
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
