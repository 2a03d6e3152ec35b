using Grpc.Core;

namespace Dmp.Server.Services;

/// <summary>What a service of gRPC needs to hand a call on.</summary>
internal static class MethodCalls
{
    extension(ServerCallContext context)
    {
        /// <summary>The class of the method that is called.</summary>
        public T Method<T>()
            where T : class =>
            context.GetHttpContext().RequestServices.GetRequiredService<T>();
    }
}
