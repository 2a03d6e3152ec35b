using Dmp.Event.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>Ways to hear of changes.</summary>
internal static class Feeding
{
    private static CancellationToken Token => Given.Token;

    public static EventStart From(string token) => new() { ResumeToken = token };

    public static EventStart From(StartPoint point) => new() { Point = point };

    public static EventFilter Only(params string[] recordIds) => new() { RecordIds = { recordIds } };

    /// <summary>Another matrix of document types comes into force.</summary>
    public static Task ImportMatrixAsync(this TestServer server, Platform platform) => server.QueryAsync<object>(
        platform,
        """
        insert into habilitation_matrix (matrix_id, name, effective_time, import_time, sha256)
        values (gen_random_uuid(), 'other', now(), now(), sha256('other')) returning 1
        """);

    /// <summary>A token of now, for this filter.</summary>
    public static async Task<string> NowAsync(this DmpApi api, EventFilter? filter = null) =>
        (await api.Events.PullAsync(
            new PullRequest { Start = From(StartPoint.Latest), Filter = filter }, cancellationToken: Token)).LatestResumeToken;

    /// <summary>All that there is behind a place, and the token behind it.</summary>
    public static async Task<(List<ChangeEvent> Events, string Token)> PullAllAsync(
        this DmpApi api, EventStart start, EventFilter? filter = null, int maxEvents = 0)
    {
        const int PullsMax = 2000;
        var events = new List<ChangeEvent>();
        for (var pulls = 0; pulls < PullsMax; pulls++)
        {
            var pulled = await api.Events.PullAsync(
                new PullRequest { Start = start, Filter = filter, MaxEvents = maxEvents }, cancellationToken: Token);
            events.AddRange(pulled.Events);
            if (pulled.IsCheckpoint)
            {
                return (events, pulled.LatestResumeToken);
            }

            start = From(pulled.LatestResumeToken);
        }

        throw new InvalidOperationException("The feed has no end.");
    }

    public static async Task<List<ChangeEvent>> SinceAsync(this DmpApi api, string token, EventFilter? filter = null) =>
        (await api.PullAllAsync(From(token), filter)).Events;

    /// <summary>The kinds of what came since, for the one document or record that a test is about.</summary>
    public static async Task<List<ChangeKind>> KindsAsync(
        this DmpApi api, string token, string? documentId = null, EventFilter? filter = null) =>
    [
        .. from told in await api.SinceAsync(token, filter)
           where documentId is null || told.DocumentId == documentId
           select told.Kind,
    ];

    public static async Task<AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse>> SubscribeAsync(
        this DmpApi api, EventStart start, EventFilter? filter = null, int credit = 1000)
    {
        var call = api.Events.Subscribe(cancellationToken: Token);
        await call.RequestStream.OfferAsync(new SubscribeRequest { Start = start, Filter = filter, NumRequested = credit });
        return call;
    }

    public static Task MoreAsync(this AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse> call, int credit) =>
        call.RequestStream.OfferAsync(new SubscribeRequest { NumRequested = credit });

    /// <summary>The next response, within a bound.</summary>
    public static async Task<SubscribeResponse> NextAsync(this AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse> call)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        return await call.ResponseStream.MoveNext(patience.Token)
            ? call.ResponseStream.Current
            : throw new InvalidOperationException("The stream ended.");
    }

    /// <summary>The next response with events; heartbeats are passed over.</summary>
    public static async Task<SubscribeResponse> NextEventsAsync(this AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse> call)
    {
        while (true)
        {
            var response = await call.NextAsync();
            if (response.Events.Count > 0)
            {
                return response;
            }
        }
    }

    /// <summary>Events as bytes, without what names the document, the version's place and the time.</summary>
    public static List<string> Shapes(IEnumerable<ChangeEvent> events) =>
    [
        .. events.Select(told =>
        {
            var shape = told.Clone();
            shape.DocumentId = "";
            shape.ChangeTime = null;
            return Convert.ToHexString(shape.ToByteArray());
        }),
    ];
}
