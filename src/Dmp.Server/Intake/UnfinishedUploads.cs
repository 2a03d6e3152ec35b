using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>Uploads that broke, and who may take them up.</summary>
internal sealed class UnfinishedUploads(
    ContentVault vault,
    IOptions<UploadOptions> uploadOptions,
    TimeProvider time,
    UploadAdmission admission)
{
    /// <summary>
    /// Takes an unfinished upload away from whatever call had it. Once that is committed, the call lets go of it
    /// (<see cref="LiveUploads.EndAsync"/>).
    /// </summary>
    public async Task<UploadPlan> TakeUpAsync(
        NpgsqlConnection connection, RecordAccess access, UploadFacts facts, UploadPlan intent, UploadRow row, CancellationToken ct)
    {
        await admission.RequireGoodAsync(connection, access, facts, intent, ct);
        if (!await ContentVault.IsLivingAsync(connection, row.RecordId, row.RecordKeyId, ct))
        {
            // What was sent was erased with the rest of the record: it begins again, as other content.
            using var key = await vault.KeyOfAsync(connection, access.RecordId, ct);
            row = row with { ContentId = Guid.CreateVersion7(time.GetUtcNow()), RecordKeyId = key.RecordKeyId };
        }

        if (!await UnfinishedUploadSql.TakeUpAsync(connection, row, time.GetUtcNow(), ct))
        {
            throw Failures.Of(ErrorReason.RequestInProgress, ("request_id", intent.RequestId.ToString()));
        }

        return intent with
        {
            UploadId = row.UploadId,
            ContentId = row.ContentId,
            RecordKeyId = row.RecordKeyId,
            Generation = row.Generation + 1,
        };
    }

    /// <summary>A call holds it, as far as its last sign of life tells.</summary>
    public bool IsRunning(UploadRow row) =>
        row.Running && row.HeartbeatTime > time.GetUtcNow().AddSeconds(-uploadOptions.Value.AbandonSeconds);
}
