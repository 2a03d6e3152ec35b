using Dmp.Access.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Explains whether a professional may read a record or a document, and by which rules.</summary>
    /// <param name="request">Record, document, and for the patient whom it is about.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The decision with its steps.</returns>
    public Task<ExplainAccessResponse> ExplainAccessAsync(ExplainAccessRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ExplainAccessRequest, ExplainAccessResponse>(Access.ExplainAccessAsync, request, cancellationToken);

    /// <summary>Lists which functions are open to the caller, so that software can grey out the others.</summary>
    /// <param name="request">Optionally the record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The open functions with their conditions.</returns>
    public Task<ListFunctionsResponse> ListFunctionsAsync(ListFunctionsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListFunctionsRequest, ListFunctionsResponse>(Access.ListFunctionsAsync, request, cancellationToken);

    /// <summary>The patient asks who can see a document, and by which rules.</summary>
    /// <param name="request">Record and document.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Professionals and structures with the rules that let them in.</returns>
    public async Task<IReadOnlyList<DocumentViewer>> ListWhoCanSeeAsync(
        ListWhoCanSeeRequest request, CancellationToken cancellationToken = default)
    {
        // All pages: who is not in the answer does not see the document.
        var pages = PagesAsync<ListWhoCanSeeRequest, ListWhoCanSeeResponse, DocumentViewer>(
            request,
            (page, stop) => CallAsync<ListWhoCanSeeRequest, ListWhoCanSeeResponse>(Access.ListWhoCanSeeAsync, page, stop),
            page => (page.Viewers, page.NextPageToken),
            cancellationToken);
        List<DocumentViewer> viewers = [];
        await foreach (var viewer in pages.ConfigureAwait(false))
        {
            viewers.Add(viewer);
        }

        return viewers;
    }

    /// <summary>The patient looks at the record as a professional would see it.</summary>
    /// <param name="request">Record and professional.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The decision, and one page of what the professional sees.</returns>
    public Task<SimulateAccessResponse> SimulateAccessPageAsync(
        SimulateAccessRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<SimulateAccessRequest, SimulateAccessResponse>(Access.SimulateAccessAsync, request, cancellationToken);
}
