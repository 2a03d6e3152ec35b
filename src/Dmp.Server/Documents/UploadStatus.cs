using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Storage;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>What became of an upload, and giving it up.</summary>
internal sealed partial class DocumentService
{
    /// <summary>Under which uploads are remembered, whichever method they came through.</summary>
    internal const string UploadMethod = "dmp.document.v1.DocumentService/UploadDocument";

    public override async Task<GetUploadStatusResponse> GetUploadStatus(GetUploadStatusRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var (recordId, requestId) = UploadIds(call, FieldFaults.Of(request), request.RecordId, request.RequestId);
        return await database.OnConnectionAsync(connection => FindStatusAsync(connection, call, recordId, requestId, ct), ct);
    }

    public override async Task<CancelUploadResponse> CancelUpload(CancelUploadRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var (recordId, requestId) = UploadIds(call, FieldFaults.Of(request), request.RecordId, request.RequestId);
        var (row, committed) = await database.InTransactionAsync(
            async connection =>
            {
                await policy.RequireAsync(connection, call, recordId, ct);
                var found = await UnfinishedUploadSql.FindAsync(connection, call.Caller.Key, requestId, recordId, ct);
                if (found is null || found.Secret != call.IsSecret
                    || !await UnfinishedUploadSql.DeleteAsync(connection, found.UploadId, found.Generation, ct))
                {
                    throw Failures.Of(ErrorReason.UploadNotFound, ("request_id", requestId.ToString()));
                }

                await audit.TraceAllowedAsync(connection, call, ct);
                return found;
            },
            ct);
        call.IsTraced = true;
        call.Committed = committed;

        // A call on another server lets go when it finds the row gone; what it holds until then is left to the sweep.
        await liveUploads.EndAsync(row.UploadId, CancellationToken.None);
        await contentStore.DeletePartAsync(row.ContentId, CancellationToken.None);
        await contentStore.DeleteAsync(row.ContentId, CancellationToken.None);
        return new CancelUploadResponse();
    }

    private static (Guid RecordId, Guid RequestId) UploadIds(Call call, FieldFaults faults, string record, string request)
    {
        var recordId = faults.Id(record, "record_id");
        var requestId = faults.Id(request, "request_id");
        faults.ThrowIfAny();
        call.RecordId = recordId;
        call.RequestId = requestId.ToString();
        return (recordId, requestId);
    }

    private async Task<GetUploadStatusResponse> FindStatusAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid requestId, CancellationToken ct)
    {
        await policy.RequireAsync(connection, call, recordId, ct);
        if (await UnfinishedUploadSql.FindAsync(connection, call.Caller.Key, requestId, recordId, ct) is { } row && row.Secret == call.IsSecret)
        {
            var isRunning = IsRunning(row);
            var size = isRunning ? row.PersistedSize : await ContentVault.IsLivingAsync(connection, row.RecordKeyId, ct) ? await PartSizeAsync(row, ct) : 0;
            await audit.TraceReadAsync(connection, call, [], ct);
            return new GetUploadStatusResponse
            {
                Unfinished = new UnfinishedUpload
                {
                    PersistedSize = size,
                    ExpireTime = (row.HeartbeatTime + uploadOptions.Value.ExpireAfter).ToTimestamp(),
                    IsRunning = isRunning,
                },
            };
        }

        var finished = await FindFinishedAsync(connection, call, recordId, requestId, ct)
            ?? throw Failures.Of(ErrorReason.UploadNotFound, ("request_id", requestId.ToString()));
        await audit.TraceReadAsync(connection, call, [TracedDocument.Of(finished.Document)], ct);
        return new GetUploadStatusResponse { Document = finished.Document };
    }

    /// <summary>What this caller's upload of this request id became; null when nothing is remembered.</summary>
    private static async Task<UploadDocumentResponse?> FindFinishedAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid requestId, CancellationToken ct)
    {
        if (await RequestLogSql.FindAsync(connection, call.Caller.Key, requestId, ct) is not { Method: UploadMethod } row)
        {
            return null;
        }

        var response = UploadDocumentResponse.Parser.ParseFrom(row.Response);
        return response.Document.RecordId == recordId.ToString() ? response : null;
    }

    /// <summary>What the next call would find. The row may be older than the last bytes that a killed server wrote.</summary>
    private async Task<long> PartSizeAsync(UploadRow row, CancellationToken ct)
    {
        try
        {
            return await vault.SizeLeftAsync(row.ContentId, ct);
        }
        catch (ContentInUseException)
        {
            // Somebody takes it up at this moment.
            return row.PersistedSize;
        }
    }
}
