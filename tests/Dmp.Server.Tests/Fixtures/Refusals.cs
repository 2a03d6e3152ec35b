using Dmp.Error.V1;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using Status = Google.Rpc.Status;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>What a caller learns from a refusal.</summary>
internal static class Refusals
{
    /// <summary>The call fails with this status and reason, and with everything a failure of the contract carries.</summary>
    public static async Task<Status> RefusedAsync(StatusCode code, ErrorReason reason, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(call);
        var status = failure.GetRpcStatus();
        Assert.True(status is not null, $"no details: {failure.Status}");
        Assert.Equal((code, Name(reason)), (failure.StatusCode, status.GetDetail<ErrorInfo>()?.Reason));
        Assert.Equal("dmp", status.GetDetail<ErrorInfo>()!.Domain);
        Assert.False(string.IsNullOrWhiteSpace(status.GetDetail<LocalizedMessage>()?.Message));
        Assert.Equal("fr-FR", status.GetDetail<LocalizedMessage>()!.Locale);
        return status;
    }

    /// <summary>Refused with FIELDS_INVALID for exactly these fields.</summary>
    public static async Task FieldsAsync(Func<Task> call, params string[] fields)
    {
        var status = await RefusedAsync(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, call);
        Assert.Equal(
            fields.Order(StringComparer.Ordinal),
            status.GetDetail<BadRequest>()!.FieldViolations.Select(violation => violation.Field).Distinct().Order(StringComparer.Ordinal));
    }

    public static string Name(ErrorReason reason) =>
        ErrorReasonReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("ErrorReason")
            .FindValueByNumber((int)reason).Name["ERROR_REASON_".Length..];
}
