using System.Runtime.CompilerServices;
using Dmp.Event.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>
    /// Follows the change feed until you stop. When the line breaks, the access token ends or the server stops, it connects anew by itself
    /// and goes on behind the last response that you were given; credit is given back as you take responses, so that a slow program is
    /// waited for.
    /// </summary>
    /// <param name="start">Where to start: behind the last response you processed (<c>resume_token</c>), at a kept position, or at a
    /// point.</param>
    /// <param name="filter">What is told; all when null. With a token or a position: the filter it was made with.</param>
    /// <param name="options">How far ahead the platform may send; the defaults when null.</param>
    /// <param name="cancellationToken">Stops; surfaces as <see cref="OperationCanceledException"/>.</param>
    /// <returns>The responses. Process the events of one, then keep its <c>latest_resume_token</c>, best in one transaction.</returns>
    /// <exception cref="DmpException">
    /// The platform refuses. With the reason <c>FEED_TOKEN_OUTDATED</c>: list your records and documents anew, then start from
    /// <c>Metadata["resume_token"]</c>.
    /// </exception>
    public async IAsyncEnumerable<SubscribeResponse> SubscribeAsync(
        EventStart start,
        EventFilter? filter = null,
        SubscribeOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(start);
        var chosen = options ?? new SubscribeOptions();
        if (chosen.EventsAhead is < 1 or > SubscribeOptions.CreditMax)
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"EventsAhead must be between 1 and {SubscribeOptions.CreditMax}.");
        }

        using var run = new SubscriptionRun(Events, tokens, this.options, start.Clone(), filter?.Clone(), chosen.EventsAhead);
        while (true)
        {
            var response = await run.NextAsync(cancellationToken).ConfigureAwait(false);
            if (response.Events.Count > 0 || chosen.WithHeartbeats)
            {
                yield return response;
            }
        }
    }

    /// <summary>Fetches the next changes, or none: for programs that ask now and then.</summary>
    /// <param name="request">Where to start, and what is told.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changes and the token behind them; pull again at once when <c>is_checkpoint</c> is false.</returns>
    public Task<PullResponse> PullEventsAsync(PullRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<PullRequest, PullResponse>(Events.PullAsync, request, cancellationToken);

    /// <summary>A token of this moment: take it first, then list what there is, then start from it, and nothing is missed.</summary>
    /// <param name="filter">The filter of the subscription; all when null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The token.</returns>
    public async Task<string> GetResumeTokenAsync(EventFilter? filter = null, CancellationToken cancellationToken = default) =>
        (await PullEventsAsync(
            new PullRequest { Start = new EventStart { Point = StartPoint.Latest }, Filter = filter },
            cancellationToken).ConfigureAwait(false)).LatestResumeToken;

    /// <summary>Keeps a position on the platform, under a name of your choice.</summary>
    /// <param name="request">Name and token; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When it was kept.</returns>
    public Task<CommitPositionResponse> CommitPositionAsync(CommitPositionRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<CommitPositionRequest, CommitPositionResponse>(Events.CommitPositionAsync, request, cancellationToken);

    /// <summary>Reads a kept position, as a token.</summary>
    /// <param name="request">The name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The token, and when it was kept.</returns>
    public Task<GetPositionResponse> GetPositionAsync(GetPositionRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<GetPositionRequest, GetPositionResponse>(Events.GetPositionAsync, request, cancellationToken);
}
