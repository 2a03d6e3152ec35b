using Dmp.Audit.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Lists what was done, or tried, with a record, newest first.</summary>
    /// <param name="request">Record and time span. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The events, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<AuditEvent> ListRecordEventsAsync(
        ListRecordEventsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListRecordEventsRequest, ListRecordEventsResponse, AuditEvent>(
            request, ListRecordEventsPageAsync, page => (page.Events, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves.</summary>
    /// <param name="request">Record and time span.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<ListRecordEventsResponse> ListRecordEventsPageAsync(
        ListRecordEventsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListRecordEventsRequest, ListRecordEventsResponse>(Audit.ListRecordEventsAsync, request, cancellationToken);

    /// <summary>Lists what a professional or structure did on all records, newest first. For operators and auditors.</summary>
    /// <param name="request">Whom, why, and the time span. <c>page_size</c> is the size of one fetch.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The events, fetched page by page while you enumerate; each fetch is itself traced.</returns>
    public IAsyncEnumerable<AuditEvent> ListActorEventsAsync(
        ListActorEventsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListActorEventsRequest, ListActorEventsResponse, AuditEvent>(
            request,
            (page, ct) => CallAsync<ListActorEventsRequest, ListActorEventsResponse>(Audit.ListActorEventsAsync, page, ct),
            page => (page.Events, page.NextPageToken),
            cancellationToken);

    /// <summary>
    /// Lists the events of one call, by the <see cref="DmpException.ServerRequestId"/> that somebody quotes. For operators and auditors.
    /// </summary>
    /// <param name="request">Which call, and why it is asked for. <c>page_size</c> is the size of one fetch.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The events, none when there is no such call; each fetch is itself traced.</returns>
    public IAsyncEnumerable<AuditEvent> ListCallEventsAsync(ListCallEventsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListCallEventsRequest, ListCallEventsResponse, AuditEvent>(
            request,
            (page, ct) => CallAsync<ListCallEventsRequest, ListCallEventsResponse>(Audit.ListCallEventsAsync, page, ct),
            page => (page.Events, page.NextPageToken),
            cancellationToken);
}
