using Grpc.Core;

namespace Dmp.Client;

/// <summary>The answers of a stream, with a word when they end and when they fail.</summary>
internal sealed class ObservedStream<T>(IAsyncStreamReader<T> answers, Action ended, Action<RpcException> failed) : IAsyncStreamReader<T>
{
    public T Current => answers.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            var moved = await answers.MoveNext(cancellationToken).ConfigureAwait(false);
            if (!moved)
            {
                ended();
            }
            return moved;
        }
        catch (RpcException failure)
        {
            failed(failure);
            throw;
        }
    }
}
