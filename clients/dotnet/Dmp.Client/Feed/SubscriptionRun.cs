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

    private readonly RetryPolicy _retries = new(options);
    private AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse>? _call;
    private CallToken? _token;
    private EventStart _start = start;
    private int _processed;
    private int _failures;
    private bool _tokenRenewed;
    private TimeSpan _silenceMax = TimeSpan.FromSeconds(FirstSilenceSeconds);

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
            catch (Exception broken) when (broken is InvalidOperationException or OperationCanceledException)
            {
                // gRPC says so of a stream that ended while it was written to, and the token of this run of a long silence.
                failure = new RpcException(new Status(StatusCode.Unavailable, "The subscription broke.", broken));
            }

            cancellationToken.ThrowIfCancellationRequested();
            var details = ErrorDetails.From(failure);
            var renewed = !_tokenRenewed && _token?.DropIfExpired(details) == true;
            Drop();
            if (renewed)
            {
                _tokenRenewed = true;
                continue;
            }

            // A subscription is for long: it goes on trying, at the longest pace, unless retries are switched off.
            _failures = Math.Min(_failures + 1, Math.Max(1, options.AttemptsMax - 1));
            if (_retries.DelayAfter(failure, details, _failures) is not { } delay)
            {
                throw DmpException.From(failure);
            }

            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<SubscribeResponse> ReadAsync(CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(_silenceMax);
        if (_call is null)
        {
            _token = new CallToken(tokens);
            _call = events.Subscribe(new CallOptions(credentials: _token.Credentials));
            await _call.RequestStream.WriteAsync(
                new SubscribeRequest { Start = _start, Filter = filter, NumRequested = eventsAhead }, silence.Token).ConfigureAwait(false);
        }
        else if (_processed > 0)
        {
            await _call.RequestStream.WriteAsync(new SubscribeRequest { NumRequested = _processed }, silence.Token).ConfigureAwait(false);
        }

        _processed = 0;
        if (!await _call.ResponseStream.MoveNext(silence.Token).ConfigureAwait(false))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The platform ended the subscription."));
        }

        var response = _call.ResponseStream.Current;
        _start = new EventStart { ResumeToken = response.LatestResumeToken };
        _processed = Math.Min(response.Events.Count, eventsAhead);
        _failures = 0;
        _tokenRenewed = false;
        if (response.HeartbeatSeconds > 0)
        {
            _silenceMax = TimeSpan.FromSeconds(2 * response.HeartbeatSeconds);
        }

        return response;
    }

    private void Drop()
    {
        _call?.Dispose();
        _call = null;
        _processed = 0;
    }
}
