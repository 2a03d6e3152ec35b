using System.Security.Cryptography;
using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Client.Tests.Fixtures;

/// <summary>The well-behaved platform side of a transfer, and bytes to move.</summary>
public static class Transfers
{
    public const int ChunkBytesMax = 100_000;

    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    public static DocumentEntry Describe(ReadOnlySpan<byte> content, int version = 1) => new()
    {
        DocumentId = "doc-1",
        Version = version,
        Content = new DocumentContent { SizeBytes = content.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(content)) },
    };

    public static UploadDocumentResponse Accepted =>
        new() { Accepted = new UploadAccepted { UploadId = "up-1", MaxChunkBytes = ChunkBytesMax } };

    /// <summary>Reads the intent, accepts it, and keeps what follows until `finish`, checking every rule of the contract.</summary>
    public static async Task<(UploadIntent Intent, byte[] Content)> ReceiveAsync(
        IAsyncStreamReader<UploadDocumentRequest> requests, IServerStreamWriter<UploadDocumentResponse> answers, CancellationToken ct)
    {
        Assert.True(await requests.MoveNext(ct));
        var intent = requests.Current.Intent;
        Assert.NotNull(intent);
        return (intent, await ReceiveRestAsync(requests, answers, ct));
    }

    /// <summary>The same, also of an upload that is taken up of which the platform has nothing.</summary>
    public static async Task<byte[]> ReceiveAllAsync(
        IAsyncStreamReader<UploadDocumentRequest> requests, IServerStreamWriter<UploadDocumentResponse> answers, CancellationToken ct)
    {
        Assert.True(await requests.MoveNext(ct));
        return await ReceiveRestAsync(requests, answers, ct);
    }

    private static async Task<byte[]> ReceiveRestAsync(
        IAsyncStreamReader<UploadDocumentRequest> requests, IServerStreamWriter<UploadDocumentResponse> answers, CancellationToken ct)
    {
        await answers.WriteAsync(Accepted, ct);
        using var content = new MemoryStream();
        while (await requests.MoveNext(ct))
        {
            if (requests.Current.Finish is { } finish)
            {
                Assert.Equal(content.Length, finish.SizeBytes);
                Assert.Equal(SHA256.HashData(content.ToArray()), finish.Sha256.ToByteArray());
                return content.ToArray();
            }
            var chunk = requests.Current.Chunk;
            Assert.Equal(content.Length, chunk.WriteOffset);
            Assert.InRange(chunk.Data.Length, 0, ChunkBytesMax);
            chunk.Data.WriteTo(content);
            await answers.WriteAsync(new UploadDocumentResponse { Progress = new UploadProgress { PersistedSize = content.Length } }, ct);
        }
        throw new InvalidOperationException("The upload ended without finish.");
    }

    public static async Task SendAsync(
        byte[] content, ReadDocumentRequest request, IServerStreamWriter<ReadDocumentResponse> answers, int stopAfter = int.MaxValue,
        int version = 1)
    {
        await answers.WriteAsync(new ReadDocumentResponse { Document = Describe(content, version) });
        var end = request.ReadLimit > 0 ? Math.Min(content.Length, request.ReadOffset + request.ReadLimit) : content.Length;
        var sent = 0;
        for (var offset = (int)request.ReadOffset; offset < end && sent < stopAfter; offset += 50_000)
        {
            var length = (int)Math.Min(50_000, end - offset);
            await answers.WriteAsync(new ReadDocumentResponse
            {
                Chunk = new ReadChunk { ReadOffset = offset, Data = ByteString.CopyFrom(content, offset, length) },
            });
            sent += length;
        }
    }
}
