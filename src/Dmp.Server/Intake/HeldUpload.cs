using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Server.Calls;
using Google.Protobuf;

namespace Dmp.Server.Intake;

/// <summary>A small document that the server wrote itself, taken in as an upload of its caller.</summary>
internal sealed class HeldUpload(
    UploadPlanning planning, UploadOpening opening, UploadReceivers receivers, UploadCommit commit, UploadRelease release)
{
    /// <summary>The document, or that of an earlier call with the same request id and the same bytes.</summary>
    public async Task<Document.V1.Document> TakeAsync(Call call, UploadIntent intent, byte[] content, CancellationToken ct)
    {
        var (plan, earlier) = await opening.OpenAsync(call, planning.Check(call, intent), ct);
        if (plan is null)
        {
            return earlier!.Document;
        }

        await using var receiver = receivers.New(plan, call.Caller, static _ => { });
        try
        {
            await receiver.TakeUpAsync(ct);
            await receiver.ReceiveAsync(new UploadChunk { Data = UnsafeByteOperations.UnsafeWrap(content) });
            UploadFinish finish = new()
            {
                Sha256 = UnsafeByteOperations.UnsafeWrap(SHA256.HashData(content)),
                SizeBytes = content.Length,
            };
            return (await commit.CommitAsync(call, finish, receiver)).Document;
        }
        catch (Exception failure)
        {
            await release.EndAsync(receiver, finished: true, failure);
            throw;
        }
    }
}
