using Grpc.Core;

namespace Dmp.Client;

/// <summary>Writes the messages of a call whose side of the client is a stream.</summary>
internal static class RequestStreams
{
    /// <summary>
    /// Writes one message; false when the call has ended, or its connection has, which HTTP says in words of its own. Why it ended is what
    /// the reader of the answers finds.
    /// </summary>
    public static async Task<bool> TrySendAsync<T>(this IClientStreamWriter<T> stream, T message, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception ended) when (ended is RpcException or InvalidOperationException or OperationCanceledException
            or HttpRequestException or IOException)
        {
            return false;
        }
    }
}
