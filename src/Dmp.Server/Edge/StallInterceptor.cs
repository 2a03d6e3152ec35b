using Dmp.Server.Calls;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dmp.Server.Edge;

/// <summary>Puts every stream of answers under its <see cref="StallWatch"/>.</summary>
internal sealed class StallInterceptor : Interceptor
{
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) => continuation(request, Watched(responseStream, context), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(requestStream, Watched(responseStream, context), context);

    // Health and reflection pass the access gate without a watch.
    private static IServerStreamWriter<T> Watched<T>(IServerStreamWriter<T> stream, ServerCallContext context) =>
        context.GetHttpContext().Features.Get<StallWatch>() is { } watch ? new WatchedWriter<T>(stream, watch, context) : stream;

    private sealed class WatchedWriter<T>(IServerStreamWriter<T> inner, StallWatch watch, ServerCallContext context)
        : IServerStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        // A call that is left ends the write with its line; the framework's own answer to a token is to reset a call that may have ended.
        public Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var write = inner.WriteAsync(message, CancellationToken.None);
            return write.IsCompletedSuccessfully ? write : WatchAsync(write, cancellationToken);
        }

        /// <summary>
        /// The framework completes an answer whose deadline passes, or whose caller leaves, whatever is just being written to it.
        /// </summary>
        private async Task WatchAsync(Task write, CancellationToken cancellationToken)
        {
            try
            {
                await watch.WatchAsync(write, cancellationToken);
            }
            catch (InvalidOperationException ended) when (
                CallDeadline.HasPassed(context) || context.CancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("The answer ended while it was written.", ended);
            }
        }
    }
}
