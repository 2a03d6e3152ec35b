using Dmp.Emergency.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Opens a record in an emergency, for a few hours. The patient and the attending physicians are told.</summary>
    /// <param name="request">Record, mode and reason; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The open access, and whether masked documents are shown.</returns>
    public Task<OpenEmergencyAccessResponse> OpenEmergencyAccessAsync(
        OpenEmergencyAccessRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<OpenEmergencyAccessRequest, OpenEmergencyAccessResponse>(
            Emergencies.OpenEmergencyAccessAsync, request, cancellationToken);

    /// <summary>Finds records by traits, for physicians of a regulation centre.</summary>
    /// <param name="request">The traits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>At most ten records.</returns>
    public Task<FindRecordsResponse> FindRecordsAsync(FindRecordsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<FindRecordsRequest, FindRecordsResponse>(Emergencies.FindRecordsAsync, request, cancellationToken);

    /// <summary>Lists the emergency accesses of a record, newest first.</summary>
    /// <param name="request">The record. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The accesses, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<EmergencyAccess> ListEmergencyAccessesAsync(
        ListEmergencyAccessesRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListEmergencyAccessesRequest, ListEmergencyAccessesResponse, EmergencyAccess>(
            request,
            (page, ct) => CallAsync<ListEmergencyAccessesRequest, ListEmergencyAccessesResponse>(
                Emergencies.ListEmergencyAccessesAsync, page, ct),
            page => (page.EmergencyAccesses, page.NextPageToken),
            cancellationToken);

    /// <summary>Lists the emergency accesses that no reviewer has looked at, oldest first.</summary>
    /// <param name="request"><c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The accesses, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<EmergencyAccess> ListUnacknowledgedAccessesAsync(
        ListUnacknowledgedAccessesRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListUnacknowledgedAccessesRequest, ListUnacknowledgedAccessesResponse, EmergencyAccess>(
            request,
            (page, ct) => CallAsync<ListUnacknowledgedAccessesRequest, ListUnacknowledgedAccessesResponse>(
                Emergencies.ListUnacknowledgedAccessesAsync, page, ct),
            page => (page.EmergencyAccesses, page.NextPageToken),
            cancellationToken);

    /// <summary>Says that a reviewer has looked at an emergency access.</summary>
    /// <param name="request">Names the access; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The acknowledged access.</returns>
    public async Task<EmergencyAccess> AcknowledgeEmergencyAccessAsync(
        AcknowledgeEmergencyAccessRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<AcknowledgeEmergencyAccessRequest, AcknowledgeEmergencyAccessResponse>(
            Emergencies.AcknowledgeEmergencyAccessAsync, request, cancellationToken).ConfigureAwait(false)).EmergencyAccess;
}
