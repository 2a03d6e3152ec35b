using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>A document received over one call that may break and be taken up.</summary>
internal sealed class UploadDocument(
    UploadPlanning planning,
    UploadOpening opening,
    UploadReceivers receivers,
    UploadCommit commit,
    UploadRelease release,
    IOptions<UploadOptions> uploadOptions)
{
    public async Task RunAsync(
        Call call,
        IAsyncStreamReader<UploadDocumentRequest> requests,
        IServerStreamWriter<UploadDocumentResponse> responses,
        CancellationToken ct)
    {
        using var messages = new UploadMessages(requests, uploadOptions.Value, ct);
        var first = await messages.ReadFirstAsync();
        var asked = first.Intent is { } message ? planning.Check(call, message) : null;
        if (asked is { Message.ValidateOnly: true })
        {
            await opening.ValidateOnlyAsync(call, asked, ct);
            await responses.WriteAsync(receivers.Accepted(asked, "", 0), ct);
            return;
        }

        var (plan, earlier) = asked is not null
            ? await opening.OpenAsync(call, asked, ct)
            : await opening.ResumeAsync(call, first.Resume, ct);
        if (plan is null)
        {
            await responses.WriteAsync(earlier!, ct);
            return;
        }

        await using var receiver = receivers.New(plan, call.Caller, messages.EndWith);
        try
        {
            await receiver.TakeUpAsync(ct);
            await responses.WriteAsync(receivers.Accepted(plan, plan.UploadId.ToString(), receiver.Sink.Size), ct);
            await responses.WriteAsync(await ReceiveAsync(call, messages, receiver, responses), ct);
        }
        catch (Exception failure)
        {
            // Before its row goes: without one, its next sign of life looks as if another call had taken it.
            var isTakenOver = receiver.IsTakenOver;
            await release.EndAsync(receiver, messages.Finish is not null, failure);
            if (isTakenOver)
            {
                throw Failures.Of(ErrorReason.UploadTakenOver, ("request_id", plan.RequestId.ToString()));
            }

            throw;
        }
    }

    private async Task<UploadDocumentResponse> ReceiveAsync(
        Call call, UploadMessages messages, UploadReceiver receiver, IServerStreamWriter<UploadDocumentResponse> responses)
    {
        while (await messages.ReadAsync() is { } chunk)
        {
            if (await receiver.ReceiveAsync(chunk) is { } size)
            {
                await responses.WriteAsync(
                    new UploadDocumentResponse { Progress = new UploadProgress { PersistedSize = size } }, receiver.LetGo);
            }
        }

        return await commit.CommitAsync(call, messages.Finish!, receiver);
    }
}
