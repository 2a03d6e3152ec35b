using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>The wishes in force, as far as the caller may read them.</summary>
internal sealed class GetWishes(TracedReads reads, WishReader reader)
{
    public Task<GetWishesResponse> RunAsync(Call call, GetWishesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return reads.OfDocumentsAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var read = await reader.ReadAsync(connection, access, ct);
                return (read.Wishes, read.Documents);
            },
            ct);
    }
}
