using System.Security.Cryptography;
using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>A document of an import under way, kept until it is answered: what is sent again is what was sent before.</summary>
internal sealed class ImportEntry(ImportItem item)
{
    public ImportItem Item => item;

    public string RequestId { get; } = item.Options.RequestId is { Length: > 0 } own ? own : DmpClient.NewRequestId();

    /// <summary>The whole document, when it is small; else null.</summary>
    public ImportDocument? Message { get; private set; }

    /// <summary>How often it failed for a reason that may pass.</summary>
    public int Failures { get; set; }

    /// <summary>When it is tried again; made with the first failure.</summary>
    public RetryPolicy? Retries { get; set; }

    /// <summary>Not sent again before, as the time provider counts.</summary>
    public long NotBefore { get; set; }

    public int Bytes => Message!.Content.Length;

    /// <summary>Reads the bytes of a document of at most <paramref name="bytesMax"/>; a larger one is left alone.</summary>
    public async Task ReadAsync(int bytesMax, bool validateOnly, CancellationToken cancellationToken)
    {
        var content = await OpenAsync(item, cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            try
            {
                if (content.CanSeek && content.Length - content.Position > bytesMax)
                {
                    return;
                }
                var buffer = new byte[content.CanSeek ? (int)(content.Length - content.Position) + 1 : bytesMax + 1];
                var read = await content.ReadAtLeastAsync(
                    buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                if (read > bytesMax || read == buffer.Length)
                {
                    return;
                }
                var intent = DmpClient.Intent(item.RecordId, item.Metadata, item.Options with { RequestId = RequestId });
                intent.ValidateOnly = validateOnly;
                if (intent.ExpectedSha256.IsEmpty)
                {
                    intent.ExpectedSha256 = UnsafeByteOperations.UnsafeWrap(SHA256.HashData(buffer.AsSpan(0, read)));
                }
                Message = new ImportDocument { Intent = intent, Content = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
            }
            catch (Exception unreadable) when (IsUnreadable(unreadable, cancellationToken))
            {
                throw Unreadable(unreadable);
            }
        }
    }

    public static async ValueTask<Stream> OpenAsync(ImportItem item, CancellationToken cancellationToken)
    {
        try
        {
            return await item.Open(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (unreadable is UnauthorizedAccessException || IsUnreadable(unreadable, cancellationToken))
        {
            throw Unreadable(unreadable);
        }
    }

    /// <summary>The source failed, or gave up by a time limit of its own: another document may be read all the same.</summary>
    public static bool IsUnreadable(Exception failure, CancellationToken cancellationToken) =>
        failure is IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public static DmpException Unreadable(Exception cause) =>
        new(StatusCode.DataLoss, "The content of the document cannot be read here.", cause);
}
