using Dmp.Annotations.V1;
using Dmp.Error.V1;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Dmp.Server.Errors;

/// <summary>
/// Turns an <see cref="ErrorReason"/> into the status that goes over the wire. Code, texts and retry delay are read from
/// the contract, so that the contract and the server cannot disagree.
/// </summary>
internal static class Failures
{
    /// <summary>The <c>domain</c> of every <c>ErrorInfo</c>.</summary>
    public const string Domain = "dmp";

    /// <summary>The most characters of a value of <c>ErrorInfo.metadata</c>, whatever it names.</summary>
    private const int ValueCharactersMax = 400;

    private static readonly Dictionary<ErrorReason, (string Name, Annotations.V1.Error Rule)> rules = ReadRules();

    /// <summary>
    /// The failure for a reason. Each metadata key is also a <c>{key}</c> of the reason's texts. Values are identifiers,
    /// counts and names of fields: never content, an INS or a token.
    /// </summary>
    public static RpcException Of(ErrorReason reason, params ReadOnlySpan<(string Key, string Value)> metadata) =>
        ToException(ToStatus(reason, metadata));

    /// <summary>FIELDS_INVALID with every fault found.</summary>
    public static RpcException FieldsInvalid(IEnumerable<BadRequest.Types.FieldViolation> violations) =>
        OfFields(ErrorReason.FieldsInvalid, violations);

    /// <summary>The failure for a reason that is about fields, with every field found.</summary>
    public static RpcException OfFields(ErrorReason reason, IEnumerable<BadRequest.Types.FieldViolation> violations)
    {
        var status = ToStatus(reason);
        var badRequest = new BadRequest();
        badRequest.FieldViolations.AddRange(violations);
        status.Details.Add(Any.Pack(badRequest));
        return ToException(status);
    }

    /// <summary>The exception for a status, with as much of it as trailers hold.</summary>
    public static RpcException ToException(Status status) => WireStatus.Bound(status).ToRpcException();

    /// <summary>The status for a reason, for the places that write it without throwing.</summary>
    public static Status ToStatus(ErrorReason reason, params ReadOnlySpan<(string Key, string Value)> metadata)
    {
        var (name, rule) = rules[reason];
        var info = new ErrorInfo { Domain = Domain, Reason = name };
        var message = rule.Message;
        var messageFr = rule.MessageFr;
        foreach (var (key, whole) in metadata)
        {
            var value = WireStatus.Cut(whole, ValueCharactersMax);
            info.Metadata[key] = value;
            message = message.Replace($"{{{key}}}", value, StringComparison.Ordinal);
            messageFr = messageFr.Replace($"{{{key}}}", value, StringComparison.Ordinal);
        }

        var status = new Status { Code = (int)rule.Code, Message = message };
        status.Details.Add(Any.Pack(info));
        status.Details.Add(Any.Pack(new LocalizedMessage { Locale = "fr-FR", Message = messageFr }));
        if (rule.RetryAfterSeconds > 0)
        {
            var delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(rule.RetryAfterSeconds));
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = delay }));
        }

        return status;
    }

    /// <summary>A failure with our id of its call, which support asks for.</summary>
    public static Status OfCall(Status failure, Guid serverRequestId)
    {
        if (failure.GetDetail<RequestInfo>() is null)
        {
            failure.Details.Add(Any.Pack(new RequestInfo { RequestId = serverRequestId.ToString() }));
        }

        return failure;
    }

    /// <summary>The reason inside a failure of ours; null when it is not one of ours.</summary>
    public static string? ReasonOf(RpcException failure) => failure.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;

    private static Dictionary<ErrorReason, (string, Annotations.V1.Error)> ReadRules() =>
        ErrorReasonReflection.Descriptor.EnumTypes[0].Values
            .Where(value => value.Number != 0)
            .ToDictionary(
                value => (ErrorReason)value.Number,
                value => (value.Name["ERROR_REASON_".Length..], RuleOf(value)));

    private static Annotations.V1.Error RuleOf(EnumValueDescriptor value) =>
        value.GetOptions()?.GetExtension(AnnotationsExtensions.Error)
        ?? throw new InvalidOperationException($"{value.FullName} has no (dmp.annotations.v1.error) option.");
}
