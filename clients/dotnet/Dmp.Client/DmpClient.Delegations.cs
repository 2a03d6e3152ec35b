using Dmp.Consent.V1;
using Dmp.Delegation.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Invites a caregiver (aidant), or a second legal representative.</summary>
    /// <param name="request">Record, kind, name and times; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// The invitation and its code, for the invited person. The code is shown once: when the first answer is lost on the way and
    /// the call is repeated, it is empty; revoke that delegation then and invite again.
    /// </returns>
    public Task<InviteDelegateResponse> InviteDelegateAsync(InviteDelegateRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<InviteDelegateRequest, InviteDelegateResponse>(Delegations.InviteDelegateAsync, request, cancellationToken);

    /// <summary>Accepts an invitation for the person whose token this client has.</summary>
    /// <param name="request">The code; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The delegation; its <c>record_id</c> names the record.</returns>
    public async Task<Delegation.V1.Delegation> AcceptDelegationAsync(
        AcceptDelegationRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<AcceptDelegationRequest, AcceptDelegationResponse>(
            Delegations.AcceptDelegationAsync, request, cancellationToken).ConfigureAwait(false)).Delegation;

    /// <summary>Refuses an invitation; the code is used up.</summary>
    /// <param name="request">The code; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When it is refused.</returns>
    public Task RefuseDelegationAsync(RefuseDelegationRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<RefuseDelegationRequest, RefuseDelegationResponse>(Delegations.RefuseDelegationAsync, request, cancellationToken);

    /// <summary>Ends a delegation, takes an invitation back, or gives the own delegation up.</summary>
    /// <param name="request">Names the delegation; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The ended delegation.</returns>
    public async Task<Delegation.V1.Delegation> RevokeDelegationAsync(
        RevokeDelegationRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<RevokeDelegationRequest, RevokeDelegationResponse>(
            Delegations.RevokeDelegationAsync, request, cancellationToken).ConfigureAwait(false)).Delegation;

    /// <summary>Lists the delegations of a record, newest first, ended ones too.</summary>
    /// <param name="request">The record. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The delegations, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<Delegation.V1.Delegation> ListDelegationsAsync(
        ListDelegationsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListDelegationsRequest, ListDelegationsResponse, Delegation.V1.Delegation>(
            request,
            (page, ct) => CallAsync<ListDelegationsRequest, ListDelegationsResponse>(Delegations.ListDelegationsAsync, page, ct),
            page => (page.Delegations, page.NextPageToken),
            cancellationToken);

    /// <summary>Sets or removes the guardianship of an adult. Operators only.</summary>
    /// <param name="request">Record, end and ground; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The guardianship as it is now.</returns>
    public Task<SetGuardianshipResponse> SetGuardianshipAsync(
        SetGuardianshipRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<SetGuardianshipRequest, SetGuardianshipResponse>(Delegations.SetGuardianshipAsync, request, cancellationToken);

    /// <summary>Puts authorisations from before the patient's majority in force again.</summary>
    /// <param name="request">The record, and which ones (none named: all); an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The authorisations that are in force again.</returns>
    public Task<ReapproveConsentsResponse> ReapproveConsentsAsync(
        ReapproveConsentsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ReapproveConsentsRequest, ReapproveConsentsResponse>(Consents.ReapproveConsentsAsync, request, cancellationToken);
}
