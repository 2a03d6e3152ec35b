using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>A document received over one call that may break and be taken up.</summary>
internal sealed class UploadDocument(IntakeStages intake, IOptions<UploadOptions> uploadOptions)
{
    public async Task RunAsync(
        Call call,
        IAsyncStreamReader<UploadDocumentRequest> requests,
        IServerStreamWriter<UploadDocumentResponse> responses,
        CancellationToken ct)
    {
        using var messages = new UploadMessages(requests, uploadOptions.Value, ct);
        var first = await messages.ReadFirstAsync();
        if (first.Intent is { ValidateOnly: true } asked)
        {
            var plan = intake.Planning.Check(call, asked);
            await intake.Opening.ValidateOnlyAsync(call, plan, ct);
            await responses.WriteAsync(intake.Receivers.Accepted(plan, "", 0), ct);
            return;
        }

        var (intent, earlier) = first.Intent is { } message
            ? await intake.Opening.OpenAsync(call, message, ct)
            : await intake.Opening.ResumeAsync(call, first.Resume, ct);
        if (earlier is not null)
        {
            await responses.WriteAsync(earlier, ct);
            return;
        }

        await using var receiver = intake.Receivers.New(intent!, call.Caller, messages.EndWith);
        try
        {
            await receiver.TakeUpAsync(ct);
            await responses.WriteAsync(intake.Receivers.Accepted(intent!, intent!.UploadId.ToString(), receiver.Sink.Size), ct);
            await responses.WriteAsync(await ReceiveAsync(call, intent, messages, receiver, responses), ct);
        }
        catch (Exception failure)
        {
            await intake.Release.EndAsync(call.Caller, intent!, receiver, messages.Finish is not null, failure);
            if (receiver.IsTakenOver)
            {
                throw Failures.Of(ErrorReason.UploadTakenOver, ("request_id", intent!.RequestId.ToString()));
            }

            throw;
        }
    }

    private async Task<UploadDocumentResponse> ReceiveAsync(
        Call call,
        UploadPlan intent,
        UploadMessages messages,
        UploadReceiver receiver,
        IServerStreamWriter<UploadDocumentResponse> responses)
    {
        var told = receiver.Sink.PersistedSize;
        while (await messages.ReadAsync() is { } chunk)
        {
            await receiver.AppendAsync(chunk);
            if (chunk.Flush || receiver.Sink.PersistedSize - told >= UploadReceivers.ProgressBytes)
            {
                told = chunk.Flush ? await receiver.FlushAsync() : receiver.Sink.PersistedSize;
                await responses.WriteAsync(
                    new UploadDocumentResponse { Progress = new UploadProgress { PersistedSize = told } }, receiver.LetGo);
            }
        }

        return await intake.Commit.CommitAsync(call, intent, messages.Finish!, receiver.Sink, receiver.LetGo);
    }
}
