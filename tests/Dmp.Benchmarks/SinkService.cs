using System.Security.Cryptography;
using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Benchmarks;

/// <summary>
/// The floor of transfers: the same messages on the same transport. An upload is hashed, written to a file and flushed to the disk; a
/// download is a file that is read. No token, no rule, no database, no encryption.
/// </summary>
internal sealed class SinkService(string directory) : DocumentService.DocumentServiceBase
{
    private const string SourceName = "source";

    /// <summary>Sends the file of the last upload.</summary>
    public override async Task ReadDocument(
        ReadDocumentRequest request, IServerStreamWriter<ReadDocumentResponse> responseStream, ServerCallContext context)
    {
        await using var file = new FileStream(
            Path.Combine(directory, SourceName), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
        await responseStream.WriteAsync(new ReadDocumentResponse { Document = Describe(file.Length, request.DocumentId) });
        responseStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        var buffer = new byte[64 * 1024];
        int read;
        for (var offset = 0L; (read = await file.ReadAsync(buffer, context.CancellationToken)) > 0; offset += read)
        {
            var data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read));
            await responseStream.WriteAsync(new ReadDocumentResponse { Chunk = new ReadChunk { ReadOffset = offset, Data = data } });
        }
    }

    public override async Task UploadDocument(
        IAsyncStreamReader<UploadDocumentRequest> requestStream,
        IServerStreamWriter<UploadDocumentResponse> responseStream,
        ServerCallContext context)
    {
        var path = Path.Combine(directory, Guid.NewGuid().ToString("N"));
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = 0L;
        await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
            {
                if (message.Intent is not null)
                {
                    await responseStream.WriteAsync(new UploadDocumentResponse
                    {
                        Accepted = new UploadAccepted { UploadId = path, MaxChunkBytes = 256 * 1024, MaxDocumentBytes = long.MaxValue },
                    });
                }

                if (message.Chunk is { } chunk)
                {
                    sha256.AppendData(chunk.Data.Span);
                    size += chunk.Data.Length;
                    await file.WriteAsync(chunk.Data.Memory, context.CancellationToken);
                }
            }

            await Task.Run(() => file.Flush(flushToDisk: true));
        }

        File.Move(path, Path.Combine(directory, SourceName), overwrite: true);
        await responseStream.WriteAsync(new UploadDocumentResponse
        {
            Document = Describe(size, Convert.ToHexString(sha256.GetHashAndReset())),
        });
    }

    /// <summary>The id of a document of the sink is its digest.</summary>
    private static Document.V1.Document Describe(long size, string sha256) => new()
    {
        DocumentId = sha256,
        Version = 1,
        Content = new DocumentContent { SizeBytes = size, Sha256 = ByteString.CopyFrom(Convert.FromHexString(sha256)) },
    };
}
