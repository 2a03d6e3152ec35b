using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Storage;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>What became of an upload.</summary>
internal sealed class GetUploadStatus(
    TracedReads reads,
    AccessPolicy policy,
    ContentVault vault,
    IOptions<UploadOptions> uploadOptions,
    UnfinishedUploads unfinished)
{
    public async Task<GetUploadStatusResponse> RunAsync(Call call, GetUploadStatusRequest request, CancellationToken ct)
    {
        var (recordId, requestId) = UploadPlanning.Ids(call, FieldFaults.Of(request), request.RecordId, request.RequestId);
        return await reads.RunAsync(call, connection => FindStatusAsync(connection, call, recordId, requestId, ct), ct);
    }

    private async Task<(GetUploadStatusResponse Answer, IReadOnlyList<TracedDocument> Documents)> FindStatusAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid requestId, CancellationToken ct)
    {
        await policy.RequireAsync(connection, call, recordId, ct);
        if (await UnfinishedUploadSql.FindAsync(connection, call.Caller.Key, requestId, recordId, ct) is { } row
            && row.Secret == call.IsSecret)
        {
            var isRunning = unfinished.IsRunning(row);
            var size = isRunning ? row.PersistedSize
                : await ContentVault.IsLivingAsync(connection, row.RecordId, row.RecordKeyId, ct) ? await PartSizeAsync(row, ct)
                : 0;
            var status = new GetUploadStatusResponse
            {
                Unfinished = new UnfinishedUpload
                {
                    PersistedSize = size,
                    ExpireTime = (row.HeartbeatTime + uploadOptions.Value.ExpireAfter).ToTimestamp(),
                    IsRunning = isRunning,
                },
            };
            return (status, []);
        }

        var finished = await FindFinishedAsync(connection, call, recordId, requestId, ct)
            ?? throw Failures.Of(ErrorReason.UploadNotFound, ("request_id", requestId.ToString()));
        return (new GetUploadStatusResponse { Document = finished.Document }, [TracedDocument.Of(finished.Document)]);
    }

    /// <summary>What this caller's upload of this request id became; null when nothing is remembered.</summary>
    public static async Task<UploadDocumentResponse?> FindFinishedAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid requestId, CancellationToken ct)
    {
        if (await RequestLogSql.FindAsync(connection, call.Caller.Key, requestId, ct) is not { Method: UploadPlan.Method } row)
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
