using System.Runtime.CompilerServices;
using Dmp.Care.V1;
using Grpc.Core;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Reads a record by date: the header first, then entries as they come. With <c>order</c> ESSENTIAL_FIRST what matters most comes
    /// first, with the reason; what is new since the caller looked last is marked.
    /// </summary>
    /// <param name="request">The record, and what of it; with <c>next_page_token</c> of the header the older documents.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One header, then messages of at most 50 documents, or of one episode that has more.</returns>
    /// <exception cref="DmpException">The platform refuses the caller, or the stream breaks: call again.</exception>
    public async IAsyncEnumerable<GetTimelineResponse> GetTimelineAsync(
        GetTimelineRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var call = Care.GetTimeline(request, new CallOptions(cancellationToken: cancellationToken));
        while (true)
        {
            try
            {
                if (!await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (RpcException failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw DmpException.From(failure);
            }

            yield return call.ResponseStream.Current;
        }
    }
}
