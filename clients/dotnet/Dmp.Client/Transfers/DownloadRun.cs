using System.Security.Cryptography;
using Dmp.Document.V1;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// One download over as many streams as it takes. What was received stays: a broken stream is taken up at the next byte,
/// with the version pinned so that a replacement in between cannot mix two contents.
/// </summary>
internal sealed class DownloadRun(
    string recordId, string documentId, Stream destination, DownloadOptions options, IProgress<TransferProgress>? progress) : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private DocumentEntry? document;
    private long received;

    public long Received => received;

    /// <summary>True when every byte asked for is here, even if the stream broke afterwards.</summary>
    public bool IsComplete => document is not null && received == BytesWanted;

    private long BytesWanted
    {
        get
        {
            var rest = document!.Content.SizeBytes - options.Offset;
            return options.Limit > 0 ? Math.Min(options.Limit, rest) : rest;
        }
    }

    public void Dispose() => hash.Dispose();

    /// <summary>Reads one stream to its end. Throws what gRPC throws; a stall is UNAVAILABLE.</summary>
    public async Task ReadStreamAsync(
        DocumentService.DocumentServiceClient documents, CallCredentials credentials, StallGuard guard)
    {
        var request = new ReadDocumentRequest
        {
            RecordId = recordId,
            DocumentId = documentId,
            Version = document?.Version ?? options.Version,
            ReadOffset = options.Offset + received,
            ReadLimit = options.Limit > 0 ? options.Limit - received : 0,
        };
        try
        {
            using var call = documents.ReadDocument(request, new CallOptions(credentials: credentials, cancellationToken: guard.Token));
            while (await call.ResponseStream.MoveNext(guard.Token).ConfigureAwait(false))
            {
                guard.Pause();
                var message = call.ResponseStream.Current;
                switch (message.MessageCase)
                {
                    case ReadDocumentResponse.MessageOneofCase.Document:
                        Accept(message.Document);
                        break;
                    case ReadDocumentResponse.MessageOneofCase.Chunk:
                        await AcceptAsync(message.Chunk, guard.Token).ConfigureAwait(false);
                        break;
                    default:
                        // A message of a newer contract says nothing that this version needs.
                        break;
                }
                guard.Moved();
            }
        }
        catch (Exception failure) when (guard.Stalled && failure is RpcException or OperationCanceledException)
        {
            throw guard.ToException();
        }
    }

    /// <summary>Every byte is here and, when the whole document was read, has the digest the platform stored.</summary>
    public DocumentEntry Verify()
    {
        if (this.document is not { } document)
        {
            throw new DmpIntegrityException("The download ended before the document was described.");
        }
        if (received != BytesWanted)
        {
            throw new DmpIntegrityException($"{received} bytes of document {documentId} arrived where {BytesWanted} were expected.");
        }
        var whole = options.Offset == 0 && received == document.Content.SizeBytes;
        if (whole && !document.Content.Sha256.Span.SequenceEqual(hash.GetCurrentHash()))
        {
            throw new DmpIntegrityException($"The bytes of document {documentId} do not have the digest the platform stored.");
        }
        return document;
    }

    private void Accept(DocumentEntry document)
    {
        if (document.Content is null)
        {
            throw new DmpIntegrityException($"The platform described document {documentId} without its digest.");
        }
        if (this.document is not null
            && (this.document.Version != document.Version || !this.document.Content.Sha256.Equals(document.Content.Sha256)))
        {
            throw new DmpIntegrityException($"Document {documentId} changed while it was read.");
        }
        this.document ??= document;
    }

    private async Task AcceptAsync(ReadChunk chunk, CancellationToken cancellationToken)
    {
        if (document is null || chunk.ReadOffset != options.Offset + received || received + chunk.Data.Length > BytesWanted)
        {
            throw new DmpIntegrityException($"The bytes of document {documentId} arrived out of order.");
        }
        hash.AppendData(chunk.Data.Span);
        await destination.WriteAsync(chunk.Data.Memory, cancellationToken).ConfigureAwait(false);
        received += chunk.Data.Length;
        progress?.Report(new TransferProgress(received, received, BytesWanted));
    }
}
