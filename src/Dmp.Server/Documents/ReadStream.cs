using System.Buffers;
using Dmp.Document.V1;
using Dmp.Storage;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Server.Documents;

/// <summary>The bytes of a document on their way to a caller: while one piece is sent, the next is read and opened.</summary>
internal static class ReadStream
{
    /// <summary>Bytes of one answer. Under the size at which .NET puts a caller's buffer on the large-object heap.</summary>
    private const int ChunkBytes = 64 * 1024;

    /// <summary>Bytes read at once, and flushed to the connection at once: each costs a change of threads.</summary>
    private const int ReadBytes = 4 * ChunkBytes;

    // Bytes are what they are: a compressor would only cost, and would copy each buffer.
    private static readonly WriteOptions held = new(WriteFlags.NoCompress | WriteFlags.BufferHint);
    private static readonly WriteOptions flushed = new(WriteFlags.NoCompress);

    public static async Task SendAsync(
        IContentReader content,
        long offset,
        long end,
        IServerStreamWriter<ReadDocumentResponse> responses,
        ReadPermission permission,
        CancellationToken ct)
    {
        var size = (int)Math.Min(ReadBytes, end - offset);
        var (buffer, spare) = (ArrayPool<byte>.Shared.Rent(size), ArrayPool<byte>.Shared.Rent(size));
        var reading = ReadAsync(content, offset, end, buffer, ct);
        try
        {
            while (offset < end)
            {
                var read = await reading;
                if (read == 0)
                {
                    throw new ContentUnavailableException("A blob is shorter than its row says.");
                }

                reading = ReadAsync(content, offset + read, end, spare, ct);
                for (var sent = 0; sent < read; sent += ChunkBytes)
                {
                    var chunk = buffer.AsMemory(sent, Math.Min(ChunkBytes, read - sent));
                    await permission.RequireAsync(chunk.Length);

                    // The buffer is free again when WriteAsync returns: the message has been copied to the connection by then, flushed
                    // or not.
                    var data = UnsafeByteOperations.UnsafeWrap(chunk);
                    responses.WriteOptions = sent + ChunkBytes < read ? held : flushed;
                    await responses.WriteAsync(
                        new ReadDocumentResponse { Chunk = new ReadChunk { ReadOffset = offset + sent, Data = data } }, ct);
                }

                offset += read;
                (buffer, spare) = (spare, buffer);
            }
        }
        finally
        {
            // A read that nobody waits for any more still writes into its buffer.
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(buffer);
            ArrayPool<byte>.Shared.Return(spare);
        }
    }

    private static Task<int> ReadAsync(IContentReader content, long offset, long end, byte[] buffer, CancellationToken ct) => offset < end
        ? content.ReadAsync(offset, buffer.AsMemory(0, (int)Math.Min(ReadBytes, end - offset)), ct).AsTask()
        : Task.FromResult(0);
}
