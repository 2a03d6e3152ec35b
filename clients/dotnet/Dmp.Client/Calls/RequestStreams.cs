using Grpc.Core;

namespace Dmp.Client;

/// <summary>Writes the messages of a call whose side of the client is a stream.</summary>
internal static class RequestStreams
{
    /// <summary>
    /// Writes one message. A connection that has just ended fails the write as HTTP, for which gRPC has no status here: it is told as what
    /// it is to a caller, a call that did not come through.
    /// </summary>
    /// <exception cref="RpcException">The call has ended, or its connection has (UNAVAILABLE).</exception>
    public static async Task SendAsync<T>(this IClientStreamWriter<T> stream, T message, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The connection ended while a message was written.", failure));
        }
    }
}
