using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Dmp.Client.Tests.Fixtures;

/// <summary>Failures as the contract describes them.</summary>
public static class Refusal
{
    public static RpcException With(
        StatusCode code, string reason, TimeSpan? retryAfter = null, params (string Field, string Description)[] violations)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = "the message" };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = "dmp", Reason = reason, Metadata = { ["key"] = "value" } }));
        status.Details.Add(Any.Pack(new LocalizedMessage { Locale = "fr-FR", Message = "Le message." }));
        status.Details.Add(Any.Pack(new RequestInfo { RequestId = "server-1" }));
        if (retryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }
        if (violations.Length > 0)
        {
            var bad = new BadRequest();
            bad.FieldViolations.Add(
                violations.Select(v => new BadRequest.Types.FieldViolation { Field = v.Field, Description = v.Description }));
            status.Details.Add(Any.Pack(bad));
        }
        return status.ToRpcException();
    }
}
