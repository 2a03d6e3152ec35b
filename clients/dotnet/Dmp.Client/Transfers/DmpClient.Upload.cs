using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Streams a document in (TD2.1), or replaces one. Memory stays constant whatever the size; the digest is computed on
    /// the way and compared with the one the platform answers.
    /// </summary>
    /// <remarks>
    /// When the stream can seek, an upload that breaks is taken up where the platform has it, on whatever server answers, as long as each
    /// new stream brings it further; it can never be stored twice. After the end of this process, the same call with the same
    /// <see cref="UploadOptions.RequestId"/> goes on as well. A stream that cannot seek is sent once.
    /// </remarks>
    /// <param name="recordId">The record.</param>
    /// <param name="content">The bytes, from the present position to the end. Not disposed.</param>
    /// <param name="metadata">What the producer says about the document.</param>
    /// <param name="options">Visibility, replacement, request id.</param>
    /// <param name="progress">Told after each chunk.</param>
    /// <param name="cancellationToken">Gives up; nothing of the document is kept.</param>
    /// <returns>The document: durable, and visible to those who may see it.</returns>
    /// <exception cref="DmpIntegrityException">The platform answered another digest or size.</exception>
    public async Task<DocumentEntry> UploadAsync(
        string recordId,
        Stream content,
        DocumentMetadata metadata,
        UploadOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        options ??= new UploadOptions();
        var intent = Intent(recordId, metadata, options);
        if (content.CanSeek && !intent.HasExpectedSizeBytes)
        {
            intent.ExpectedSizeBytes = content.Length - content.Position;
        }

        var retries = new RetryPolicy(this.options, this.options.RetryBudget);
        var tokenRenewed = false;
        using var run = new UploadRun(intent, content);
        var failures = 0;
        while (true)
        {
            var before = run.Confirmed;
            var resumed = run.IsResumed;
            var token = new CallToken(tokens);
            using var attempt = new UploadAttempt(Documents, token.Credentials, run, options, progress, this.options, cancellationToken);
            try
            {
                return await attempt.RunAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (RpcException failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var details = ErrorDetails.From(failure);
                if (!content.CanSeek)
                {
                    throw DmpException.From(failure);
                }
                if (!tokenRenewed && token.DropIfExpired(details))
                {
                    tokenRenewed = true;
                    continue;
                }
                if (resumed && details.Reason is "UPLOAD_NOT_FOUND" or "UPLOAD_INTENT_MISSING")
                {
                    // It expired, or broke before any of it was kept; or the server is of a version before resuming.
                    run.Forget();
                    continue;
                }
                // Attempts count from the last byte that was kept: a long document over a bad line still arrives.
                failures = run.Confirmed > before ? 1 : failures + 1;
                if (retries.DelayAfter(failure, details, failures) is not { } delay)
                {
                    throw DmpException.From(failure);
                }
                await Task.Delay(delay, this.options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Streams a file in; see the overload for streams.</summary>
    /// <param name="recordId">The record.</param>
    /// <param name="path">The file.</param>
    /// <param name="metadata">What the producer says about the document.</param>
    /// <param name="options">Visibility, replacement, request id.</param>
    /// <param name="progress">Told after each chunk.</param>
    /// <param name="cancellationToken">Gives up; nothing of the document is kept.</param>
    /// <returns>The document: durable, and visible to those who may see it.</returns>
    /// <exception cref="DmpIntegrityException">The platform answered another digest or size.</exception>
    public async Task<DocumentEntry> UploadAsync(
        string recordId,
        string path,
        DocumentMetadata metadata,
        UploadOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        // No buffer of the file stream's own: whole chunks are read into the buffer they are sent from.
        var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (file.ConfigureAwait(false))
        {
            return await UploadAsync(recordId, file, metadata, options, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Checks an upload without sending or storing anything (<c>validate_only</c>): faults come all at once as
    /// <see cref="DmpInvalidRequestException"/>.
    /// </summary>
    /// <param name="recordId">The record.</param>
    /// <param name="metadata">What the producer says about the document.</param>
    /// <param name="options">Visibility, replacement, request id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The limits, and warnings about what production would refuse.</returns>
    public async Task<UploadAccepted> ValidateUploadAsync(
        string recordId, DocumentMetadata metadata, UploadOptions? options = null, CancellationToken cancellationToken = default)
    {
        var intent = Intent(recordId, metadata, options ?? new UploadOptions());
        intent.ValidateOnly = true;
        var retries = new RetryPolicy(this.options, this.options.CallDeadline);
        for (var number = 1; ; number++)
        {
            try
            {
                return await CheckAsync(intent, cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var details = ErrorDetails.From(failure);
                if (retries.DelayAfter(failure, details, number) is not { } delay)
                {
                    throw DmpException.From(failure);
                }
                await Task.Delay(delay, this.options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<UploadAccepted> CheckAsync(UploadIntent intent, CancellationToken cancellationToken)
    {
        var deadline = (options.TimeProvider.GetUtcNow() + options.CallDeadline).UtcDateTime;
        using var call = Documents.UploadDocument(new CallOptions(deadline: deadline, cancellationToken: cancellationToken));
        if (await call.RequestStream.TrySendAsync(new UploadDocumentRequest { Intent = intent }, cancellationToken).ConfigureAwait(false))
        {
            // A stream that is left open would be reset, and a server closes a connection that resets too many.
            await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        cancellationToken.ThrowIfCancellationRequested();
        if (!await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            throw new DmpUnavailableException("The check of an upload ended without an answer.");
        }
        var accepted = call.ResponseStream.Current.Accepted
            ?? throw new DmpException(StatusCode.Internal, "The check of an upload was answered with something else.");
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            // Nothing follows but the end of the call.
        }
        return accepted;
    }

    internal static UploadIntent Intent(string recordId, DocumentMetadata metadata, UploadOptions options)
    {
        ArgumentNullException.ThrowIfNull(recordId);
        ArgumentNullException.ThrowIfNull(metadata);
        var intent = new UploadIntent
        {
            RecordId = recordId,
            Metadata = metadata,
            RequestId = options.RequestId is { Length: > 0 } own ? own : NewRequestId(),
            VisibilityCodes = { options.VisibilityCodes },
            ReplacesDocumentId = options.ReplacesDocumentId ?? "",
            StatedPatient = options.StatedPatient,
            Etag = options.Etag ?? "",
            ExpectedSha256 = ByteString.CopyFrom(options.ExpectedSha256.Span),
        };
        if (options.ExpectedSizeBytes is { } size)
        {
            intent.ExpectedSizeBytes = size;
        }
        return intent;
    }
}
