using Dmp.Facts.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Lists what the documents of a record state, newest act first: medicines, allergies, problems, results and more, as they are written.
    /// A document that came a moment ago may be <see cref="DocumentFactsState.Waiting"/>.
    /// </summary>
    /// <param name="request">The kinds and times. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The documents with what they state, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<DocumentFacts> ListFactsAsync(ListFactsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListFactsRequest, ListFactsResponse, DocumentFacts>(
            request, ListFactsPageAsync, page => (page.Documents, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves.</summary>
    /// <param name="request">The kinds and times.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<ListFactsResponse> ListFactsPageAsync(ListFactsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListFactsRequest, ListFactsResponse>(Facts.ListFactsAsync, request, cancellationToken);
}
