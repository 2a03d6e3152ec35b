using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Logging;
using Dmp.Storage;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections;

namespace Dmp.Server.Pipeline;

/// <summary>The only catch-all: whatever a method throws becomes a status of the contract. Nothing else leaves.</summary>
internal sealed class ErrorInterceptor(IHostApplicationLifetime lifetime, ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (IsOurs(context))
        {
            throw ToFailure(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (IsOurs(context))
        {
            throw ToFailure(e, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception e) when (IsOurs(context))
        {
            throw ToFailure(e, context);
        }
    }

    private RpcException ToFailure(Exception exception, ServerCallContext context)
    {
        switch (exception)
        {
            case RpcException failure when Failures.ReasonOf(failure) is not null:
                return failure;

            case RpcException { StatusCode: StatusCode.ResourceExhausted }:
                return Failures.Of(ErrorReason.MessageTooLarge, ("limit_bytes", $"{Startup.GrpcSetup.MessageBytesMax}"));

            case RpcException { StatusCode: StatusCode.Cancelled } or OperationCanceledException or IOException
                or ConnectionAbortedException or ConnectionResetException
                when context.CancellationToken.IsCancellationRequested:
                return Failures.Of(Left(context));

            case OperationCanceledException when CallDeadline.HasPassed(context):
                // A write to an answer that the framework completes: the token of the call comes a moment later.
                return Failures.Of(ErrorReason.CallTimedOut);

            case InvalidOperationException when GrpcAnswer.HasEnded(context.GetHttpContext().Response):
                // A write when the line had just ended the answer.
                return Failures.Of(Left(context));

            case OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested:
                return Failures.Of(ErrorReason.ServerStopping);

            case InvalidProtocolBufferException or RpcException { StatusCode: StatusCode.Internal }:
                return Failures.Of(ErrorReason.MessageMalformed);

            case ContentDamagedException:
                // What is damaged was logged where it was found; this says whose call met it.
                ServerLog.CallFailed(logger, exception, context.Call.Method, context.Call.ServerRequestId);
                return Failures.Of(ErrorReason.ContentDamaged);

            case var storage when StorageFailures.Of(storage) is { } known:
                if (StorageFailures.IsAbsence(storage))
                {
                    ServerLog.StorageFailed(logger, exception, context.Call.Method);
                }

                return known;

            default:
                ServerLog.CallFailed(logger, exception, context.Call.Method, context.Call.ServerRequestId);
                return Failures.Of(ErrorReason.Internal);
        }
    }

    /// <summary>Health and reflection pass the access gate without a call, and have statuses of their own protocols.</summary>
    private static bool IsOurs(ServerCallContext context) => context.GetHttpContext().Features.Get<Call>() is not null;

    private static ErrorReason Left(ServerCallContext context) =>
        CallDeadline.HasPassed(context) ? ErrorReason.CallTimedOut : ErrorReason.CallCancelled;
}
