using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Storage;

namespace Dmp.Server.Intake;

/// <summary>An unfinished upload given up by its caller.</summary>
internal sealed class CancelUpload(
    Database database,
    AccessPolicy policy,
    AuditTrail audit,
    IContentStore contentStore,
    LiveUploads liveUploads)
{
    public async Task<CancelUploadResponse> RunAsync(Call call, CancelUploadRequest request, CancellationToken ct)
    {
        var (recordId, requestId) = UploadPlanning.Ids(call, FieldFaults.Of(request), request.RecordId, request.RequestId);
        var (row, committed) = await database.InTransactionAsync(
            async connection =>
            {
                await policy.RequireAsync(connection, call, recordId, ct);
                var found = await UnfinishedUploadSql.FindAsync(connection, call.Caller.Key, requestId, recordId, ct);
                if (found is null || found.Secret != call.IsSecret
                    || !await UnfinishedUploadSql.DeleteAsync(connection, recordId, found.UploadId, found.Generation, ct))
                {
                    throw Failures.Of(ErrorReason.UploadNotFound, ("request_id", requestId.ToString()));
                }

                await audit.TraceAllowedAsync(connection, call, ct);
                return found;
            },
            ct);
        call.Trace.IsTraced = true;
        call.Trace.Committed = committed;

        // A call on another server lets go when it finds the row gone; what it holds until then is left to the sweep.
        await liveUploads.EndAsync(row.UploadId, CancellationToken.None);
        await contentStore.DeletePartAsync(row.ContentId, CancellationToken.None);
        await contentStore.DeleteAsync(row.ContentId, CancellationToken.None);
        return new CancelUploadResponse();
    }
}
