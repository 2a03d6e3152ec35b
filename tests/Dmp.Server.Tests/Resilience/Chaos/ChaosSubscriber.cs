using Dmp.Document.V1;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Resilience.Chaos;

/// <summary>
/// Somebody who follows the feed through broken streams, and builds from it a replica of what the caller may see. What was processed is
/// remembered by its token, like in a program that writes both into its own database; now and then it "crashes" before doing so.
/// </summary>
internal sealed class ChaosSubscriber(string name, Func<Task<DmpApi>> connectAsync, Random random)
{
    private static readonly DocumentStatus[] shown = [DocumentStatus.Approved, DocumentStatus.Archived];
    private const int SilencesMin = 2;

    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> processed = [];
    private readonly Dictionary<string, Dictionary<string, int>> replica = [];
    private string? token;

    public string Name => name;

    /// <summary>Processed events, once each, in the order in which they came.</summary>
    public List<ChangeEvent> Events { get; } = [];

    /// <summary>Events that came again though the token behind them had been remembered.</summary>
    public List<ChangeEvent> Repeated { get; } = [];

    public int Streams { get; private set; }

    /// <summary>Follows until told to stop, and then on until the feed has nothing more to tell.</summary>
    public async Task RunAsync(CancellationToken quiet, CancellationToken ct)
    {
        while (!await FollowAsync(quiet, ct))
        {
            await Task.Delay(pause, ct);
        }
    }

    /// <summary>
    /// Holds the replica against what searches answer now, or, for a structure, which lists nothing, against what it deposited
    /// (<paramref name="own"/>); returns the differences.
    /// </summary>
    public async Task<List<string>> CompareAsync(
        IEnumerable<string> records, ILookup<string, WrittenChange> own, bool isStructure, CancellationToken ct)
    {
        var differences = new List<string>();
        var api = await connectAsync();
        foreach (var recordId in records)
        {
            var held = replica.GetValueOrDefault(recordId) ?? [];
            var there = isStructure
                ? own.Select(changes => changes.Last()).Where(last => last.RecordId == recordId && last.What != "delete")
                    .ToDictionary(last => last.DocumentId, last => last.Version)
                : await ListAsync(api, recordId, ct);
            if (there is null)
            {
                // Without a right to the record only what the caller deposited may be known.
                differences.AddRange(
                    held.Keys.Where(id => !own.Contains(id)).Select(id => $"{name}: {id} of a record that is not the caller's"));
                continue;
            }

            differences.AddRange(there.Where(one => !held.ContainsKey(one.Key)).Select(one => $"{name}: {one.Key} was never told"));
            differences.AddRange(
                held.Where(one => !there.ContainsKey(one.Key)).Select(one => $"{name}: {one.Key} is gone and was not told"));
            differences.AddRange(there.Where(one => held.TryGetValue(one.Key, out var version) && version != one.Value)
                .Select(one => $"{name}: {one.Key} has version {one.Value}, told was {held[one.Key]}"));
        }

        return differences;
    }

    /// <summary>One stream; true when it was told to stop and nothing was left.</summary>
    private async Task<bool> FollowAsync(CancellationToken quiet, CancellationToken ct)
    {
        try
        {
            var api = await connectAsync();
            Streams++;
            using var call = api.Events.Subscribe(cancellationToken: ct);
            await call.RequestStream.WriteAsync(
                new SubscribeRequest
                {
                    Start = token is null ? new() { Point = StartPoint.Earliest } : new() { ResumeToken = token },
                    NumRequested = 500,
                },
                ct);
            var lives = random.Next(20, 200);
            var silences = 0;
            await foreach (var response in call.ResponseStream.ReadAllAsync(ct))
            {
                foreach (var told in response.Events)
                {
                    if (processed.Contains(KeyOf(told)))
                    {
                        Repeated.Add(told);
                    }
                }

                if (lives-- <= 0 && !quiet.IsCancellationRequested)
                {
                    // A crash before anything of it is remembered: it comes again.
                    return false;
                }

                await ProcessAsync(api, response, ct);
                // What was on its way when everybody fell silent says nothing yet; heartbeats come every second.
                silences = quiet.IsCancellationRequested && response.IsCheckpoint && response.Events.Count == 0 ? silences + 1 : 0;
                if (silences > SilencesMin)
                {
                    return true;
                }

                if (response.Events.Count > 0)
                {
                    await call.RequestStream.WriteAsync(new SubscribeRequest { NumRequested = response.Events.Count }, ct);
                }
            }

            return false;
        }
        catch (Exception broken)
            when (broken is RpcException { StatusCode: not (StatusCode.InvalidArgument or StatusCode.PermissionDenied) }
            or InvalidOperationException or HttpRequestException or IOException)
        {
            return false;
        }
    }

    private async Task ProcessAsync(DmpApi api, SubscribeResponse response, CancellationToken ct)
    {
        // All or nothing, as one transaction would: a stream that breaks while a record is loaded leaves no half of a response.
        var loaded = new Dictionary<string, Dictionary<string, int>>();
        foreach (var recordId in response.Events.Where(Reloads).Select(told => told.RecordId).Distinct())
        {
            loaded[recordId] = await ListAsync(api, recordId, ct) ?? [];
        }

        foreach (var told in response.Events)
        {
            Apply(told, loaded);
            processed.Add(KeyOf(told));
            Events.Add(told);
        }

        Assert.NotEqual("", response.LatestResumeToken);
        token = response.LatestResumeToken;
    }

    private void Apply(ChangeEvent told, Dictionary<string, Dictionary<string, int>> loaded)
    {
        var record = replica.TryGetValue(told.RecordId, out var known) ? known : replica[told.RecordId] = [];
        switch (told.Kind)
        {
            case ChangeKind.AccessGranted or ChangeKind.RecordOpened:
                replica[told.RecordId] = loaded[told.RecordId];
                break;
            case ChangeKind.AccessLost:
                replica.Remove(told.RecordId);
                break;
            case ChangeKind.Deleted:
                record.Remove(told.DocumentId);
                break;
            case ChangeKind.RecordClosed:
                break;
            default:
                record[told.DocumentId] = told.Version;
                break;
        }
    }

    private static bool Reloads(ChangeEvent told) => told.Kind is ChangeKind.AccessGranted or ChangeKind.RecordOpened;

    private static string KeyOf(ChangeEvent told) =>
        $"{told.RecordId}|{told.DocumentId}|{told.Kind}|{told.Version}|{told.ChangeTime.Seconds}.{told.ChangeTime.Nanos}";

    /// <summary>Documents and versions that a search finds; null when the record is not the caller's.</summary>
    private static async Task<Dictionary<string, int>?> ListAsync(DmpApi api, string recordId, CancellationToken ct)
    {
        var found = new Dictionary<string, int>();
        var request = new SearchDocumentsRequest { RecordId = recordId, PageSize = 200, Statuses = { shown } };
        do
        {
            try
            {
                var page = await api.Documents.SearchDocumentsAsync(request, cancellationToken: ct);
                foreach (var document in page.Documents)
                {
                    found[document.DocumentId] = document.Version;
                }

                request.PageToken = page.NextPageToken;
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
            {
                return null;
            }
        }
        while (request.PageToken.Length > 0);
        return found;
    }
}
