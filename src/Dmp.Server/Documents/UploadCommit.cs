using System.Runtime.ExceptionServices;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Server.Pipeline;
using Dmp.Storage;

namespace Dmp.Server.Documents;

/// <summary>From bytes that have come to a document.</summary>
internal sealed partial class DocumentService
{
    /// <summary>
    /// The bytes become a document, alone or with others of the same caller that are complete at the same moment. Whatever fails before its transaction commits leaves the bytes where they are;
    /// <see cref="EndAsync"/> decides about them.
    /// </summary>
    private async Task<UploadDocumentResponse> CommitAsync(
        Call call, UploadPlan intent, UploadFinish finish, UploadSink sink, CancellationToken ct)
    {
        var upload = await CompleteAsync(call, intent, finish, sink, ct);
        await uploadQueues.CommitAsync(upload, batch => CommitAllAsync(batch.Select(one => new CommitUnit(one)), CancellationToken.None));
        if (upload.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        if (!upload.IsAdded)
        {
            // An earlier call had finished it, with bytes of its own.
            await ForgetAsync(call.Caller, intent, sink);
        }

        return upload.Response!;
    }

    /// <summary>All that can be said about the bytes without the database; what is larger is durable behind this.</summary>
    private async Task<CompleteUpload> CompleteAsync(
        Call call, UploadPlan intent, UploadFinish finish, UploadSink sink, CancellationToken ct)
    {
        var content = sink.Digests();
        UploadContentRules.RequireAnnounced(finish, intent.Message, content);
        await using var reader = sink.Reader();
        var upload = await DescribeAsync(call, intent, content, sink.Form(), reader, sink.IsSmall ? (ReadOnlyMemory<byte>?)sink.Small : null, sink.RecordKeyId, ct);
        await sink.CommitAsync(ct);
        return upload;
    }

    private async Task<CompleteUpload> DescribeAsync(
        Call call,
        UploadPlan intent,
        ContentDigests content,
        SniffedForm sniffed,
        IContentReader reader,
        ReadOnlyMemory<byte>? small,
        Guid? recordKeyId,
        CancellationToken ct)
    {
        if (intent.Metadata.MediaType.Length > 0 && !UploadContentRules.Agrees(intent.Metadata.MediaType, sniffed))
        {
            throw Failures.Of(ErrorReason.MediaTypeMismatch, ("media_type", intent.Metadata.MediaType));
        }

        var (described, form) = await WithHeaderAsync(call, intent, reader, sniffed, ct);
        return new CompleteUpload(call, described, content, form, small, recordKeyId);
    }
}
