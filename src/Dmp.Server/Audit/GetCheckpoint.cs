using Dmp.Audit.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;

namespace Dmp.Server.Audit;

/// <summary>The newest signed checkpoint of the log.</summary>
internal sealed class GetCheckpoint(TracedReads reads)
{
    public Task<GetCheckpointResponse> RunAsync(Call call, GetCheckpointRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        return reads.RunAsync(
            call,
            async connection =>
            {
                var newest = await LogProofs.RequireCheckpointAsync(connection, ct);
                var response = new GetCheckpointResponse { Checkpoint = LogProofs.ToMessage(newest) };
                response.Vkeys.AddRange(await TraceLogSql.ListKeysAsync(connection, ct));
                response.FirstCheckpoint = (await TraceLogSql.FindFirstCheckpointAsync(connection, ct))?.Note ?? "";
                return response;
            },
            ct);
    }
}
