using System.Buffers;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Content;
using Dmp.Server.Errors;
using Dmp.Server.Logging;
using Dmp.Server.Pipeline;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Documents;

internal sealed partial class DocumentService
{
    /// <summary>Bytes of one answer. Under the size at which .NET puts a buffer on the large-object heap.</summary>
    private const int ReadChunkBytes = 64 * 1024;

    /// <summary>Access is decided again after this many bytes or this long, whichever comes first.</summary>
    private const int RecheckBytes = 1024 * 1024;

    private static readonly TimeSpan recheckTime = TimeSpan.FromSeconds(1);

    public override async Task ReadDocument(
        ReadDocumentRequest request, IServerStreamWriter<ReadDocumentResponse> responses, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var (recordId, documentId) = Ids(call, request.RecordId, request.DocumentId, faults);
        faults.Require(request.Version >= 0, "version", "Must not be negative.");
        faults.Require(request.ReadOffset >= 0, "read_offset", "Must not be negative.");
        faults.Require(request.ReadLimit >= 0, "read_limit", "Must not be negative.");
        faults.ThrowIfAny();

        // The version is pinned by the first look: a replacement in the middle does not mix two contents.
        var row = await FindReadableAsync(call, recordId, documentId, request.Version, trace: false, ct);
        if (request.ReadOffset > row.SizeBytes)
        {
            throw Failures.Of(ErrorReason.ReadOffsetOutOfRange, ("size_bytes", $"{row.SizeBytes}"));
        }

        await using var content = await OpenAsync(row, ct);
        await FindReadableAsync(call, recordId, documentId, row.Version, trace: true, ct);
        await responses.WriteAsync(new ReadDocumentResponse { Document = row.ToMessage() }, ct);

        // Bytes are what they are: a compressor would only cost, and would copy each buffer.
        responses.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        var end = request.ReadLimit == 0 ? row.SizeBytes : Math.Min(row.SizeBytes, request.ReadOffset + request.ReadLimit);
        await SendAsync(content, request.ReadOffset, end, responses, () => FindReadableAsync(call, recordId, documentId, row.Version, trace: false, ct), ct);
    }

    private async Task SendAsync(
        IContentReader content,
        long offset,
        long end,
        IServerStreamWriter<ReadDocumentResponse> responses,
        Func<Task> recheckAsync,
        CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadChunkBytes);
        try
        {
            var checkedOffset = offset;
            var checkedTime = time.GetTimestamp();
            while (offset < end)
            {
                if (offset - checkedOffset >= RecheckBytes || time.GetElapsedTime(checkedTime) >= recheckTime)
                {
                    await recheckAsync();
                    checkedOffset = offset;
                    checkedTime = time.GetTimestamp();
                }

                var wanted = (int)Math.Min(ReadChunkBytes, end - offset);
                var read = await content.ReadAsync(offset, buffer.AsMemory(0, wanted), ct);
                if (read == 0)
                {
                    throw new ContentUnavailableException("A blob is shorter than its row says.");
                }

                // The buffer is free again when WriteAsync returns: the message has been copied to the connection by then.
                var data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read));
                await responses.WriteAsync(
                    new ReadDocumentResponse { Chunk = new ReadChunk { ReadOffset = offset, Data = data } }, ct);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Task<DocumentRow> FindReadableAsync(Call call, Guid recordId, Guid documentId, int version, bool trace, CancellationToken ct) =>
        database.OnConnectionAsync(connection => FindReadableAsync(connection, call, recordId, documentId, version, trace, ct), ct);

    private async Task<DocumentRow> FindReadableAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid documentId, int version, bool trace, CancellationToken ct)
    {
        var access = await policy.RequireAsync(connection, call, recordId, ct);
        var row = await FindAsync(connection, access, call, documentId, version, ct);
        if (!row.IsReadable)
        {
            throw Failures.Of(ErrorReason.DocumentNotFound);
        }

        if (row is { MasterKeyId: not null, WrappedKey: null })
        {
            throw Failures.Of(ErrorReason.ContentErased);
        }

        if (trace)
        {
            await audit.TraceReadAsync(connection, call, [TracedDocument.Of(row)], ct);
        }

        return row;
    }

    private async Task<IContentReader> OpenAsync(DocumentRow row, CancellationToken ct)
    {
        if (await vault.OpenAsync(ContentLocation.Of(row), ct) is { } reader)
        {
            return reader;
        }

        // A row without its blob is lost data, and an incident; it is never "not found" to the caller.
        DocumentLog.ContentLost(logger, row.DocumentId, row.Version, row.ContentId);
        throw new ContentUnavailableException("A blob is missing.");
    }
}
