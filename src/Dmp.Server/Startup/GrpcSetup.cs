using Dmp.Server.Edge;
using Dmp.Server.Messages;
using Dmp.Server.Pipeline;
using Grpc.AspNetCore.Server.Model;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dmp.Server.Startup;

/// <summary>gRPC on Kestrel.</summary>
internal static class GrpcSetup
{
    /// <summary>Most bytes of one message: a chunk of an upload with room for its frame. Larger ones are refused unread.</summary>
    public const int MessageBytesMax = 1024 * 1024;

    public static void AddDmpGrpc(this IServiceCollection services)
    {
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MessageBytesMax;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.Interceptors.Add<ConsistencyInterceptor>();
            grpc.Interceptors.Add<MessageInterceptor>();
            grpc.Interceptors.Add<StallInterceptor>();

            // Documents are compressed formats in most cases, and a compressed message would have to be buffered whole.
            grpc.ResponseCompressionAlgorithm = null;
        });

        // In place of the framework's own, for every service.
        services.RemoveAll(typeof(IServiceMethodProvider<>));
        services.AddSingleton(typeof(IServiceMethodProvider<>), typeof(BoundMethods<>));
        services.AddGrpcReflection();
    }
}
