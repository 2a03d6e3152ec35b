using Dmp.Server.Calls;
using Dmp.Server.Data;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dmp.Server.Pipeline;

/// <summary>Answers each change, once it is committed, with its consistency token in the trailers.</summary>
internal sealed class ConsistencyInterceptor(ConsistencyTokens tokens) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var response = await continuation(request, context);
        Answer(context);
        return response;
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await continuation(requestStream, responseStream, context);
        Answer(context);
    }

    private void Answer(ServerCallContext context)
    {
        // Health and reflection pass the access gate without a call.
        if (context.GetHttpContext().Features.Get<Call>()?.Trace.Committed is { } position)
        {
            context.ResponseTrailers.Add(ConsistencyTokens.MetadataName, tokens.Create(position));
        }
    }
}
