using System.Threading.RateLimiting;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Edge;
using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Logging;
using Dmp.Server.Options;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication;
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
    AuditTrail audit,
    RefusedCalls refusedCalls,
    EdgeGuard edge,
    CallTurns turns,
    ConsistencyTokens consistency,
    IOptions<EdgeOptions> options,
    TimeProvider time,
    ILogger<AccessGate> logger)
{
    /// <summary>
    /// Most bytes of headers. Kestrel's own limit is set above it, because Kestrel answers an excess by closing the
    /// connection with everything else that runs on it.
    /// </summary>
    public const int HeaderBytesMax = 32 * 1024;

    /// <summary>Metadata in which a professional or structure asks for a mode of access.</summary>
    public const string ModeHeader = "dmp-access-mode";

    private const int UserAgentLengthMax = 200;
    private const string SecretConnectionHeader = "dmp-secret-connection";

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
            UserAgent = UserAgentOf(http),
            Origin = CallOrigin.Of(http.Connection.RemoteIpAddress),
            Arrival = time.GetTimestamp(),
        };
        Call.Current = call;
        http.Features.Set(call);
        http.Response.Headers["dmp-request-id"] = call.ServerRequestId.ToString();
        using var watch = new StallWatch(http, call, options.Value.StallAfter, logger);
        http.Features.Set(watch);
        if (await RefusalAsync(http, call, rule) is { } refusal)
        {
            GrpcAnswer.Write(http.Response, refusal);
            await TraceAsync(http, call, refusal);
        }
        else
        {
            EdgeGuard.Verified(http);
            await RunAsync(http, call);
        }

        if (http.RequestAborted.IsCancellationRequested)
        {
            EdgeGuard.Left(http);
        }
        else
        {
            await watch.DrainAsync();
        }
    }

    /// <summary>Runs the call when it is its caller's turn, and sees that it has its event, however it ended.</summary>
    private async Task RunAsync(HttpContext http, Call call)
    {
        using var turn = await TurnAsync(http, call);
        if (!turn.IsAcquired)
        {
            var isLeft = http.RequestAborted.IsCancellationRequested;
            var refusal = isLeft
                ? Failures.ToStatus(ErrorReason.CallCancelled)
                : Failures.ToStatus(ErrorReason.CallLimitReached, ("limit", $"{turns.LimitOf(TypeOf(http))}"));
            GrpcAnswer.Write(http.Response, refusal);
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

            GrpcAnswer.Write(http.Response, Failures.ToStatus(isLeft ? ErrorReason.CallCancelled : ErrorReason.Internal));
        }

        if (GrpcAnswer.StatusOf(http.Response) is { } status and not (int)StatusCode.OK)
        {
            var failure = GrpcAnswer.DetailsOf(http.Response);
            if (failure is null)
            {
                // The framework answered by itself, before or around the method: what came was no message of ours, or its deadline passed.
                failure = Failures.ToStatus(FrameworkReason((StatusCode)status));
                GrpcAnswer.Write(http.Response, failure);
            }

            await TraceAsync(http, call, failure);
        }
        else if (!call.IsTraced && http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered, and so nothing was.
            await TraceAsync(http, call, Failures.ToStatus(ErrorReason.CallCancelled));
        }
        else if (!call.IsTraced)
        {
            ServerLog.CallWithoutTrace(logger, call.Method, call.ServerRequestId);
            await audit.TraceFailureAsync(call, StatusCode.Unknown, null);
        }
    }

    private async ValueTask<RateLimitLease> TurnAsync(HttpContext http, Call call)
    {
        try
        {
            return await turns.TakeAsync(call.Caller, TypeOf(http), http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return CallTurns.None;
        }
    }

    private static MethodType TypeOf(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.Type ?? MethodType.Unary;

    // Never half a character, which PostgreSQL does not take, and nothing that changes how the trace reads.
    private static string? UserAgentOf(HttpContext http) => http.Request.Headers.UserAgent is not [{ Length: > 0 } agent, ..] ? null
        : TextCharacters.Clean(agent.Length <= UserAgentLengthMax ? agent
            : agent[..(char.IsHighSurrogate(agent[UserAgentLengthMax - 1]) ? UserAgentLengthMax - 1 : UserAgentLengthMax)]);

    private async Task<Google.Rpc.Status?> RefusalAsync(HttpContext http, Call call, MethodRule? rule)
    {
        if (rule is null)
        {
            return Failures.ToStatus(ErrorReason.MethodUnknown, ("method", "of this name"));
        }

        var headerBytes = http.Request.Headers.Sum(header => header.Key.Length + header.Value.Sum(value => value?.Length ?? 0));
        if (headerBytes > HeaderBytesMax)
        {
            return Failures.ToStatus(ErrorReason.HeadersTooLarge, ("limit_bytes", $"{HeaderBytesMax}"));
        }

        AuthenticateResult result;
        try
        {
            result = await http.AuthenticateAsync();
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return Failures.ToStatus(ErrorReason.CallCancelled);
        }

        if (!result.Succeeded)
        {
            return TokenFailures.ToStatus(TokenRefusal.Of(result));
        }

        var caller = http.Features.Get<Caller>()
            ?? throw new InvalidOperationException("A token was accepted without a caller.");
        call.VerifiedCaller = caller;
        call.TokenExpireTime = result.Properties?.ExpiresUtc;
        if (!ReadSecret(http, call, rule))
        {
            return Failures.ToStatus(ErrorReason.SecretConnectionNotAllowed);
        }

        if (!Call.IsOpenTo(rule.Access, caller.Kind))
        {
            return Failures.ToStatus(
                ErrorReason.CallerKindNotAllowed,
                ("caller_kind", caller.Kind.ToString().ToUpperInvariant()),
                ("method", call.Method));
        }

        return ReadMode(http, call) ?? ReadConsistency(http, call);
    }

    private Google.Rpc.Status? ReadConsistency(HttpContext http, Call call)
    {
        var fault = consistency.Read(http.Request.Headers[ConsistencyTokens.MetadataName], out var atLeast);
        call.AtLeast = atLeast;
        return fault is { } reason ? Failures.ToStatus(reason) : null;
    }

    private static Google.Rpc.Status? ReadMode(HttpContext http, Call call)
    {
        call.AskedMode = http.Request.Headers[ModeHeader].ToString() switch
        {
            "normal" => AccessMode.Normal,
            "break-glass" => AccessMode.BreakGlass,
            "regulation" => AccessMode.Regulation,
            _ => null,
        };
        var isCarer = call.Caller.Kind is CallerKind.Professional or CallerKind.Structure;
        var isGood = http.Request.Headers[ModeHeader].Count == 0
            || call.AskedMode == AccessMode.Normal
            || (call.AskedMode is not null && isCarer);
        return isGood ? null : Failures.ToStatus(ErrorReason.AccessModeInvalid);
    }

    /// <summary>
    /// Reads the request metadata of a secret connection. Anything but "true" and "false" is refused: a typing error must not
    /// make known what was to be kept secret. False when the call cannot be secret at all.
    /// </summary>
    private static bool ReadSecret(HttpContext http, Call call, MethodRule rule)
    {
        if (!http.Request.Headers.TryGetValue(SecretConnectionHeader, out var value) || value == "false")
        {
            return true;
        }

        call.IsSecret = call.HidesEvent = call.Caller.Kind == CallerKind.Professional;
        return call.IsSecret && value == "true" && rule.Access.InSecret;
    }

    private static ErrorReason FrameworkReason(StatusCode status) => status switch
    {
        StatusCode.ResourceExhausted => ErrorReason.MessageTooLarge,
        StatusCode.Unimplemented => ErrorReason.MethodUnknown,
        StatusCode.DeadlineExceeded => ErrorReason.CallTimedOut,
        StatusCode.Cancelled => ErrorReason.CallCancelled,
        StatusCode.Unavailable => ErrorReason.ServerStopping,
        _ => ErrorReason.MessageMalformed,
    };

    /// <summary>
    /// A refusal of a known caller whose event cannot be written is not told: the answer becomes that the storage is not there. Those of
    /// nobody are counted.
    /// </summary>
    private async Task TraceAsync(HttpContext http, Call call, Google.Rpc.Status failure)
    {
        var reason = failure.GetDetail<Google.Rpc.ErrorInfo>()?.Reason;
        if (call.VerifiedCaller is null)
        {
            refusedCalls.Add(call, (StatusCode)failure.Code, reason ?? "");
            edge.Unverified(http);
            return;
        }

        if (call.IsTraced && failure.Code is (int)StatusCode.Cancelled or (int)StatusCode.DeadlineExceeded)
        {
            // The effect or the read stands in the trace; that the caller left before the last byte changes nothing.
            return;
        }

        try
        {
            await audit.TraceFailureAsync(call, (StatusCode)failure.Code, reason);
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or TimeoutException)
        {
            ServerLog.FailureNotTraced(logger, e, call.Method, call.ServerRequestId, failure.Code);
            GrpcAnswer.Write(http.Response, Failures.ToStatus(ErrorReason.StorageUnavailable));
        }
    }
}
