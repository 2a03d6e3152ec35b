using Dmp.Error.V1;
using Dmp.Server.Content;
using Dmp.Server.Errors;
using Dmp.Server.Logging;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections;
using Npgsql;

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
        catch (Exception e)
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
        catch (Exception e)
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
        catch (Exception e)
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

            case OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested:
                return Failures.Of(ErrorReason.ServerStopping);

            case InvalidProtocolBufferException or RpcException { StatusCode: StatusCode.Internal }:
                return Failures.Of(ErrorReason.MessageMalformed);

            case ContentErasedException:
                return Failures.Of(ErrorReason.ContentErased);

            case ContentDamagedException:
                // What is damaged was logged where it was found; this says whose call met it.
                ServerLog.CallFailed(logger, exception, Call.Of(context).Method, Call.Of(context).ServerRequestId);
                return Failures.Of(ErrorReason.ContentDamaged);

            case ContentUnavailableException:
                ServerLog.StorageFailed(logger, exception, Call.Of(context).Method);
                return Failures.Of(ErrorReason.StorageUnavailable);

            case PostgresException
            {
                SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
                or PostgresErrorCodes.LockNotAvailable
            }:
                return Failures.Of(ErrorReason.WriteConflict);

            case PostgresException postgres when PostgresFailures.Of(postgres) is { } known:
                return known;

            case NpgsqlException { IsTransient: true } or NpgsqlException { InnerException: IOException or TimeoutException or System.Net.Sockets.SocketException }
                or TimeoutException:
                ServerLog.StorageFailed(logger, exception, Call.Of(context).Method);
                return Failures.Of(ErrorReason.StorageUnavailable);

            // A statement that was cancelled while Npgsql prepared it leaves a description that its next use on that connection stumbles
            // over: "Received unexpected backend message" (npgsql issue 5803). Npgsql closes the connection then, and nothing was
            // committed or read wrongly.
            case { Source: "Npgsql" } when exception.GetType() == typeof(Exception):
                ServerLog.StorageFailed(logger, exception, Call.Of(context).Method);
                return Failures.Of(ErrorReason.StorageUnavailable);

            default:
                ServerLog.CallFailed(logger, exception, Call.Of(context).Method, Call.Of(context).ServerRequestId);
                return Failures.Of(ErrorReason.Internal);
        }
    }

    private static ErrorReason Left(ServerCallContext context) =>
        context.Deadline < DateTime.MaxValue && context.Deadline <= TimeProvider.System.GetUtcNow().UtcDateTime
            ? ErrorReason.CallTimedOut
            : ErrorReason.CallCancelled;
}
