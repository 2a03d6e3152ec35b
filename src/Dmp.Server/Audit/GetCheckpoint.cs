using Dmp.Audit.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;

namespace Dmp.Server.Audit;

/// <summary>The newest signed checkpoint of the log.</summary>
internal sealed class GetCheckpoint(Database database, AuditTrail audit)
{
    public async Task<GetCheckpointResponse> RunAsync(Call call, GetCheckpointRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        return await database.OnConnectionAsync(
            async connection =>
            {
                var newest = await LogProofs.RequireCheckpointAsync(connection, ct);
                var response = new GetCheckpointResponse { Checkpoint = LogProofs.ToMessage(newest) };
                response.Vkeys.AddRange(await TraceLogSql.ListKeysAsync(connection, ct));
                response.FirstCheckpoint = (await TraceLogSql.FindFirstCheckpointAsync(connection, ct))?.Note ?? "";
                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
