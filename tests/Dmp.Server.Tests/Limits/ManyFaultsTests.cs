using System.Runtime.Versioning;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using Status = Google.Rpc.Status;

namespace Dmp.Server.Tests.Limits;

/// <summary>However much is wrong, the answer is small and the others are not disturbed.</summary>
public sealed class ManyFaultsTests(Platform platform)
{
    [Fact]
    public async Task A_thousand_empty_types_are_one_fault_and_other_calls_of_the_connection_go_on()
    {
        var record = await platform.RecordAsync();
        using var channel = platform.Server.OpenChannel();
        var api = new DmpApi(channel, platform.Callers.Token(record.Physician));
        using var open = api.Documents.ImportDocuments(cancellationToken: Given.Token);
        Assert.True(await open.ResponseStream.MoveNext(Given.Token));

        var request = new SearchDocumentsRequest { RecordId = record.Id };
        request.Types_.AddRange(Enumerable.Range(0, 1000).Select(_ => new Coding()));
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await api.Documents.SearchDocumentsAsync(request, cancellationToken: Given.Token));
        var fault = Assert.Single(refused.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations);
        Assert.Equal(("types", "Must have at most 50 items."), (fault.Field, fault.Description));
        Assert.True(RawAnswer.TrailerSize(refused) < WireStatus.TrailerBytesMax);

        // The stream that was open before is open still.
        await open.RequestStream.CompleteAsync();
        Assert.False(await open.ResponseStream.MoveNext(Given.Token));
    }

    [Fact]
    public async Task More_than_fifty_faults_end_with_and_more()
    {
        var record = await platform.RecordAsync();
        var request = new SearchDocumentsRequest { RecordId = record.Id };
        request.Types_.AddRange(Enumerable.Range(0, 50).Select(_ => new Coding()));
        request.Classes.AddRange(Enumerable.Range(0, 50).Select(_ => new Coding()));
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await platform.As(record.Physician).Documents.SearchDocumentsAsync(request, cancellationToken: Given.Token));
        var status = refused.GetRpcStatus()!;
        var told = status.GetDetail<BadRequest>()!.FieldViolations;
        Assert.Equal("types[0].system", told[0].Field);
        Assert.Equal(WireStatus.More, told[^1]);
        Assert.InRange(told.Count, 20, FieldFaults.Max + 1);
        Assert.NotNull(status.GetDetail<ErrorInfo>());
        Assert.NotNull(status.GetDetail<RequestInfo>());
        Assert.True(RawAnswer.TrailerSize(refused) < WireStatus.TrailerBytesMax, $"{RawAnswer.TrailerSize(refused)}");
    }

    [Fact]
    public void Of_a_failure_that_is_too_large_reason_and_call_are_kept()
    {
        var status = new Status { Code = (int)StatusCode.InvalidArgument, Message = new string('é', 20_000) };
        status.Details.Add(
            Any.Pack(new ErrorInfo { Reason = "FIELDS_INVALID", Domain = "dmp", Metadata = { ["place"] = new string('x', 20_000) } }));
        status.Details.Add(Any.Pack(new LocalizedMessage { Locale = "fr-FR", Message = new string('é', 20_000) }));
        status.Details.Add(Any.Pack(new RequestInfo { RequestId = "one" }));
        var faults = new BadRequest();
        faults.FieldViolations.AddRange(Enumerable.Range(0, 500).Select(
            i => new BadRequest.Types.FieldViolation { Field = $"f[{i}]", Description = new string('x', 500) }));
        status.Details.Add(Any.Pack(faults));
        status.Details.Add(Any.Pack(new DebugInfo { Detail = new string('x', 20_000) }));

        var bound = WireStatus.Bound(status);
        Assert.True(RawAnswer.TrailerSize(bound.ToRpcException()) < WireStatus.TrailerBytesMax);
        Assert.Equal("FIELDS_INVALID", bound.GetDetail<ErrorInfo>()!.Reason);
        Assert.Equal("one", bound.GetDetail<RequestInfo>()!.RequestId);
    }

    [Fact]
    public void Only_as_many_faults_are_left_out_as_must()
    {
        var faults = Enumerable.Range(0, 50)
            .Select(i => new BadRequest.Types.FieldViolation { Field = $"types[{i}].system", Description = new string('x', 100) });
        var status = Failures.OfFields(ErrorReason.FieldsInvalid, faults).GetRpcStatus()!;
        var told = status.GetDetail<BadRequest>()!.FieldViolations;
        Assert.InRange(told.Count, 20, 49);
        Assert.Equal(WireStatus.More, told[^1]);
        Assert.NotEmpty(status.GetDetail<LocalizedMessage>()!.Message);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task Memory_does_not_follow_the_faults_of_messages()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads the memory of a process from /proc.");
        await using var server = await ServerProcess.StartAsync();
        var api = await server.AsAsync("patient-jeanne");
        var request = new SearchDocumentsRequest { RecordId = Given.NewId() };
        request.Statuses.AddRange(Enumerable.Repeat((DocumentStatus)99, 900_000));
        async Task AttackAsync(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                var refused = await Assert.ThrowsAsync<RpcException>(
                    async () => await api.Documents.SearchDocumentsAsync(request, cancellationToken: Given.Token));
                Assert.Equal("statuses", Assert.Single(refused.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field);
            }
        }

        await AttackAsync(4);
        var before = server.ReadMemory();
        server.ResetPeakMemory();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => AttackAsync(12)));
        var peak = server.ReadPeakMemory();
        Assert.True(peak < before + (200L << 20), $"{before >> 20} MiB before, {peak >> 20} MiB during 192 messages.");
    }
}
