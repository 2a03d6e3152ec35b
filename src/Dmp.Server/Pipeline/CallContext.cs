using Dmp.Server.Calls;
using Grpc.Core;

namespace Dmp.Server.Pipeline;

/// <summary>The call behind a context of gRPC.</summary>
internal static class CallContext
{
    extension(ServerCallContext context)
    {
        /// <summary>The call, as the access gate let it in.</summary>
        public Call Call => context.GetHttpContext().Features.Get<Call>()
            ?? throw new InvalidOperationException("The access gate did not run.");
    }
}
