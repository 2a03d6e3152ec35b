using Dmp.Search.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Finds documents with words: in narrative, in what documents state, in titles, and in PDF, RTF and plain text. Each hit has the words
    /// around, with those that were looked for marked. A document that came a moment ago may still wait to be read.
    /// </summary>
    /// <param name="request">The record, the question and its filters.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The hits, how many there are, and what was searched.</returns>
    public Task<SearchContentResponse> SearchContentAsync(SearchContentRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<SearchContentRequest, SearchContentResponse>(Search.SearchContentAsync, request, cancellationToken);
}
