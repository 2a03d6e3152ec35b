using Dmp.Consent.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>The patient authorises a professional or a structure.</summary>
    /// <param name="request">Record and actor; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The authorisation in force.</returns>
    public async Task<PatientConsent> GrantConsentAsync(GrantConsentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<GrantConsentRequest, GrantConsentResponse>(
            Consents.GrantConsentAsync, request, cancellationToken).ConfigureAwait(false)).Consent;

    /// <summary>A professional declares that the patient consented (TD0.3). Only ever on an explicit act of the user.</summary>
    /// <param name="request">Record and collection; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The authorisation in force.</returns>
    public async Task<PatientConsent> DeclareConsentAsync(DeclareConsentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<DeclareConsentRequest, DeclareConsentResponse>(
            Consents.DeclareConsentAsync, request, cancellationToken).ConfigureAwait(false)).Consent;

    /// <summary>Ends an authorisation (TD0.3).</summary>
    /// <param name="request">Names the authorisation; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The ended authorisation.</returns>
    public async Task<PatientConsent> RevokeConsentAsync(RevokeConsentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<RevokeConsentRequest, RevokeConsentResponse>(
            Consents.RevokeConsentAsync, request, cancellationToken).ConfigureAwait(false)).Consent;

    /// <summary>An attending physician gives up that role and keeps the authorisation (TD0.3).</summary>
    /// <param name="request">The record; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The authorisation without the role.</returns>
    public async Task<PatientConsent> ResignAttendingPhysicianAsync(
        ResignAttendingPhysicianRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<ResignAttendingPhysicianRequest, ResignAttendingPhysicianResponse>(
            Consents.ResignAttendingPhysicianAsync, request, cancellationToken).ConfigureAwait(false)).Consent;

    /// <summary>Lists authorisations, newest first (TD1.6).</summary>
    /// <param name="request">Record and states. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The authorisations, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<PatientConsent> ListConsentsAsync(ListConsentsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListConsentsRequest, ListConsentsResponse, PatientConsent>(
            request, ListConsentsPageAsync, page => (page.Consents, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves.</summary>
    /// <param name="request">Record and states.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<ListConsentsResponse> ListConsentsPageAsync(ListConsentsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListConsentsRequest, ListConsentsResponse>(Consents.ListConsentsAsync, request, cancellationToken);

    /// <summary>Puts a professional or a structure on the blocked list.</summary>
    /// <param name="request">Record and actor; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The block in force.</returns>
    public async Task<Block> BlockActorAsync(BlockActorRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<BlockActorRequest, BlockActorResponse>(
            Consents.BlockActorAsync, request, cancellationToken).ConfigureAwait(false)).Block;

    /// <summary>Takes somebody off the blocked list.</summary>
    /// <param name="request">Names the block; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The block as it was.</returns>
    public async Task<Block> UnblockActorAsync(UnblockActorRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<UnblockActorRequest, UnblockActorResponse>(
            Consents.UnblockActorAsync, request, cancellationToken).ConfigureAwait(false)).Block;

    /// <summary>Lists the blocked list, newest first (TD1.6).</summary>
    /// <param name="request">The record. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The blocks, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<Block> ListBlocksAsync(ListBlocksRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListBlocksRequest, ListBlocksResponse, Block>(
            request, ListBlocksPageAsync, page => (page.Blocks, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves.</summary>
    /// <param name="request">The record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<ListBlocksResponse> ListBlocksPageAsync(ListBlocksRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListBlocksRequest, ListBlocksResponse>(Consents.ListBlocksAsync, request, cancellationToken);

    /// <summary>Hides documents from some who would see them, or shows a masked one to one professional.</summary>
    /// <param name="request">Record and rule; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The rule in force.</returns>
    public async Task<VisibilityRule> AddVisibilityRuleAsync(
        AddVisibilityRuleRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<AddVisibilityRuleRequest, AddVisibilityRuleResponse>(
            Consents.AddVisibilityRuleAsync, request, cancellationToken).ConfigureAwait(false)).Rule;

    /// <summary>Removes a visibility rule.</summary>
    /// <param name="request">Names the rule; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The rule as it was.</returns>
    public async Task<VisibilityRule> RemoveVisibilityRuleAsync(
        RemoveVisibilityRuleRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<RemoveVisibilityRuleRequest, RemoveVisibilityRuleResponse>(
            Consents.RemoveVisibilityRuleAsync, request, cancellationToken).ConfigureAwait(false)).Rule;

    /// <summary>Lists the visibility rules in force, newest first.</summary>
    /// <param name="request">The record. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The rules, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<VisibilityRule> ListVisibilityRulesAsync(
        ListVisibilityRulesRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListVisibilityRulesRequest, ListVisibilityRulesResponse, VisibilityRule>(
            request,
            (page, ct) => CallAsync<ListVisibilityRulesRequest, ListVisibilityRulesResponse>(Consents.ListVisibilityRulesAsync, page, ct),
            page => (page.Rules, page.NextPageToken),
            cancellationToken);

    /// <summary>Reads the emergency switches, the default masking and, for the patient, what is hidden from staff.</summary>
    /// <param name="request">The record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The settings.</returns>
    public async Task<ConsentSettings> GetConsentSettingsAsync(
        GetConsentSettingsRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<GetConsentSettingsRequest, GetConsentSettingsResponse>(
            Consents.GetConsentSettingsAsync, request, cancellationToken).ConfigureAwait(false)).Settings;

    /// <summary>Sets the emergency switches, the default masking and, for the patient, what is hidden from staff.</summary>
    /// <param name="request">New values, mask and etag; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changed settings.</returns>
    public async Task<ConsentSettings> UpdateConsentSettingsAsync(
        UpdateConsentSettingsRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<UpdateConsentSettingsRequest, UpdateConsentSettingsResponse>(
            Consents.UpdateConsentSettingsAsync, request, cancellationToken).ConfigureAwait(false)).Settings;
}
