using System.Security.Cryptography;
using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Dmp.Benchmarks;

/// <summary>
/// The floor of a small upload that is durable: the same messages on the same transport, hashed, in a file that is flushed to the disk,
/// with one row in the same PostgreSQL. No token, no rule, no trace.
/// </summary>
internal sealed class SmallSinkService(string directory, NpgsqlDataSource source) : DocumentService.DocumentServiceBase
{
    public const string Table = "create table benchmark_sink (id uuid primary key, size_bytes bigint not null, sha256 bytea not null)";

    public override async Task UploadDocument(
        IAsyncStreamReader<UploadDocumentRequest> requestStream,
        IServerStreamWriter<UploadDocumentResponse> responseStream,
        ServerCallContext context)
    {
        var id = Guid.NewGuid();
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = 0L;
        await using (var file = new FileStream(
            Path.Combine(directory, id.ToString("N")), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
            {
                if (message.Intent is not null)
                {
                    await responseStream.WriteAsync(new UploadDocumentResponse
                    {
                        Accepted =
                            new UploadAccepted { UploadId = id.ToString(), MaxChunkBytes = 256 * 1024, MaxDocumentBytes = long.MaxValue },
                    });
                }

                if (message.Chunk is { } chunk)
                {
                    sha256.AppendData(chunk.Data.Span);
                    size += chunk.Data.Length;
                    await file.WriteAsync(chunk.Data.Memory, context.CancellationToken);
                }
            }

            file.Flush(flushToDisk: true);
        }

        var digest = sha256.GetHashAndReset();
        await using (var insert = source.CreateCommand("insert into benchmark_sink values ($1, $2, $3)"))
        {
            insert.Parameters.Add(new NpgsqlParameter { Value = id });
            insert.Parameters.Add(new NpgsqlParameter { Value = size });
            insert.Parameters.Add(new NpgsqlParameter { Value = digest });
            await insert.ExecuteNonQueryAsync(context.CancellationToken);
        }

        await responseStream.WriteAsync(new UploadDocumentResponse
        {
            Document = new Document.V1.Document
            {
                DocumentId = id.ToString(),
                Version = 1,
                Content = new DocumentContent { SizeBytes = size, Sha256 = ByteString.CopyFrom(digest) },
            },
        });
    }
}
