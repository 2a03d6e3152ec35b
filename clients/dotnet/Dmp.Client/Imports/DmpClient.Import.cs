using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dmp.Type.V1;
using Grpc.Core;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Adds many documents, several at once. Each has an outcome of its own, in the order in which they are answered; one that is refused does not
    /// stop the others. Repeating an import with the same request ids adds nothing twice.
    /// </summary>
    /// <param name="items">The documents; taken one by one as others are answered. What it throws ends the import.</param>
    /// <param name="options">How many at once, and whether only to check.</param>
    /// <param name="cancellationToken">Gives up. What was answered before stays; what was on its way may be stored or not, and the same request ids tell.</param>
    /// <returns>An outcome for each document, while you enumerate. Documents wait for whoever does not take the outcomes.</returns>
    public async IAsyncEnumerable<ImportOutcome> ImportAsync(
        IAsyncEnumerable<ImportItem> items, ImportOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        options ??= new ImportOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Streams, 1, nameof(options));

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var outcomes = Channel.CreateBounded<ImportOutcome>(options.Streams);
        var sending = Task.Run(
            async () =>
            {
                Exception? failure = null;
                try
                {
                    await Parallel.ForEachAsync(
                        items,
                        new ParallelOptions { MaxDegreeOfParallelism = options.Streams, CancellationToken = stop.Token },
                        async (item, ct) => await outcomes.Writer.WriteAsync(await ImportOneAsync(item, options, ct).ConfigureAwait(false), ct).ConfigureAwait(false))
                        .ConfigureAwait(false);
                }
                catch (Exception ended)
                {
                    failure = ended;
                }
                outcomes.Writer.Complete(failure);
            },
            CancellationToken.None);
        try
        {
            while (await outcomes.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (outcomes.Reader.TryRead(out var outcome))
                {
                    yield return outcome;
                }
            }
        }
        finally
        {
            // Whoever stops enumerating stops the sending, and leaves no call behind.
            await stop.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    private async Task<ImportOutcome> ImportOneAsync(ImportItem item, ImportOptions options, CancellationToken cancellationToken)
    {
        var warnings = new List<Warning>();
        var own = item.Options;
        var upload = own with
        {
            RequestId = own.RequestId is { Length: > 0 } id ? id : NewRequestId(),
            Accepted = accepted =>
            {
                // Called again when an attempt is repeated.
                warnings.Clear();
                warnings.AddRange(accepted.Warnings);
                own.Accepted?.Invoke(accepted);
            },
            Warned = told =>
            {
                warnings.AddRange(told);
                own.Warned?.Invoke(told);
            },
        };
        try
        {
            if (options.ValidateOnly)
            {
                warnings.AddRange((await ValidateUploadAsync(item.RecordId, item.Metadata, own, cancellationToken).ConfigureAwait(false)).Warnings);
                return new ImportOutcome { Key = item.Key, Warnings = warnings };
            }
            var document = await UploadAgainAsync(item, upload, cancellationToken).ConfigureAwait(false);
            return new ImportOutcome { Key = item.Key, Document = document, Warnings = warnings };
        }
        catch (DmpException refused)
        {
            return new ImportOutcome { Key = item.Key, Error = refused, Warnings = warnings };
        }
    }

    /// <summary>A source that cannot seek is sent once by an upload; here it can be opened again.</summary>
    private async Task<DocumentEntry> UploadAgainAsync(ImportItem item, UploadOptions upload, CancellationToken cancellationToken)
    {
        var retries = new RetryPolicy(_options);
        for (var attempt = 1; ; attempt++)
        {
            var content = await OpenAsync(item, cancellationToken).ConfigureAwait(false);
            try
            {
                return await UploadAsync(item.RecordId, content, item.Metadata, upload, progress: null, cancellationToken).ConfigureAwait(false);
            }
            catch (DmpUnavailableException) when (content.CanSeek)
            {
                // The upload has repeated itself already.
                throw;
            }
            catch (DmpUnavailableException away) when (retries.DelayAfter(attempt, away.RetryAfter) is { } delay)
            {
                await Task.Delay(delay, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException unreadable)
            {
                throw Unreadable(unreadable);
            }
            finally
            {
                await content.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask<Stream> OpenAsync(ImportItem item, CancellationToken cancellationToken)
    {
        try
        {
            return await item.Open(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(unreadable);
        }
    }

    private static DmpException Unreadable(Exception cause) =>
        new(StatusCode.DataLoss, "The content of the document cannot be read here.", cause);
}
