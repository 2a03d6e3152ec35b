using Dmp.Document.V1;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>What one subscriber of <see cref="ReplicaModelTests"/> knows of the record.</summary>
internal sealed class Replica(string name, DmpApi api, string recordId)
{
    private static CancellationToken Token => Given.Token;

    private readonly HashSet<(string Id, int Version)> documents = [];
    private string token = "";

    public async Task LoadAsync()
    {
        token = await api.NowAsync();
        await ListAsync();
    }

    public async Task CatchUpAsync(HashSet<string> seen)
    {
        (var events, token) = await api.PullAllAsync(From(token), maxEvents: 3);
        foreach (var told in events)
        {
            Assert.Equal(recordId, told.RecordId);
            switch (told.Kind)
            {
                case ChangeKind.AccessGranted or ChangeKind.RecordOpened or ChangeKind.AccessLost or ChangeKind.RecordClosed:
                    await ListAsync();
                    break;
                case ChangeKind.Deleted:
                    documents.RemoveWhere(document => document.Id == told.DocumentId);
                    break;
                default:
                    documents.RemoveWhere(document => document.Id == told.DocumentId);
                    documents.Add((told.DocumentId, told.Version));
                    break;
            }
        }

        Assert.All(events, told => Assert.True(
            told.DocumentId.Length == 0 || seen.Contains($"{name}:{told.DocumentId}"), $"{name} was told of {told}"));
        var found = await FindAsync();
        Assert.True(
            found.SetEquals(documents),
            $"{name} has {string.Join(", ", documents)}, and finds {string.Join(", ", found)}; told last: {string.Join("; ", events)}");
    }

    /// <summary>Notes what the subscriber can see now: it may be told of that, ever after.</summary>
    public async Task NoteAsync(HashSet<string> seen)
    {
        foreach (var (id, _) in await FindAsync())
        {
            seen.Add($"{name}:{id}");
        }
    }

    private async Task ListAsync()
    {
        documents.Clear();
        documents.UnionWith(await FindAsync());
    }

    private async Task<HashSet<(string Id, int Version)>> FindAsync()
    {
        try
        {
            var request = new SearchDocumentsRequest { RecordId = recordId, PageSize = 200 };
            request.Statuses.Add([DocumentStatus.Approved, DocumentStatus.Archived]);
            var found = await api.Documents.SearchDocumentsAsync(request, cancellationToken: Token);
            return [.. found.Documents.Select(document => (document.DocumentId, document.Version))];
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.PermissionDenied or StatusCode.FailedPrecondition)
        {
            return [];
        }
    }
}
