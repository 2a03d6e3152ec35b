using Dmp.Record.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Opens the record of a person whose identity is qualified (TD1.1).</summary>
    /// <param name="request">INS, traits and what the patient was told; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The record, and warnings about what production would refuse.</returns>
    public Task<OpenRecordResponse> OpenRecordAsync(OpenRecordRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<OpenRecordRequest, OpenRecordResponse>(Records.OpenRecordAsync, request, cancellationToken);

    /// <summary>Reads a record's identity, administrative data and state (TD1.3a).</summary>
    /// <param name="request">Names the record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The record.</returns>
    public async Task<PatientRecord> GetRecordAsync(GetRecordRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<GetRecordRequest, GetRecordResponse>(
            Records.GetRecordAsync, request, cancellationToken).ConfigureAwait(false)).Record;

    /// <summary>Tests whether a record exists for a full INS and what the caller may do with it (TD0.2).</summary>
    /// <param name="request">The full INS.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>State, record id, authorisation and traits.</returns>
    public Task<CheckAccessResponse> CheckAccessAsync(CheckAccessRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<CheckAccessRequest, CheckAccessResponse>(Records.CheckAccessAsync, request, cancellationToken);

    /// <summary>Lists the records the caller may use (TD0.4).</summary>
    /// <param name="request">What to list. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The records, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<RecordSummary> ListRecordsAsync(ListRecordsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListRecordsRequest, ListRecordsResponse, RecordSummary>(
            request, ListRecordsPageAsync, page => (page.Records, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves.</summary>
    /// <param name="request">What to list.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<ListRecordsResponse> ListRecordsPageAsync(ListRecordsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListRecordsRequest, ListRecordsResponse>(Records.ListRecordsAsync, request, cancellationToken);

    /// <summary>Changes administrative data (TD1.3b).</summary>
    /// <param name="request">New values, mask and etag; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changed record.</returns>
    public async Task<PatientRecord> UpdateRecordAsync(UpdateRecordRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<UpdateRecordRequest, UpdateRecordResponse>(
            Records.UpdateRecordAsync, request, cancellationToken).ConfigureAwait(false)).Record;

    /// <summary>Closes a record (TD1.4). Nothing is deleted.</summary>
    /// <param name="request">Names the record; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The closed record.</returns>
    public async Task<PatientRecord> CloseRecordAsync(CloseRecordRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<CloseRecordRequest, CloseRecordResponse>(
            Records.CloseRecordAsync, request, cancellationToken).ConfigureAwait(false)).Record;

    /// <summary>Reopens a closed record with everything it held (TD1.2).</summary>
    /// <param name="request">Names the record; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The reopened record.</returns>
    public async Task<PatientRecord> ReopenRecordAsync(ReopenRecordRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<ReopenRecordRequest, ReopenRecordResponse>(
            Records.ReopenRecordAsync, request, cancellationToken).ConfigureAwait(false)).Record;
}
