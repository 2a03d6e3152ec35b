using Dmp.Entries.V1;
using Dmp.Server.Entries;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Entries.V1.EntryService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of what patients enter. Each is a class of its name.</summary>
internal sealed class EntryService : Contract.EntryServiceBase
{
    public override Task<AddOwnEntryResponse> AddOwnEntry(AddOwnEntryRequest request, ServerCallContext context) =>
        context.Method<AddOwnEntry>().RunAsync(context.Call, request, context.CancellationToken);
}
