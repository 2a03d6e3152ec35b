using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Dmp.Storage;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>Receivers of the bytes of uploads, and what a caller is told when one is ready.</summary>
internal sealed class UploadReceivers(
    ContentVault vault,
    LiveUploads liveUploads,
    Database database,
    IOptions<UploadOptions> uploadOptions,
    TimeProvider time)
{
    /// <summary>The caller hears how far the upload is after this many bytes.</summary>
    public const int ProgressBytes = 4 * 1024 * 1024;

    /// <summary>A receiver for one upload in one call. <paramref name="held"/>: told once another call may take the upload away.</summary>
    public UploadReceiver New(UploadPlan plan, Caller caller, Action<CancellationToken> held) =>
        new(plan, caller, vault, liveUploads, database, uploadOptions.Value, time) { Held = held };

    /// <summary>What the caller may send now. An empty id: nothing of the upload is kept.</summary>
    public UploadDocumentResponse Accepted(UploadPlan intent, string uploadId, long persistedSize) => new()
    {
        Accepted = new UploadAccepted
        {
            UploadId = uploadId,
            ExpireTime = (time.GetUtcNow() + uploadOptions.Value.ExpireAfter).ToTimestamp(),
            MaxChunkBytes = uploadOptions.Value.ChunkBytesMax,
            MaxDocumentBytes = uploadOptions.Value.DocumentBytesMax,
            Warnings = { UploadPlan.Warnings(intent.Metadata) },
            PersistedSize = persistedSize,
        },
    };
}
