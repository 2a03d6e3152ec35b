using Grpc.Core;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Streams a document out (TD3.2). Memory stays constant whatever the size; the digest is computed on the way. A stream
    /// that breaks is taken up where it broke.
    /// </summary>
    /// <remarks>Bytes reach the destination before they are verified: use them only after this method has returned.</remarks>
    /// <param name="recordId">The record.</param>
    /// <param name="documentId">The document.</param>
    /// <param name="destination">Where the bytes go. Not disposed.</param>
    /// <param name="options">Version, offset and limit; the whole latest version when null.</param>
    /// <param name="progress">Told after each chunk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The document that was read.</returns>
    /// <exception cref="DmpIntegrityException">Bytes are missing, or a whole read has another digest than the platform stored.</exception>
    public async Task<DocumentEntry> DownloadAsync(
        string recordId,
        string documentId,
        Stream destination,
        DownloadOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recordId);
        ArgumentNullException.ThrowIfNull(documentId);
        ArgumentNullException.ThrowIfNull(destination);
        options ??= new DownloadOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Offset, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.Limit, nameof(options));

        using var run = new DownloadRun(recordId, documentId, destination, options, progress);
        var retries = new RetryPolicy(this.options, this.options.RetryBudget);
        var tokenRenewed = false;
        var failures = 0;
        while (true)
        {
            var before = run.Received;
            var token = new CallToken(tokens);
            TimeSpan delay;
            try
            {
                using var guard = new StallGuard(this.options, cancellationToken);
                await run.ReadStreamAsync(Documents, token.Credentials, guard).ConfigureAwait(false);
                return run.Verify();
            }
            catch (RpcException failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (run.IsComplete)
                {
                    return run.Verify();
                }
                var details = ErrorDetails.From(failure);
                if (!tokenRenewed && token.DropIfExpired(details))
                {
                    tokenRenewed = true;
                    continue;
                }
                // Attempts count from the last byte that came: a long document over a bad line still arrives.
                failures = run.Received > before ? 1 : failures + 1;
                if (retries.DelayAfter(failure, details, failures) is not { } wait)
                {
                    throw DmpException.From(failure);
                }
                delay = wait;
            }
            await Task.Delay(delay, this.options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Streams a document into a file. The file appears under its name only when it is whole and verified; one that is there
    /// already is replaced.
    /// </summary>
    /// <param name="recordId">The record.</param>
    /// <param name="documentId">The document.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Version, offset and limit; the whole latest version when null.</param>
    /// <param name="progress">Told after each chunk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The document that was read.</returns>
    /// <exception cref="DmpIntegrityException">Bytes are missing, or a whole read has another digest than the platform stored.</exception>
    public async Task<DocumentEntry> DownloadAsync(
        string recordId,
        string documentId,
        string path,
        DownloadOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            DocumentEntry document;
            var file = new FileStream(
                partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await using (file.ConfigureAwait(false))
            {
                document = await DownloadAsync(recordId, documentId, file, options, progress, cancellationToken).ConfigureAwait(false);
            }
            File.Move(partial, path, overwrite: true);
            return document;
        }
        finally
        {
            // Nothing is left to delete after a success; medical content must not stay behind after a failure.
            File.Delete(partial);
        }
    }
}
