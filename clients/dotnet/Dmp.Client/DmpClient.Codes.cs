using Dmp.Codes.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Tells what codes mean, such as those of facts: names, status and dates as published. Every code is answered, in its place.
    /// </summary>
    /// <param name="request">The codes, each with the OID of its code system or of a value set: 500 at the most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answers, and the lists that they are from with their editions.</returns>
    public Task<LookupCodesResponse> LookupCodesAsync(LookupCodesRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<LookupCodesRequest, LookupCodesResponse>(Codes.LookupCodesAsync, request, cancellationToken);

    /// <summary>Lists the concepts of a code system or a value set, in the order of its publisher.</summary>
    /// <param name="request">The list. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The concepts, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<Concept> ListConceptsAsync(ListConceptsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListConceptsRequest, ListConceptsResponse, Concept>(
            request, ListConceptsPageAsync, page => (page.Concepts, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves, with the list that it is of.</summary>
    /// <param name="request">The list.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<ListConceptsResponse> ListConceptsPageAsync(ListConceptsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListConceptsRequest, ListConceptsResponse>(Codes.ListConceptsAsync, request, cancellationToken);

    /// <summary>Lists the code systems and value sets that are in force, by their OID.</summary>
    /// <param name="request">The size of a page.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The lists, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<CodeList> ListCodeListsAsync(ListCodeListsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListCodeListsRequest, ListCodeListsResponse, CodeList>(
            request, ListCodeListsPageAsync, page => (page.Lists, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves.</summary>
    /// <param name="request">The size of a page.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<ListCodeListsResponse> ListCodeListsPageAsync(
        ListCodeListsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListCodeListsRequest, ListCodeListsResponse>(Codes.ListCodeListsAsync, request, cancellationToken);
}
