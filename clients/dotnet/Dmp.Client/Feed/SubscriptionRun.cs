using Dmp.Event.V1;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// One subscription over as many streams as it takes. Asking for the next response says that the one before is processed: its credit is
/// given back, and a stream that breaks is taken up behind it.
/// </summary>
internal sealed class SubscriptionRun(
    EventService.EventServiceClient events,
    ITokenSource tokens,
    DmpClientOptions options,
    EventStart start,
    EventFilter? filter,
    int eventsAhead) : IDisposable
{
    /// <summary>Before the platform has said how often it gives a sign of life.</summary>
    private const int FirstSilenceSeconds = 60;

    private readonly RetryPolicy retries = new(options);
    private AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse>? call;
    private CallToken? token;
    private EventStart start = start;
    private int processed;
    private int failures;
    private bool tokenRenewed;
    private TimeSpan silenceMax = TimeSpan.FromSeconds(FirstSilenceSeconds);

    public void Dispose() => Drop();

    /// <summary>The next response, on this stream or on another one.</summary>
    public async Task<SubscribeResponse> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            RpcException failure;
            try
            {
                return await ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException broken)
            {
                failure = broken;
            }
            catch (OperationCanceledException broken)
            {
                // The token of this run says so of a long silence.
                failure = new RpcException(new Status(StatusCode.Unavailable, "The subscription broke.", broken));
            }

            cancellationToken.ThrowIfCancellationRequested();
            var details = ErrorDetails.From(failure);
            var renewed = !tokenRenewed && token?.DropIfExpired(details) == true;
            Drop();
            if (renewed)
            {
                tokenRenewed = true;
                continue;
            }

            // A subscription is for long: it goes on trying, at the longest pace, unless retries are switched off.
            failures = Math.Min(failures + 1, Math.Max(1, options.AttemptsMax - 1));
            if (retries.DelayAfter(failure, details, failures) is not { } delay)
            {
                throw DmpException.From(failure);
            }

            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<SubscribeResponse> ReadAsync(CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(silenceMax);
        if (call is null)
        {
            token = new CallToken(tokens);
            call = events.Subscribe(new CallOptions(credentials: token.Credentials));
            await call.RequestStream.TrySendAsync(
                new SubscribeRequest { Start = start, Filter = filter, NumRequested = eventsAhead }, silence.Token).ConfigureAwait(false);
        }
        else if (processed > 0)
        {
            await call.RequestStream.TrySendAsync(new SubscribeRequest { NumRequested = processed }, silence.Token).ConfigureAwait(false);
        }

        processed = 0;
        if (!await call.ResponseStream.MoveNext(silence.Token).ConfigureAwait(false))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The platform ended the subscription."));
        }

        var response = call.ResponseStream.Current;
        start = new EventStart { ResumeToken = response.LatestResumeToken };
        processed = Math.Min(response.Events.Count, eventsAhead);
        failures = 0;
        tokenRenewed = false;
        if (response.HeartbeatSeconds > 0)
        {
            silenceMax = TimeSpan.FromSeconds(2 * response.HeartbeatSeconds);
        }

        return response;
    }

    private void Drop()
    {
        call?.Dispose();
        call = null;
        processed = 0;
    }
}
