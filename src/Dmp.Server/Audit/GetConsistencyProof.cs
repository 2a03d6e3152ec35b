using Dmp.Audit.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Audit;

/// <summary>The proof that the log only grew between two sizes.</summary>
internal sealed class GetConsistencyProof(TracedReads reads)
{
    public Task<GetConsistencyProofResponse> RunAsync(Call call, GetConsistencyProofRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        faults.Require(request.FromSize >= 1, "from_size", "Must be at least 1.");
        faults.Require(request.ToSize == 0 || request.ToSize >= request.FromSize, "to_size", "Must be 0, or at least from_size.");
        faults.ThrowIfAny();

        return reads.RunAsync(
            call,
            async connection =>
            {
                var newest = await LogProofs.RequireCheckpointAsync(connection, ct);
                var toSize = LogProofs.SizeOf(request.ToSize, newest);
                var response = new GetConsistencyProofResponse
                {
                    ToSize = toSize,
                    Proof = { await LogProofs.ProveConsistencyAsync(connection, request.FromSize, toSize, ct) },
                    Checkpoint = LogProofs.ToMessage(
                        toSize == newest.TreeSize ? newest : await TraceLogSql.FindCheckpointAsync(connection, toSize, ct)),
                };
                return response;
            },
            ct);
    }
}
