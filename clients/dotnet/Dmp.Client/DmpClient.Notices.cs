using Dmp.Notice.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Reads what the patient wants to be told, and how. For the patient and representatives.</summary>
    /// <param name="request">The record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The preferences, with the etag for a change.</returns>
    public async Task<NoticePreferences> GetNoticePreferencesAsync(
        GetNoticePreferencesRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<GetNoticePreferencesRequest, GetNoticePreferencesResponse>(
            Notices.GetNoticePreferencesAsync, request, cancellationToken).ConfigureAwait(false)).Preferences;

    /// <summary>Changes what the patient wants to be told. Emergencies stay told on one channel at least.</summary>
    /// <param name="request">Record, new values, mask (for example <c>new_document.email</c>) and etag; an empty <c>request_id</c> is
    /// filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changed preferences.</returns>
    public async Task<NoticePreferences> UpdateNoticePreferencesAsync(
        UpdateNoticePreferencesRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<UpdateNoticePreferencesRequest, UpdateNoticePreferencesResponse>(
            Notices.UpdateNoticePreferencesAsync, request, cancellationToken).ConfigureAwait(false)).Preferences;

    /// <summary>
    /// Lists the notices of a record, newest first, with how far each is on each channel. For the patient and representatives.
    /// </summary>
    /// <param name="request">The record. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The notices, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<Notice.V1.Notice> ListNoticesAsync(ListNoticesRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListNoticesRequest, ListNoticesResponse, Notice.V1.Notice>(
            request,
            (page, ct) => CallAsync<ListNoticesRequest, ListNoticesResponse>(Notices.ListNoticesAsync, page, ct),
            page => (page.Notices, page.NextPageToken),
            cancellationToken);

    /// <summary>Reads the calling professional's own address for notices.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The address; empty when there is none.</returns>
    public async Task<string> GetNoticeContactAsync(CancellationToken cancellationToken = default) =>
        (await CallAsync<GetNoticeContactRequest, GetNoticeContactResponse>(
            Notices.GetNoticeContactAsync, new GetNoticeContactRequest(), cancellationToken).ConfigureAwait(false)).Email;

    /// <summary>
    /// Sets the calling professional's own address: as attending physician (médecin traitant) the professional is told there of
    /// emergency accesses to the records of the patients.
    /// </summary>
    /// <param name="request">The address, empty to remove it; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The address as it is now.</returns>
    public async Task<string> SetNoticeContactAsync(SetNoticeContactRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<SetNoticeContactRequest, SetNoticeContactResponse>(
            Notices.SetNoticeContactAsync, request, cancellationToken).ConfigureAwait(false)).Email;

    /// <summary>Lists deliveries that were given up, newest notice first. For operators.</summary>
    /// <param name="request"><c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The deliveries, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<DeadLetter> ListDeadLettersAsync(
        ListDeadLettersRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListDeadLettersRequest, ListDeadLettersResponse, DeadLetter>(
            request,
            (page, ct) => CallAsync<ListDeadLettersRequest, ListDeadLettersResponse>(Notices.ListDeadLettersAsync, page, ct),
            page => (page.DeadLetters, page.NextPageToken),
            cancellationToken);

    /// <summary>Tries the given-up deliveries of a notice again. For operators.</summary>
    /// <param name="request">The notice; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many deliveries will be tried.</returns>
    public async Task<int> RetryNoticeAsync(RetryNoticeRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<RetryNoticeRequest, RetryNoticeResponse>(
            Notices.RetryNoticeAsync, request, cancellationToken).ConfigureAwait(false)).Deliveries;
}
