using System.Threading.RateLimiting;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Edge;
using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Logging;
using Dmp.Server.Options;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Pipeline;

/// <summary>
/// The coarse gate, before a byte of the message is read, for unary calls and streams alike: is there a rule, is the token
/// good, may this kind of caller call? It also sees that each call ends in the trace, and that each failure carries its
/// reason.
/// </summary>
internal sealed class AccessGate(
    RequestDelegate next,
    VerifiedTokens tokens,
    AuditTrail audit,
    RefusedCalls refusedCalls,
    EdgeGuard edge,
    CallTurns turns,
    EdgeCounts counts,
    ConsistencyTokens consistency,
    IOptions<EdgeOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<AccessGate> logger)
{
    /// <summary>
    /// Most bytes of headers. Kestrel's own limit is set above it, because Kestrel answers an excess by closing the
    /// connection with everything else that runs on it.
    /// </summary>
    public const int HeaderBytesMax = 32 * 1024;

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            edge.Unverified(http);
            await next(http);
            return;
        }

        var rule = http.GetEndpoint()?.Metadata.GetMetadata<MethodRule>();
        var call = new Call
        {
            ServerRequestId = Guid.CreateVersion7(time.GetUtcNow()),
            Method = rule?.Method ?? "unknown",
            Rule = rule?.Access ?? new Annotations.V1.Access(),
            UserAgent = CallMetadata.UserAgentOf(http),
            Origin = CallOrigin.Of(http.Connection.RemoteIpAddress),
            Arrival = time.GetTimestamp(),
        };
        http.Features.Set(call);
        http.Response.Headers["dmp-request-id"] = call.ServerRequestId.ToString();
        using var watch = new StallWatch(http, call, options.Value.StallAfter, logger, lifetime.ApplicationStopping);
        http.Features.Set(watch);
        var (known, refusal) = await IdentifyAsync(http, call, rule);
        if (refusal is not null)
        {
            GrpcAnswer.Write(http.Response, refusal, call.ServerRequestId);
            CountRefusal(call, refusal);
            edge.Unverified(http);
        }
        else
        {
            edge.Verified(http);
            await RunAsync(http, known, rule!);
        }

        if (http.RequestAborted.IsCancellationRequested)
        {
            edge.Left(http);
        }
        else
        {
            await watch.DrainAsync();
        }
    }

    /// <summary>
    /// Runs the call when it is its caller's turn, and sees that it has its event, however it ended. Also what is refused takes a turn,
    /// until its event is written: nobody has more events under way than calls.
    /// </summary>
    private async Task RunAsync(HttpContext http, Call known, MethodRule rule)
    {
        var method = http.GetEndpoint()!.Metadata.GetRequiredMetadata<GrpcMethodMetadata>().Method;
        using var turn = await TurnAsync(http, known, method);
        if (turn is not { IsAcquired: true })
        {
            await RefuseTurnAsync(http, known, method, isLeft: turn is null);
            return;
        }

        var (call, refusal) = Read(http, known, rule);
        http.Features.Set(call);
        if (refusal is not null)
        {
            GrpcAnswer.Write(http.Response, refusal, call.ServerRequestId);
            await TraceAsync(http, call, refusal);
            return;
        }

        try
        {
            await next(http);
        }
        catch (Exception fault)
        {
            // Not by a method, which has the interceptor: around it, when the line broke or by a fault of ours.
            var isLeft = http.RequestAborted.IsCancellationRequested;
            if (!isLeft)
            {
                ServerLog.CallFailed(logger, fault, call.Method, call.ServerRequestId);
            }

            GrpcAnswer.Write(
                http.Response, Failures.ToStatus(isLeft ? ErrorReason.CallCancelled : ErrorReason.Internal), call.ServerRequestId);
        }

        if (GrpcAnswer.StatusOf(http.Response) is { } status and not (int)StatusCode.OK)
        {
            // Without details the framework answered by itself, before or around the method: no message of ours came, or none that ended,
            // or its deadline passed.
            var failure = GrpcAnswer.DetailsOf(http.Response) ?? Failures.ToStatus(FrameworkReason(http, call, (StatusCode)status));
            GrpcAnswer.Write(http.Response, failure, call.ServerRequestId);
            await TraceAsync(http, call, failure);
        }
        else if (!call.Trace.IsTraced && http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered, and so nothing was.
            await TraceAsync(http, call, Failures.ToStatus(ErrorReason.CallCancelled));
        }
        else if (!call.Trace.IsTraced)
        {
            ServerLog.CallWithoutTrace(logger, call.Method, call.ServerRequestId);
            await WriteFailureAsync(http, call, StatusCode.Unknown, null);
        }
    }

    // Null when the caller left before its turn came.
    private async ValueTask<RateLimitLease?> TurnAsync(HttpContext http, Call call, IMethod method)
    {
        try
        {
            return await turns.TakeAsync(call.Caller, method, http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Calls that never had a turn may be any number: they are counted, or else wait for their event like the others.</summary>
    private async Task RefuseTurnAsync(HttpContext http, Call call, IMethod method, bool isLeft)
    {
        var refusal = Failures.ToStatus(ErrorReason.CallCancelled);
        if (!isLeft)
        {
            var (reason, limit) = turns.LimitOf(call.Caller, method);
            refusal = Failures.ToStatus(reason, ("limit", $"{limit}"));
            counts.CallRefused();
        }

        GrpcAnswer.Write(http.Response, refusal, call.ServerRequestId);
        if (!CountRefusal(call, refusal))
        {
            await TraceAsync(http, call, refusal);
        }
    }

    private bool CountRefusal(Call call, Google.Rpc.Status refusal) =>
        refusedCalls.TryAdd(call, (StatusCode)refusal.Code, ReasonOf(refusal) ?? "");

    private static string? ReasonOf(Google.Rpc.Status failure) => failure.GetDetail<Google.Rpc.ErrorInfo>()?.Reason;

    /// <summary>The call with its caller, or why the caller is nobody.</summary>
    private async Task<(Call Call, Google.Rpc.Status? Refusal)> IdentifyAsync(HttpContext http, Call call, MethodRule? rule)
    {
        if (rule is null)
        {
            return (call, Failures.ToStatus(ErrorReason.MethodUnknown, ("method", "of this name")));
        }

        var headerBytes = http.Request.Headers.Sum(header => header.Key.Length + header.Value.Sum(value => value?.Length ?? 0));
        if (headerBytes > HeaderBytesMax)
        {
            return (call, Failures.ToStatus(ErrorReason.HeadersTooLarge, ("limit_bytes", $"{HeaderBytesMax}")));
        }

        try
        {
            var (token, refused) = await tokens.VerifyAsync(http);
            return token is null
                ? (call, TokenFailures.ToStatus(TokenRefusal.Of(refused!)))
                : (call with { VerifiedCaller = token.Caller, TokenExpireTime = token.ExpireTime }, null);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return (call, Failures.ToStatus(ErrorReason.CallCancelled));
        }
    }

    /// <summary>The call with what its headers ask for, and why a caller that is known may not call so.</summary>
    private (Call Call, Google.Rpc.Status? Refusal) Read(HttpContext http, Call call, MethodRule rule)
    {
        var maySecret = CallMetadata.ReadSecret(http, call.Caller, rule, out var isSecret);
        call = call with { IsSecret = isSecret };
        call.Trace.HidesEvent = isSecret;
        if (!maySecret)
        {
            return (call, Failures.ToStatus(ErrorReason.SecretConnectionNotAllowed));
        }

        if (!Call.IsOpenTo(rule.Access, call.Caller.Kind))
        {
            var refusal = Failures.ToStatus(
                ErrorReason.CallerKindNotAllowed,
                ("caller_kind", call.Caller.Kind.ToString().ToUpperInvariant()),
                ("method", call.Method));
            return (call, refusal);
        }

        if (CallMetadata.ReadMode(http, call.Caller, out var mode) is { } fault)
        {
            return (call, fault);
        }

        var unusable = consistency.Read(http.Request.Headers[ConsistencyTokens.MetadataName], out var hasSeen);
        call = call with { AskedMode = mode, VerifiedCaller = call.Caller with { HasSeen = hasSeen } };
        return (call, unusable is { } reason ? Failures.ToStatus(reason) : null);
    }

    private ErrorReason FrameworkReason(HttpContext http, Call call, StatusCode status)
    {
        switch (status)
        {
            case StatusCode.ResourceExhausted:
                return ErrorReason.MessageTooLarge;
            case StatusCode.Unimplemented:
                return ErrorReason.MethodUnknown;
            case StatusCode.DeadlineExceeded:
                return ErrorReason.CallTimedOut;
            case StatusCode.Cancelled:
                return ErrorReason.CallCancelled;
            case StatusCode.Unavailable:
                return ErrorReason.ServerStopping;
            case StatusCode.Unknown:
                // By an exception as the message was read: of the line, most times before it says that the request was aborted.
                var context = http.Features.Get<IServerCallContextFeature>()?.ServerCallContext;
                var fault = context?.Status.DebugException;
                if (fault is IOException or OperationCanceledException || http.RequestAborted.IsCancellationRequested)
                {
                    return context is not null && CallDeadline.HasPassed(context) ? ErrorReason.CallTimedOut : ErrorReason.CallCancelled;
                }

                ServerLog.CallFailed(logger, fault, call.Method, call.ServerRequestId);
                return ErrorReason.Internal;
            default:
                return ErrorReason.MessageMalformed;
        }
    }

    private async Task TraceAsync(HttpContext http, Call call, Google.Rpc.Status failure)
    {
        // Where the effect or the read stands in the trace, it changes nothing that the caller left before the last byte.
        if (!call.Trace.IsTraced || failure.Code is not ((int)StatusCode.Cancelled or (int)StatusCode.DeadlineExceeded))
        {
            await WriteFailureAsync(http, call, (StatusCode)failure.Code, ReasonOf(failure));
        }
    }

    /// <summary>
    /// A refusal whose event cannot be written is not told: the answer becomes that the storage is not there.
    /// </summary>
    private async Task WriteFailureAsync(HttpContext http, Call call, StatusCode code, string? reason)
    {
        try
        {
            await audit.TraceFailureAsync(call, code, reason);
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException || StorageFailures.IsAbsence(e))
        {
            ServerLog.FailureNotTraced(logger, e, call.Method, call.ServerRequestId, (int)code);
            GrpcAnswer.Write(http.Response, Failures.ToStatus(ErrorReason.StorageUnavailable), call.ServerRequestId);
        }
    }
}
