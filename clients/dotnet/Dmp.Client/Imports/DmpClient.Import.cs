using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dmp.Type.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Adds many documents, of one record or of many (bulk import). Each has an outcome of its own, in the order in which they are
    /// answered; one that is refused does not stop the others.
    /// </summary>
    /// <remarks>
    /// Documents up to 256 KiB share calls and transactions; larger ones are sent as <c>UploadAsync</c> sends
    /// them. A call that breaks is opened again, on whatever server answers, and what was not answered is sent again with the same request
    /// ids: nothing is stored twice. After the end of this process, the same import with the same <see cref="UploadOptions.RequestId"/>s
    /// goes on as well. The enumeration does not end with a platform that stays away for longer than
    /// <see cref="DmpClientOptions.RetryBudget"/>, or that refuses the caller: each document then has that as its
    /// <see cref="ImportOutcome.Error"/>. Stop enumerating to give up.
    /// </remarks>
    /// <param name="items">The documents; taken one by one as others are answered. What it throws ends the import.</param>
    /// <param name="options">How many calls side by side, and whether only to check.</param>
    /// <param name="cancellationToken">Gives up. What was answered before stays; what was on its way may be stored or not, and the same
    /// request ids tell.</param>
    /// <returns>An outcome for each document, while you enumerate. Documents wait for whoever does not take the outcomes.</returns>
    public IAsyncEnumerable<ImportOutcome> ImportAsync(
        IAsyncEnumerable<ImportItem> items, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        options ??= new ImportOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Streams, 1, nameof(options));

        return OutcomesAsync<ImportOutcome>(
            (outcomes, stop) => new ImportRun(this, options, outcomes, stop).RunAsync(items), cancellationToken);
    }

    /// <summary>
    /// Adds many submission sets. Each is stored with all of its documents or not at all, and has an outcome of its own; one that is
    /// refused does not stop the others.
    /// </summary>
    /// <remarks>
    /// Each set goes by a call of its own. When that breaks, the whole set is sent again with the same request ids, on whatever server
    /// answers: nothing is stored twice, and large documents go on from where the platform has them. Sets have no order, unless
    /// <see cref="ImportOptions.Streams"/> is 1. A platform that stays away, or that refuses the caller, is the
    /// <see cref="ImportSetOutcome.Error"/> of each set; stop enumerating to give up.
    /// </remarks>
    /// <param name="sets">The sets; taken one by one as others are answered. What it throws ends the import.</param>
    /// <param name="options">How many sets side by side, and whether only to check.</param>
    /// <param name="cancellationToken">Gives up. What was answered before stays; what was on its way may be stored or not, and the same
    /// request ids tell.</param>
    /// <returns>An outcome for each set, while you enumerate. Sets wait for whoever does not take the outcomes.</returns>
    public IAsyncEnumerable<ImportSetOutcome> ImportAsync(
        IAsyncEnumerable<ImportSet> sets, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sets);
        options ??= new ImportOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Streams, 1, nameof(options));
        return OutcomesAsync<ImportSetOutcome>(
            (outcomes, stop) => Parallel.ForEachAsync(
                sets,
                new ParallelOptions { MaxDegreeOfParallelism = options.Streams, CancellationToken = stop },
                async (set, ct) =>
                {
                    var run = new ImportSetRun(this, set, options.ValidateOnly);
                    await outcomes.WriteAsync(await run.AnswerAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false);
                }),
            cancellationToken);
    }

    /// <summary>
    /// Adds one submission set; see <see cref="ImportAsync(IAsyncEnumerable{ImportSet}, ImportOptions?, CancellationToken)"/>.
    /// </summary>
    /// <param name="set">The set.</param>
    /// <param name="options">Whether only to check.</param>
    /// <param name="cancellationToken">Gives up; the same request ids tell whether it was stored.</param>
    /// <returns>Its outcome.</returns>
    /// <exception cref="DmpException">The platform refuses the caller, or stays away.</exception>
    public Task<ImportSetOutcome> ImportSetAsync(
        ImportSet set, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        return new ImportSetRun(this, set, options?.ValidateOnly == true).RunAsync(cancellationToken);
    }

    /// <summary>Outcomes of work that goes on while they are enumerated, and no longer.</summary>
    private static async IAsyncEnumerable<T> OutcomesAsync<T>(
        Func<ChannelWriter<T>, CancellationToken, Task> work, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var outcomes = Channel.CreateBounded<T>(64);
        var sending = Task.Run(
            async () =>
            {
                try
                {
                    await work(outcomes.Writer, stop.Token).ConfigureAwait(false);
                    outcomes.Writer.Complete();
                }
                catch (Exception ended)
                {
                    outcomes.Writer.Complete(ended);
                }
            },
            CancellationToken.None);
        try
        {
            await foreach (var outcome in outcomes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return outcome;
            }
        }
        finally
        {
            // Whoever stops enumerating stops the sending, and leaves no call behind.
            await stop.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    /// <summary>One document by a call of its own.</summary>
    internal async Task<ImportOutcome> ImportAloneAsync(ImportEntry entry, bool validateOnly, CancellationToken cancellationToken)
    {
        var item = entry.Item;
        var warnings = new List<Warning>();
        var own = item.Options;
        var upload = own with
        {
            RequestId = entry.RequestId,
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
            if (validateOnly)
            {
                warnings.AddRange(
                    (await ValidateUploadAsync(item.RecordId, item.Metadata, own, cancellationToken).ConfigureAwait(false)).Warnings);
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
        var retries = new RetryPolicy(options, options.RetryBudget);
        for (var attempt = 1; ; attempt++)
        {
            var content = await ImportEntry.OpenAsync(item, cancellationToken).ConfigureAwait(false);
            try
            {
                return await UploadAsync(
                    item.RecordId, content, item.Metadata, upload, progress: null, cancellationToken).ConfigureAwait(false);
            }
            catch (DmpUnavailableException) when (content.CanSeek)
            {
                // The upload has repeated itself already.
                throw;
            }
            catch (DmpUnavailableException away) when (retries.DelayAfter(attempt, away.RetryAfter, away.Reason) is { } delay)
            {
                await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception unreadable) when (ImportEntry.IsUnreadable(unreadable, cancellationToken))
            {
                throw ImportEntry.Unreadable(unreadable);
            }
            finally
            {
                await content.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
