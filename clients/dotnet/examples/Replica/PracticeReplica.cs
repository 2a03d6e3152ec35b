using Dmp.Client;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Event.V1;

namespace Replica;

/// <summary>What the caller may see, kept up to date. Keep both fields in your database, and change them in one transaction.</summary>
public sealed class PracticeReplica(DmpClient dmp)
{
    private string token = "";

    public Dictionary<string, Dictionary<string, Document>> Records { get; } = [];

    public async Task LoadAsync(string? from = null)
    {
        token = from ?? await dmp.GetResumeTokenAsync(); // before the lists: what changes meanwhile comes behind it
        Records.Clear();
        await foreach (var record in dmp.ListRecordsAsync(new()))
        {
            await LoadRecordAsync(record.RecordId);
        }
    }

    public async Task FollowAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await foreach (var response in dmp.SubscribeAsync(new() { ResumeToken = token }, cancellationToken: stop))
                {
                    foreach (var change in response.Events)
                    {
                        await ApplyAsync(change);
                    }
                    token = response.LatestResumeToken;
                }
            }
            catch (DmpException e) when (e.ErrorReason == ErrorReason.FeedTokenOutdated)
            {
                await LoadAsync(e.Metadata["resume_token"]);
            }
        }
    }

    private Task ApplyAsync(ChangeEvent change) => change.Kind switch
    {
        ChangeKind.AccessLost or ChangeKind.RecordClosed => Task.FromResult(Records.Remove(change.RecordId)),
        ChangeKind.Deleted when Records.TryGetValue(change.RecordId, out var record) => Task.FromResult(record.Remove(change.DocumentId)),
        _ => LoadRecordAsync(change.RecordId), // the simplest that is right; GetDocumentAsync for the one document is cheaper
    };

    private async Task LoadRecordAsync(string recordId)
    {
        try
        {
            Records[recordId] = await dmp.SearchDocumentsAsync(new() { RecordId = recordId })
                .ToDictionaryAsync(document => document.DocumentId);
        }
        catch (DmpException e) when (e.ErrorReason is ErrorReason.RecordAccessDenied or ErrorReason.RecordNotOpen)
        {
            Records.Remove(recordId);
        }
    }
}
