using Dmp.Annotations.V1;
using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace Dmp.Server.Tests.Limits;

/// <summary>Every field of every method, with values that nobody sends in good faith, through the wire and by a caller who may
/// call.</summary>
public sealed class EveryFieldTests(Platform platform)
{
    public static TheoryData<string> Methods => new(Descriptors.Select(method => method.FullName));

    private static IEnumerable<MethodDescriptor> Descriptors => OfferedServices.All.SelectMany(service => service.Methods);

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Bad_input_is_the_callers_fault_and_is_named_and_the_connection_goes_on(string name)
    {
        var method = Descriptors.Single(one => one.FullName == name);
        var record = await platform.RecordAsync();
        var connections = 0;
        using var channel = GrpcChannel.ForAddress(platform.Server.Address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (context, ct) =>
                {
                    Interlocked.Increment(ref connections);
                    var socket = new System.Net.Sockets.Socket(
                        System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp)
                    {
                        NoDelay = true,
                    };
                    await socket.ConnectAsync(context.DnsEndPoint, ct);
                    return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
                },
            },
        });
        var api = new DmpApi(channel, TokenFor(method, record));
        foreach (var hostile in HostileField.Of(method.InputType))
        {
            var request = Base(method.InputType, record, hostile);
            hostile.WriteTo(request);
            var (status, size) = await SendAsync(api, method, request);
            Assert.True(status?.Code is not ((int)StatusCode.Internal or (int)StatusCode.Unknown), $"{hostile}: {status}");
            Assert.True(size < 6 * 1024, $"{hostile}: {size} bytes of trailers.");
            if (hostile.IsForbidden && IsChecked(hostile))
            {
                Assert.True(status is not null, $"{hostile} was taken.");
                var fields = status.GetDetail<BadRequest>()?.FieldViolations.Select(fault => fault.Field).ToList() ?? [];
                Assert.True(
                    status.GetDetail<ErrorInfo>()?.Reason == "FIELDS_INVALID" && fields.Any(field => IsSame(method, field, hostile.Path)),
                    $"{hostile}: {status.GetDetail<ErrorInfo>()?.Reason}, {string.Join(", ", fields)}");
            }
        }

        var alive = await new DmpApi(channel, platform.Callers.Token(record.Physician)).Records.GetRecordAsync(
            new() { RecordId = record.Id }, cancellationToken: Given.Token);
        Assert.Equal(record.Id, alive.Record.RecordId);
        Assert.Equal(1, connections);
    }

    // In a dialogue pieces and ends of what was not begun are faults of the dialogue, and the sizes of pieces have a reason of their own.
    private static bool IsChecked(HostileField hostile) => hostile.Way[0].Name is not ("chunk" or "finish");

    // In a dialogue the path begins inside of the message.
    private static bool IsSame(MethodDescriptor method, string told, string path) =>
        told == path || (method.IsClientStreaming && told.Length > 0 && path.EndsWith($".{told}", StringComparison.Ordinal));

    private static IMessage Base(MessageDescriptor message, OpenedRecord record, HostileField hostile)
    {
        var request = message.Parser.ParseFrom(ByteString.Empty);
        Fill(request, record);
        if (request is ImportDocumentsRequest import && hostile.Way[0].MessageType is { } begun)
        {
            var part = begun.Parser.ParseFrom(ByteString.Empty);
            begun.FindFieldByName("item").Accessor.SetValue(part, 1L);
            if (begun.FindFieldByName("intent") is { } intent)
            {
                var inner = intent.MessageType.Parser.ParseFrom(ByteString.Empty);
                Fill(inner, record);
                intent.Accessor.SetValue(part, inner);
            }

            hostile.Way[0].Accessor.SetValue(import, part);
        }

        return request;
    }

    private static void Fill(IMessage message, OpenedRecord record)
    {
        message.Descriptor.FindFieldByName("record_id")?.Accessor.SetValue(message, record.Id);
        message.Descriptor.FindFieldByName("request_id")?.Accessor.SetValue(message, Given.NewId());
    }

    /// <summary>The failure, of the call or of what it was about; null when it was taken. And the size of its trailers.</summary>
    private static async Task<(Google.Rpc.Status? Status, int Size)> SendAsync(DmpApi api, MethodDescriptor method, IMessage request)
    {
        try
        {
            List<byte[]> messages = [];
            await RawAnswer.SendAsync(api, method, request, messages);
            var failed = method.Name != "ImportDocuments" ? null : messages.Select(ImportDocumentsResponse.Parser.ParseFrom)
                .Select(answer => answer.Result?.Error).FirstOrDefault(error => error is not null);
            return (failed, 0);
        }
        catch (RpcException refused)
        {
            return (refused.GetRpcStatus() ?? new Google.Rpc.Status
            {
                Code = (int)refused.StatusCode,
                Message = refused.Status.Detail,
            }, RawAnswer.TrailerSize(refused));
        }
    }

    private string TokenFor(MethodDescriptor method, OpenedRecord record)
    {
        var rule = method.GetOptions().GetExtension(AnnotationsExtensions.Access);
        return rule switch
        {
            { Professional: not Relation.Unspecified } => platform.Callers.Token(record.Physician),
            { Patient: not Relation.Unspecified } => platform.Callers.Token(record.Patient),
            { Operator: not Relation.Unspecified } => platform.Callers.RoleToken("operator", "dmp.operator"),
            { Auditor: not Relation.Unspecified } => platform.Callers.RoleToken("auditor", "dmp.auditor"),
            _ => throw new NotSupportedException(method.FullName),
        };
    }
}
