using Dmp.Consent.V1;
using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// Changes of consents and masks, tried and undone (<c>validate_only</c>): whose view would change, and by how many documents.
/// What the change itself would be refused for, its trial is refused for. Professionals who try a mask are told of nobody.
/// </summary>
public sealed partial class DmpClient
{
    /// <summary>What an authorisation that the patient would give would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(GrantConsentRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<GrantConsentRequest, GrantConsentResponse>(
            Consents.GrantConsentAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What a consent that a professional would declare would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(DeclareConsentRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<DeclareConsentRequest, DeclareConsentResponse>(
            Consents.DeclareConsentAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What ending an authorisation would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(RevokeConsentRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<RevokeConsentRequest, RevokeConsentResponse>(
            Consents.RevokeConsentAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What blocking a professional or structure would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(BlockActorRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<BlockActorRequest, BlockActorResponse>(
            Consents.BlockActorAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What lifting a block would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(UnblockActorRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<UnblockActorRequest, UnblockActorResponse>(
            Consents.UnblockActorAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What adding a visibility rule would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(AddVisibilityRuleRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<AddVisibilityRuleRequest, AddVisibilityRuleResponse>(
            Consents.AddVisibilityRuleAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What removing a visibility rule would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(RemoveVisibilityRuleRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<RemoveVisibilityRuleRequest, RemoveVisibilityRuleResponse>(
            Consents.RemoveVisibilityRuleAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What other switches would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(UpdateConsentSettingsRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<UpdateConsentSettingsRequest, UpdateConsentSettingsResponse>(
            Consents.UpdateConsentSettingsAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What masking a document would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(MaskDocumentRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<MaskDocumentRequest, MaskDocumentResponse>(
            Documents.MaskDocumentAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    /// <summary>What unmasking a document would do; nothing is changed.</summary>
    /// <param name="request">The change. Its <c>validate_only</c> and <c>request_id</c> are filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those whose view would change.</returns>
    public Task<AccessEffect> PreviewAsync(UnmaskDocumentRequest request, CancellationToken cancellationToken = default) =>
        PreviewAsync<UnmaskDocumentRequest, UnmaskDocumentResponse>(
            Documents.UnmaskDocumentAsync, request, copy => copy.ValidateOnly = true, response => response.Effect, cancellationToken);

    private static async Task<AccessEffect> PreviewAsync<TRequest, TResponse>(
        Func<TRequest, CallOptions, AsyncUnaryCall<TResponse>> method,
        TRequest request,
        Action<TRequest> tryOnly,
        Func<TResponse, AccessEffect?> effectOf,
        CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(request);
        var copy = request.Clone();
        tryOnly(copy);
        return effectOf(await CallAsync(method, copy, cancellationToken).ConfigureAwait(false)) ?? new AccessEffect();
    }
}
