using Dmp.Search.V1;
using Dmp.Server.Pipeline;
using Dmp.Server.Search;
using Grpc.Core;
using Contract = Dmp.Search.V1.SearchService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of the search within documents. Each is a class of its name.</summary>
internal sealed class SearchService : Contract.SearchServiceBase
{
    public override Task<SearchContentResponse> SearchContent(SearchContentRequest request, ServerCallContext context) =>
        context.Method<SearchContent>().RunAsync(context.Call, request, context.CancellationToken);
}
