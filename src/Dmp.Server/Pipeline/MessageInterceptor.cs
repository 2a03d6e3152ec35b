using Dmp.Server.Errors;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dmp.Server.Pipeline;

/// <summary>
/// Refuses a request that holds what it may not, before its method runs. In a dialogue the method does it, because there a bad message does
/// not always end the call; what it may not hold is left out there too.
/// </summary>
internal sealed class MessageInterceptor : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(request as IMessage, context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(request as IMessage, context);
        return continuation(request, responseStream, context);
    }

    private static void Check(IMessage? request, ServerCallContext context)
    {
        if (request is null || MessageFaults.Of(request).Count == 0)
        {
            return;
        }

        var faults = FieldFaults.Of(request);
        if (request.Descriptor.FindFieldByName("record_id") is { FieldType: FieldType.String, IsRepeated: false } field)
        {
            // A refusal is an event of the record too.
            context.Call.ReadRecordId((string)field.Accessor.GetValue(request), faults);
        }

        faults.ThrowIfAny();
    }
}
