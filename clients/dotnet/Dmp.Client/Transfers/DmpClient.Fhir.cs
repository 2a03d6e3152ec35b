using Dmp.Document.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Streams a FHIR document (R4, a <c>Bundle</c> of type <c>document</c>, JSON or XML) in without a word about it: the platform reads
    /// its composition (<c>docs/fhir.md</c> says which field comes from where). One that replaces a document which the same depositor
    /// added to the record replaces it.
    /// </summary>
    /// <param name="recordId">The record of the patient who is its subject; another one is refused.</param>
    /// <param name="content">The bytes, from the present position to the end. Not disposed.</param>
    /// <param name="options">Visibility, replacement, request id; <see cref="UploadOptions.Warned"/> is told what is odd.</param>
    /// <param name="progress">Told after each chunk.</param>
    /// <param name="cancellationToken">Gives up; nothing of the document is kept.</param>
    /// <returns>The document, with the metadata that were read.</returns>
    /// <exception cref="DmpIntegrityException">The platform answered another digest or size.</exception>
    public Task<DocumentEntry> UploadFhirAsync(
        string recordId,
        Stream content,
        UploadOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        UploadAsync(recordId, content, new DocumentMetadata(), options, progress, cancellationToken);

    /// <summary>Streams a FHIR file in; see the overload for streams.</summary>
    /// <param name="recordId">The record of the patient who is its subject; another one is refused.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Visibility, replacement, request id; <see cref="UploadOptions.Warned"/> is told what is odd.</param>
    /// <param name="progress">Told after each chunk.</param>
    /// <param name="cancellationToken">Gives up; nothing of the document is kept.</param>
    /// <returns>The document, with the metadata that were read.</returns>
    /// <exception cref="DmpIntegrityException">The platform answered another digest or size.</exception>
    public Task<DocumentEntry> UploadFhirAsync(
        string recordId,
        string path,
        UploadOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        UploadAsync(recordId, path, new DocumentMetadata(), options, progress, cancellationToken);
}
