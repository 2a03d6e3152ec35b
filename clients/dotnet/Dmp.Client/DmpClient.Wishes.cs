using Dmp.Wishes.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Reads the wishes in force of a patient, as far as the caller may read them.</summary>
    /// <param name="recordId">The record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The wishes. What is absent was not stated, or is not for the caller: both look the same.</returns>
    public Task<GetWishesResponse> GetWishesAsync(string recordId, CancellationToken cancellationToken = default) =>
        CallAsync<GetWishesRequest, GetWishesResponse>(
            Wishes.GetWishesAsync, new GetWishesRequest { RecordId = recordId }, cancellationToken);

    /// <summary>Lists what the patient stated, newest first, with what was replaced or taken back. The patient only.</summary>
    /// <param name="request">The record. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The versions, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<WishVersion> ListWishVersionsAsync(
        ListWishVersionsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListWishVersionsRequest, ListWishVersionsResponse, WishVersion>(
            request,
            (page, ct) => CallAsync<ListWishVersionsRequest, ListWishVersionsResponse>(Wishes.ListWishVersionsAsync, page, ct),
            page => (page.Versions, page.NextPageToken),
            cancellationToken);

    /// <summary>States whom to call in an emergency. The patient, or a representative.</summary>
    /// <param name="request">Record and contacts; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The contacts as they are now.</returns>
    public async Task<EmergencyContacts> SetEmergencyContactsAsync(
        SetEmergencyContactsRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<SetEmergencyContactsRequest, SetEmergencyContactsResponse>(
            Wishes.SetEmergencyContactsAsync, request, cancellationToken).ConfigureAwait(false)).EmergencyContacts;

    /// <summary>States a position on organ donation. The patient in person, from 13 years on.</summary>
    /// <param name="request">Record and position; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The statement as it is now.</returns>
    public async Task<OrganDonation> StateOrganDonationAsync(
        StateOrganDonationRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<StateOrganDonationRequest, StateOrganDonationResponse>(
            Wishes.StateOrganDonationAsync, request, cancellationToken).ConfigureAwait(false)).OrganDonation;

    /// <summary>States advance directives. The patient in person, an adult.</summary>
    /// <param name="request">Record, day and what is wanted; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The directives as they are now.</returns>
    public async Task<AdvanceDirectives> StateAdvanceDirectivesAsync(
        StateAdvanceDirectivesRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<StateAdvanceDirectivesRequest, StateAdvanceDirectivesResponse>(
            Wishes.StateAdvanceDirectivesAsync, request, cancellationToken).ConfigureAwait(false)).AdvanceDirectives;

    /// <summary>Takes a statement back, without another in its place.</summary>
    /// <param name="request">Record and kind; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When it is taken back.</returns>
    public Task RevokeWishAsync(RevokeWishRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<RevokeWishRequest, RevokeWishResponse>(Wishes.RevokeWishAsync, request, cancellationToken);

    /// <summary>Names a trusted person, who has to accept.</summary>
    /// <param name="request">Record, name and telephone; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// The designation and its code, for that person. The code is shown once: when the first answer is lost on the way and the call is
    /// repeated, it is empty; name the person anew then, which takes the first invitation back.
    /// </returns>
    public Task<InviteTrustedPersonResponse> InviteTrustedPersonAsync(
        InviteTrustedPersonRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<InviteTrustedPersonRequest, InviteTrustedPersonResponse>(Wishes.InviteTrustedPersonAsync, request, cancellationToken);

    /// <summary>Accepts to be the trusted person, for the person whose token this client has.</summary>
    /// <param name="request">The code and the confirmation; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The designation.</returns>
    public async Task<TrustedPerson> AcceptTrustedPersonAsync(
        AcceptTrustedPersonRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<AcceptTrustedPersonRequest, AcceptTrustedPersonResponse>(
            Wishes.AcceptTrustedPersonAsync, request, cancellationToken).ConfigureAwait(false)).TrustedPerson;

    /// <summary>Refuses to be the trusted person; the code is used up.</summary>
    /// <param name="request">The code; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When it is refused.</returns>
    public Task RefuseTrustedPersonAsync(RefuseTrustedPersonRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<RefuseTrustedPersonRequest, RefuseTrustedPersonResponse>(Wishes.RefuseTrustedPersonAsync, request, cancellationToken);

    /// <summary>Ends a designation, takes an invitation back, or gives the own designation up.</summary>
    /// <param name="request">Names the designation; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The ended designation.</returns>
    public async Task<TrustedPerson> EndTrustedPersonAsync(
        EndTrustedPersonRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<EndTrustedPersonRequest, EndTrustedPersonResponse>(
            Wishes.EndTrustedPersonAsync, request, cancellationToken).ConfigureAwait(false)).TrustedPerson;

    /// <summary>Lists designations, newest first, ended ones too. The patient only.</summary>
    /// <param name="request">The record. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The designations, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<TrustedPerson> ListTrustedPersonsAsync(
        ListTrustedPersonsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListTrustedPersonsRequest, ListTrustedPersonsResponse, TrustedPerson>(
            request,
            (page, ct) => CallAsync<ListTrustedPersonsRequest, ListTrustedPersonsResponse>(Wishes.ListTrustedPersonsAsync, page, ct),
            page => (page.TrustedPersons, page.NextPageToken),
            cancellationToken);
}
