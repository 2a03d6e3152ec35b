using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dmp.Client;

/// <summary>
/// Gives every call its token and the consistency tokens seen so far, and unary calls a deadline and retries. All unary calls of the
/// contract may be repeated: reads change nothing, and every mutation must carry a request id.
/// </summary>
internal sealed class CallInterceptor(DmpClientOptions options, ITokenSource tokens) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var attempts = new Attempts<TRequest, TResponse>(this, request, WithDeadline(context), continuation);
        return new AsyncUnaryCall<TResponse>(
            attempts.RunAsync(),
            attempts.HeadersAsync(),
            () => attempts.Current.GetStatus(),
            () => attempts.Current.GetTrailers(),
            () => attempts.Current.Dispose());
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        BlockingUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, WithToken(WithDeadline(WithSeen(context, out _))));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, WithToken(WithSeen(context, out var sent)));
        return new AsyncServerStreamingCall<TResponse>(
            new ObservedStream<TResponse>(
                call.ResponseStream,
                () => options.Seen.Answered(sent, call.GetTrailers()),
                failure => ForgetIfRefused(sent, ErrorDetails.From(failure))),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(WithToken(WithSeen(context, out _)));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(WithToken(WithSeen(context, out var sent)));
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream,
            new ObservedStream<TResponse>(
                call.ResponseStream,
                () => options.Seen.Answered(sent, call.GetTrailers()),
                failure => ForgetIfRefused(sent, ErrorDetails.From(failure))),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    // A token that the caller of a generated client sends is left alone.
    private ClientInterceptorContext<TRequest, TResponse> WithSeen<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, out string[] sent)
        where TRequest : class
        where TResponse : class
    {
        var own = context.Options.Headers;
        sent = options.SendConsistencyTokens && own?.Get(SeenChanges.MetadataName) is null ? options.Seen.Tokens : [];
        if (sent.Length == 0)
        {
            return context;
        }
        var headers = new Metadata();
        foreach (var entry in own ?? [])
        {
            headers.Add(entry);
        }
        foreach (var token in sent)
        {
            headers.Add(SeenChanges.MetadataName, token);
        }
        return new(context.Method, context.Host, context.Options.WithHeaders(headers));
    }

    // The caller is told; the next call must not fail for the same token.
    private void ForgetIfRefused(string[] sent, ErrorDetails details)
    {
        if (details.ErrorReason == Error.V1.ErrorReason.ConsistencyTokenInvalid)
        {
            options.Seen.Forget(sent);
        }
    }

    private ClientInterceptorContext<TRequest, TResponse> WithDeadline<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class =>
        context.Options.Deadline is not null
            ? context
            : new(context.Method, context.Host,
                context.Options.WithDeadline((options.TimeProvider.GetUtcNow() + options.CallDeadline).UtcDateTime));

    // Credentials that are there already (transfers, or a caller of the generated clients) are left alone.
    private ClientInterceptorContext<TRequest, TResponse> WithToken<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class =>
        context.Options.Credentials is not null
            ? context
            : new(context.Method, context.Host, context.Options.WithCredentials(new CallToken(tokens).Credentials));

    /// <summary>The attempts of one unary call. They share one deadline.</summary>
    private sealed class Attempts<TRequest, TResponse>(
        CallInterceptor owner,
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        private readonly TaskCompletionSource<Metadata> headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly RetryPolicy retries = new(owner.Options);
        private string[] sent = [];

        /// <summary>The attempt that runs or ran last. Set before <see cref="RunAsync"/> first yields.</summary>
        public AsyncUnaryCall<TResponse> Current { get; private set; } = null!;

        public Task<Metadata> HeadersAsync() => headers.Task;

        public async Task<TResponse> RunAsync()
        {
            try
            {
                return await RepeatAsync().ConfigureAwait(false);
            }
            finally
            {
                // Whoever awaits the headers must not wait for ever; the response carries the failure itself.
                headers.TrySetResult([]);
            }
        }

        private async Task<TResponse> RepeatAsync()
        {
            var tokenRenewed = false;
            for (var attempt = 1; ; attempt++)
            {
                var token = new CallToken(owner.Tokens);
                Current = Start(token);
                try
                {
                    var response = await Current.ResponseAsync.ConfigureAwait(false);
                    owner.Options.Seen.Answered(sent, Current.GetTrailers());
                    headers.TrySetResult(await Current.ResponseHeadersAsync.ConfigureAwait(false));
                    return response;
                }
                catch (RpcException failure)
                {
                    var details = ErrorDetails.From(failure);
                    owner.ForgetIfRefused(sent, details);
                    if (!tokenRenewed && token.DropIfExpired(details))
                    {
                        tokenRenewed = true;
                        Current.Dispose();
                        continue;
                    }
                    if (!await WaitAsync(failure, details, attempt).ConfigureAwait(false))
                    {
                        throw;
                    }
                    Current.Dispose();
                }
            }
        }

        private AsyncUnaryCall<TResponse> Start(CallToken token)
        {
            var attempt = owner.WithSeen(context, out sent);
            return continuation(
                request,
                attempt.Options.Credentials is not null
                    ? attempt
                    : new(attempt.Method, attempt.Host, attempt.Options.WithCredentials(token.Credentials)));
        }

        /// <summary>Waits before another attempt; false when there is none.</summary>
        private async Task<bool> WaitAsync(RpcException failure, ErrorDetails details, int attempt)
        {
            var cancellation = context.Options.CancellationToken;
            if (cancellation.IsCancellationRequested || retries.DelayAfter(failure, details, attempt) is not { } delay)
            {
                return false;
            }
            // An attempt that could only start after the deadline would replace the real failure by "too late".
            if (owner.Options.TimeProvider.GetUtcNow() + delay >= context.Options.Deadline)
            {
                return false;
            }
            await Task.Delay(delay, owner.Options.TimeProvider, cancellation).ConfigureAwait(false);
            return true;
        }
    }

    private DmpClientOptions Options => options;

    private ITokenSource Tokens => tokens;
}
