using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>What comes back from a call, as bytes: status, details and every message. For comparing answers.</summary>
internal sealed record RawAnswer(StatusCode Status, string Content)
{
    private static readonly Marshaller<byte[]> bytes = Marshallers.Create(value => value, value => value);

    /// <summary>Sends one request to any method and takes all that comes back.</summary>
    public static async Task<(RawAnswer Answer, List<byte[]> Messages)> OfAsync(DmpApi api, MethodDescriptor method, IMessage request)
    {
        var messages = new List<byte[]>();
        try
        {
            await SendAsync(api, method, request, messages);
            return (new RawAnswer(StatusCode.OK, string.Join(' ', messages.Select(Convert.ToHexString))), messages);
        }
        catch (RpcException refused)
        {
            // The id of the call is the call's own; everything else must tell nothing.
            var details = refused.GetRpcStatus()?.Details.Where(detail => !detail.Is(RequestInfo.Descriptor)) ?? [];
            var content =
                $"{refused.Status.Detail} {string.Join(' ', details.Select(detail => Convert.ToHexString(detail.ToByteArray())))}";
            return (new RawAnswer(refused.StatusCode, content), messages);
        }
    }

    /// <summary>What HPACK counts for the trailers of a failure: names, values and 32 bytes for each.</summary>
    public static int TrailerSize(RpcException refused) =>
        refused.Trailers.Sum(entry => entry.Key.Length + 32 + (entry.IsBinary ? (entry.ValueBytes.Length + 2) / 3 * 4 : entry.Value.Length))
        + "grpc-message".Length + 32 + Uri.EscapeDataString(refused.Status.Detail).Length
        + "grpc-status".Length + 32 + 2;

    /// <summary>Sends one request to any method and keeps what comes back, until the end or the failure of the call.</summary>
    public static async Task SendAsync(DmpApi api, MethodDescriptor method, IMessage request, List<byte[]> messages)
    {
        var type = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (false, true) => MethodType.ServerStreaming,
            _ => MethodType.DuplexStreaming,
        };
        var rpc = new Method<byte[], byte[]>(type, method.Service.FullName, method.Name, bytes, bytes);
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        switch (type)
        {
            case MethodType.Unary:
                messages.Add(await api.Invoker.AsyncUnaryCall(rpc, null, options, request.ToByteArray()));
                break;
            case MethodType.ServerStreaming:
                using (var call = api.Invoker.AsyncServerStreamingCall(rpc, null, options, request.ToByteArray()))
                {
                    await ReadAllAsync(call.ResponseStream, messages);
                }

                break;
            default:
                using (var call = api.Invoker.AsyncDuplexStreamingCall(rpc, null, options))
                {
                    await call.RequestStream.OfferAsync(request.ToByteArray());
                    await call.RequestStream.CompleteAsync();
                    await ReadAllAsync(call.ResponseStream, messages);
                }

                break;
        }
    }

    private static async Task ReadAllAsync(IAsyncStreamReader<byte[]> stream, List<byte[]> messages)
    {
        while (await stream.MoveNext(TestContext.Current.CancellationToken))
        {
            messages.Add(stream.Current);
        }
    }
}
