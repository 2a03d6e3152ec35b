using Dmp.Error.V1;
using Dmp.Record.V1;
using Grpc.Core;

namespace Dmp.Client.Tests;

public sealed class ErrorTests
{
    [Theory]
    [InlineData(StatusCode.Unauthenticated, typeof(DmpAuthenticationException))]
    [InlineData(StatusCode.PermissionDenied, typeof(DmpAccessDeniedException))]
    [InlineData(StatusCode.InvalidArgument, typeof(DmpInvalidRequestException))]
    [InlineData(StatusCode.OutOfRange, typeof(DmpInvalidRequestException))]
    [InlineData(StatusCode.ResourceExhausted, typeof(DmpInvalidRequestException))]
    [InlineData(StatusCode.NotFound, typeof(DmpNotFoundException))]
    [InlineData(StatusCode.Aborted, typeof(DmpConflictException))]
    [InlineData(StatusCode.AlreadyExists, typeof(DmpConflictException))]
    [InlineData(StatusCode.FailedPrecondition, typeof(DmpConflictException))]
    [InlineData(StatusCode.Unavailable, typeof(DmpUnavailableException))]
    [InlineData(StatusCode.DeadlineExceeded, typeof(DmpUnavailableException))]
    [InlineData(StatusCode.Internal, typeof(DmpException))]
    [InlineData(StatusCode.Unimplemented, typeof(DmpException))]
    public void Every_status_has_its_type(StatusCode code, System.Type expected) =>
        Assert.IsType(expected, DmpException.From(new RpcException(new Status(code, "x"))));

    [Fact]
    public async Task Every_detail_of_a_refusal_arrives()
    {
        await using var platform = await ScriptedPlatform.StartAsync();
        platform.OpenRecord = (_, _) => throw Refusal.With(
            StatusCode.InvalidArgument, "FIELDS_INVALID", TimeSpan.Zero, ("ins.number", "has a wrong key"), ("traits", "is missing"));
        using var client = platform.Client(options => options.AttemptsMax = 1);

        var failure = await Assert.ThrowsAsync<DmpInvalidRequestException>(
            () => client.OpenRecordAsync(new OpenRecordRequest(), TestContext.Current.CancellationToken));

        Assert.Equal("FIELDS_INVALID", failure.Reason);
        Assert.Equal(ErrorReason.FieldsInvalid, failure.ErrorReason);
        Assert.Equal(
            [new FieldViolation("ins.number", "has a wrong key"), new FieldViolation("traits", "is missing")], failure.FieldViolations);
        Assert.Equal("Le message.", failure.LocalizedMessage);
        Assert.Equal("server-1", failure.ServerRequestId);
        Assert.Equal(TimeSpan.Zero, failure.RetryAfter);
        Assert.Equal("value", failure.Metadata["key"]);
        Assert.Equal(
            ["FIELDS_INVALID: the message", "  ins.number: has a wrong key", "  traits: is missing", "  (server request id server-1)"],
            failure.Message.Split(Environment.NewLine));
        Assert.IsType<RpcException>(failure.InnerException);
    }

    [Fact]
    public void A_reason_newer_than_this_version_keeps_its_name()
    {
        var failure = DmpException.From(Refusal.With(StatusCode.FailedPrecondition, "SOMETHING_NEW"));

        Assert.IsType<DmpConflictException>(failure);
        Assert.Equal("SOMETHING_NEW", failure.Reason);
        Assert.Equal(ErrorReason.Unspecified, failure.ErrorReason);
    }

    [Fact]
    public void Every_reason_of_the_contract_is_understood()
    {
        foreach (var value in ErrorReasonReflection.Descriptor.EnumTypes[0].Values.Where(value => value.Number != 0))
        {
            var failure = DmpException.From(Refusal.With(StatusCode.Internal, value.Name["ERROR_REASON_".Length..]));
            Assert.Equal(value.Number, (int)failure.ErrorReason);
        }
    }

    [Fact]
    public void A_status_without_details_is_readable()
    {
        var failure = DmpException.From(new RpcException(new Status(StatusCode.Unavailable, "no route")));

        Assert.Equal("Unavailable: no route", failure.Message);
        Assert.Equal("", failure.Reason);
        Assert.Empty(failure.FieldViolations);
        Assert.Empty(failure.Metadata);
    }

    [Fact]
    public void Damaged_details_leave_the_status()
    {
        var trailers = new Metadata { { "grpc-status-details-bin", [0xff, 0xff, 0xff] } };

        var failure = DmpException.From(new RpcException(new Status(StatusCode.NotFound, "gone"), trailers));

        Assert.IsType<DmpNotFoundException>(failure);
    }
}
