using System.Collections.ObjectModel;
using System.Text;
using Dmp.Error.V1;
using Google.Rpc;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>What the details of a failed call say, read once.</summary>
internal sealed record ErrorDetails
{
    public required StatusCode StatusCode { get; init; }
    public required string Message { get; init; }
    public string Reason { get; init; } = "";
    public ErrorReason ErrorReason { get; init; }
    public IReadOnlyList<FieldViolation> FieldViolations { get; init; } = [];
    public string? LocalizedMessage { get; init; }
    public string? ServerRequestId { get; init; }
    public TimeSpan? RetryAfter { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    public static ErrorDetails From(RpcException exception)
    {
        var plain = new ErrorDetails { StatusCode = exception.StatusCode, Message = exception.Status.Detail };
        Google.Rpc.Status? status;
        try
        {
            status = exception.GetRpcStatus();
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            // A proxy may have damaged the trailer. The gRPC status itself still stands.
            return plain;
        }
        if (status is null)
        {
            return plain;
        }

        var info = status.GetDetail<ErrorInfo>();
        return plain with
        {
            Reason = info?.Reason ?? "",
            ErrorReason = Parse(info?.Reason),
            FieldViolations = [.. (status.GetDetail<BadRequest>()?.FieldViolations ?? [])
                .Select(violation => new FieldViolation(violation.Field, violation.Description))],
            LocalizedMessage = status.GetDetail<LocalizedMessage>()?.Message,
            ServerRequestId = status.GetDetail<RequestInfo>()?.RequestId,
            RetryAfter = status.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan(),
            Metadata = info is null
                ? ReadOnlyDictionary<string, string>.Empty
                : new ReadOnlyDictionary<string, string>(new Dictionary<string, string>(info.Metadata, StringComparer.Ordinal)),
        };
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Reason.Length > 0 ? Reason : StatusCode.ToString()).Append(": ").Append(Message);
        foreach (var violation in FieldViolations)
        {
            text.AppendLine().Append("  ").Append(violation.Field).Append(": ").Append(violation.Description);
        }
        if (ServerRequestId is not null)
        {
            text.AppendLine().Append("  (server request id ").Append(ServerRequestId).Append(')');
        }
        return text.ToString();
    }

    // The names of the contract are the truth; the C# names of the enum are derived from them and could not be compared.
    private static ErrorReason Parse(string? reason) =>
        (ErrorReason)(ErrorReasonReflection.Descriptor.EnumTypes[0].FindValueByName($"ERROR_REASON_{reason}")?.Number ?? 0);
}
