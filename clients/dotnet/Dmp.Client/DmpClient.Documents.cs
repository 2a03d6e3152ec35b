using Dmp.Document.V1;
using Google.Protobuf;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>Reads the metadata of a document.</summary>
    /// <param name="request">Names the document.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The document.</returns>
    public async Task<DocumentEntry> GetDocumentAsync(GetDocumentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<GetDocumentRequest, GetDocumentResponse>(
            Documents.GetDocumentAsync, request, cancellationToken).ConfigureAwait(false)).Document;

    /// <summary>Searches the metadata of a record's documents, newest act first (TD3.1a).</summary>
    /// <param name="request">The filters. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The documents, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<DocumentEntry> SearchDocumentsAsync(
        SearchDocumentsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<SearchDocumentsRequest, SearchDocumentsResponse, DocumentEntry>(
            request, SearchDocumentsPageAsync, page => (page.Documents, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves.</summary>
    /// <param name="request">The filters.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<SearchDocumentsResponse> SearchDocumentsPageAsync(
        SearchDocumentsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<SearchDocumentsRequest, SearchDocumentsResponse>(Documents.SearchDocumentsAsync, request, cancellationToken);

    /// <summary>Reads a submission set, as far as the caller may see it.</summary>
    /// <param name="request">Names the set.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The set.</returns>
    public async Task<SubmissionSet> GetSubmissionSetAsync(
        GetSubmissionSetRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<GetSubmissionSetRequest, GetSubmissionSetResponse>(
            Documents.GetSubmissionSetAsync, request, cancellationToken).ConfigureAwait(false)).SubmissionSet;

    /// <summary>Lists the submission sets of a record, newest first: what came since the last look.</summary>
    /// <param name="request">The filters. <c>page_size</c> is the size of one fetch; <c>page_token</c> is where to start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sets, fetched page by page while you enumerate.</returns>
    public IAsyncEnumerable<SubmissionSet> ListSubmissionSetsAsync(
        ListSubmissionSetsRequest request, CancellationToken cancellationToken = default) =>
        PagesAsync<ListSubmissionSetsRequest, ListSubmissionSetsResponse, SubmissionSet>(
            request, ListSubmissionSetsPageAsync, page => (page.SubmissionSets, page.NextPageToken), cancellationToken);

    /// <summary>Fetches one page, for programs that show pages themselves.</summary>
    /// <param name="request">The filters.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page, and the token of the next one.</returns>
    public Task<ListSubmissionSetsResponse> ListSubmissionSetsPageAsync(
        ListSubmissionSetsRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListSubmissionSetsRequest, ListSubmissionSetsResponse>(Documents.ListSubmissionSetsAsync, request, cancellationToken);

    /// <summary>Masks a document to professionals (TD3.3a).</summary>
    /// <param name="request">Names the document; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The masked document.</returns>
    public async Task<DocumentEntry> MaskDocumentAsync(MaskDocumentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<MaskDocumentRequest, MaskDocumentResponse>(
            Documents.MaskDocumentAsync, request, cancellationToken).ConfigureAwait(false)).Document;

    /// <summary>Lifts the mask of a document.</summary>
    /// <param name="request">Names the document; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The unmasked document.</returns>
    public async Task<DocumentEntry> UnmaskDocumentAsync(UnmaskDocumentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<UnmaskDocumentRequest, UnmaskDocumentResponse>(
            Documents.UnmaskDocumentAsync, request, cancellationToken).ConfigureAwait(false)).Document;

    /// <summary>Shows a document to those from whom it was hidden: the patient, or the legal representatives.</summary>
    /// <param name="request">Names the document and what is lifted; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The revealed document.</returns>
    public async Task<DocumentEntry> RevealDocumentAsync(RevealDocumentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<RevealDocumentRequest, RevealDocumentResponse>(
            Documents.RevealDocumentAsync, request, cancellationToken).ConfigureAwait(false)).Document;

    /// <summary>Hides a document from representatives and caregivers: the patient, or its author in a secret connection.</summary>
    /// <param name="request">Names the document; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The hidden document.</returns>
    public async Task<DocumentEntry> HideDocumentAsync(HideDocumentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<HideDocumentRequest, HideDocumentResponse>(Documents.HideDocumentAsync, request, cancellationToken)
            .ConfigureAwait(false)).Document;

    /// <summary>Archives a document (TD3.3d).</summary>
    /// <param name="request">Names the document; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The archived document.</returns>
    public async Task<DocumentEntry> ArchiveDocumentAsync(ArchiveDocumentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<ArchiveDocumentRequest, ArchiveDocumentResponse>(
            Documents.ArchiveDocumentAsync, request, cancellationToken).ConfigureAwait(false)).Document;

    /// <summary>Takes a document back from the archive (TD3.3d).</summary>
    /// <param name="request">Names the document; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The document.</returns>
    public async Task<DocumentEntry> UnarchiveDocumentAsync(
        UnarchiveDocumentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<UnarchiveDocumentRequest, UnarchiveDocumentResponse>(
            Documents.UnarchiveDocumentAsync, request, cancellationToken).ConfigureAwait(false)).Document;

    /// <summary>Deletes a document logically, all versions (TD3.3c). There is no undo.</summary>
    /// <param name="request">Names the document; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The deleted document.</returns>
    public async Task<DocumentEntry> DeleteDocumentAsync(DeleteDocumentRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<DeleteDocumentRequest, DeleteDocumentResponse>(
            Documents.DeleteDocumentAsync, request, cancellationToken).ConfigureAwait(false)).Document;

    /// <summary>How far an upload of this caller is, or the document it became.</summary>
    /// <param name="recordId">The record.</param>
    /// <param name="requestId">The request id it was begun with (<see cref="UploadOptions.RequestId"/>).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Either an unfinished upload or a document.</returns>
    /// <exception cref="DmpNotFoundException">It expired, was cancelled, or was never begun.</exception>
    public Task<GetUploadStatusResponse> GetUploadStatusAsync(
        string recordId, string requestId, CancellationToken cancellationToken = default) =>
        CallAsync<GetUploadStatusRequest, GetUploadStatusResponse>(
            Documents.GetUploadStatusAsync, new GetUploadStatusRequest { RecordId = recordId, RequestId = requestId }, cancellationToken);

    /// <summary>Gives an unfinished upload of this caller up: its bytes are removed.</summary>
    /// <param name="recordId">The record.</param>
    /// <param name="requestId">The request id it was begun with (<see cref="UploadOptions.RequestId"/>).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DmpNotFoundException">It is finished, expired, was cancelled, or was never begun.</exception>
    public Task CancelUploadAsync(string recordId, string requestId, CancellationToken cancellationToken = default) =>
        CallAsync<CancelUploadRequest, CancelUploadResponse>(
            Documents.CancelUploadAsync, new CancelUploadRequest { RecordId = recordId, RequestId = requestId }, cancellationToken);

    /// <summary>
    /// Tells which contents the caller's structure has not deposited yet, so that the others need not be read and sent again.
    /// </summary>
    /// <param name="sha256s">SHA-256 of the contents, 32 bytes each; at most 1,000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those that are missing. What others deposited counts as missing.</returns>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> FindMissingContentAsync(
        IEnumerable<ReadOnlyMemory<byte>> sha256s, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sha256s);
        var request = new FindMissingContentRequest { Sha256S = { sha256s.Select(digest => ByteString.CopyFrom(digest.Span)) } };
        var response = await CallAsync<FindMissingContentRequest, FindMissingContentResponse>(
            Documents.FindMissingContentAsync, request, cancellationToken).ConfigureAwait(false);
        return [.. response.MissingSha256S.Select(digest => digest.Memory)];
    }
}
