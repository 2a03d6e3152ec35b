using System.Security.Cryptography;
using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Benchmarks;

/// <summary>
/// The floor of an upload: the same messages on the same transport, and only hashing and writing the file. No token, no
/// rule, no database, no flush to the disk.
/// </summary>
internal sealed class SinkService(string directory) : DocumentService.DocumentServiceBase
{
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
        }

        File.Delete(path);
        await responseStream.WriteAsync(new UploadDocumentResponse
        {
            Document = new Document.V1.Document
            {
                DocumentId = Guid.NewGuid().ToString(),
                Version = 1,
                Content = new DocumentContent { SizeBytes = size, Sha256 = ByteString.CopyFrom(sha256.GetHashAndReset()) },
            },
        });
    }
}
