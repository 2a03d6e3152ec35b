using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Storage;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>What becomes of the bytes of an upload that does not become a document.</summary>
internal sealed class UploadRelease(Database database, IContentStore contentStore, ILogger<UploadRelease> logger)
{
    /// <summary>
    /// Decides what becomes of the bytes of an upload that failed. What the contract calls the end for good is removed; all else waits to
    /// be taken up, also when nobody knows whether the commit happened.
    /// </summary>
    public async Task EndAsync(Caller caller, UploadPlan intent, UploadReceiver receiver, bool finished, Exception failure)
    {
        if (receiver.IsTakenOver || !receiver.Holds)
        {
            return;
        }

        if (UploadPlan.IsFinal(failure, finished))
        {
            await ForgetAsync(caller, intent, receiver.Sink);
        }
        else
        {
            await receiver.RestAsync(logger);
        }
    }

    /// <summary>Nothing of an unfinished upload is kept. Also when the caller is gone.</summary>
    public async Task ForgetAsync(Caller caller, UploadPlan intent, UploadSink sink)
    {
        if (sink.IsSmall)
        {
            return;
        }

        try
        {
            var isDeleted = await database.OnConnectionAsync(
                async connection =>
                {
                    await RowScope.OfRecord(caller, intent.RecordId).ApplyAsync(connection, CancellationToken.None);
                    return await UnfinishedUploadSql.DeleteAsync(
                        connection, intent.RecordId, intent.UploadId, intent.Generation, CancellationToken.None);
                },
                CancellationToken.None);
            if (isDeleted)
            {
                await sink.DiscardAsync(contentStore, intent.ContentId);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or ContentUnavailableException)
        {
            // The outcome of the call stands; row and bytes are swept when they expire.
            DocumentLog.UploadNotReleased(logger, e, intent.UploadId);
        }
    }
}
