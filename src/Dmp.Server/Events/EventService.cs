using System.Text.RegularExpressions;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Pipeline;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using Contract = Dmp.Event.V1.EventService;
using Enum = System.Enum;

namespace Dmp.Server.Events;

/// <summary>RPCs of <c>dmp.event.v1.EventService</c>; <c>Subscribe</c> has a file of its name.</summary>
internal sealed partial class EventService(
    Database database,
    EventFeed feed,
    FeedTokens tokens,
    ChangeListener listener,
    RequestLog requestLog,
    AuditTrail audit,
    IOptions<FeedOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time) : Contract.EventServiceBase
{
    private const int PullEventsDefault = 100;
    private const int PullEventsMax = 1000;

    public override async Task<PullResponse> Pull(PullRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        RequireFeed(call);
        var faults = FieldFaults.Of(request);
        CheckStart(request.Start, faults);
        var query = FeedQuery.Of(request.Filter, call.Caller, faults);
        faults.Require(request.MaxEvents >= 0, "max_events", "Must not be negative.");
        faults.ThrowIfAny();

        var limit = request.MaxEvents == 0 ? PullEventsDefault : Math.Min(request.MaxEvents, PullEventsMax);
        var place = await feed.StartAsync(call, request.Start, query, ct);
        var batch = await feed.ReadAsync(call, query, place, limit, ct);
        return new PullResponse
        {
            Events = { batch.Events },
            LatestResumeToken = tokens.Create(batch.Place),

            // What was answered before the call got its place when the call began.
            IsCheckpoint = batch.IsAtEnd,
        };
    }

    public override Task<CommitPositionResponse> CommitPosition(CommitPositionRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        RequireFeed(call);
        var faults = FieldFaults.Of(request);
        CheckName(request.Name, "name", faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();
        var place = tokens.Read(request.ResumeToken);
        if (!place.IsHeldBy(call.Caller))
        {
            throw FeedTokens.Invalid();
        }

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestLog.Fingerprint(call.Method, new CommitPositionRequest(request) { RequestId = "" }),
            CommitPositionResponse.Parser,
            connection => ScopeAsync(connection, call.Caller, ct),
            async (connection, caller) =>
            {
                var now = time.GetUtcNow();
                if (await FeedPositionSql.CountOthersAsync(connection, caller, request.Name, ct) >= options.Value.PositionsMax)
                {
                    throw Failures.Of(ErrorReason.FeedPositionLimitReached, ("limit", $"{options.Value.PositionsMax}"));
                }

                await FeedPositionSql.PutAsync(connection, caller, request.Name, place, now, ct);
                return new CommitPositionResponse { CommitTime = now.ToTimestamp() };
            },
            ct);
    }

    public override async Task<GetPositionResponse> GetPosition(GetPositionRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        RequireFeed(call);
        var faults = FieldFaults.Of(request);
        CheckName(request.Name, "name", faults);
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                await ScopeAsync(connection, call.Caller, ct);
                var row = await FeedPositionSql.FindAsync(connection, call.Caller, request.Name, ct)
                    ?? throw Failures.Of(ErrorReason.FeedPositionNotFound);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new GetPositionResponse { ResumeToken = tokens.Create(row.ToPlace()), CommitTime = row.CommitTime.ToTimestamp() };
            },
            ct);
    }

    /// <summary>The feed has one mode: an emergency opens a record for an act, and not a standing subscription.</summary>
    private static void RequireFeed(Call call)
    {
        if (call.AskedMode is not (null or AccessMode.Normal))
        {
            throw Failures.Of(ErrorReason.AccessModeInvalid);
        }

        AccessPolicy.RequireFunction(call);
    }

    private static void CheckStart(EventStart? start, FieldFaults faults)
    {
        switch (start?.FromCase)
        {
            case null:
                return;
            case EventStart.FromOneofCase.Point:
                faults.Require(
                    start.Point != StartPoint.Unspecified && Enum.IsDefined(start.Point),
                    "start.point",
                    "Must be a place of this version of the contract, and not UNSPECIFIED.");
                return;
            case EventStart.FromOneofCase.ResumeToken:
                faults.Require(start.ResumeToken.Length > 0, "start.resume_token", "Must not be empty.");
                return;
            case EventStart.FromOneofCase.PositionName:
                CheckName(start.PositionName, "start.position_name", faults);
                return;
            default:
                faults.Add("start", "Must say where: point, resume_token or position_name.");
                return;
        }
    }

    private static void CheckName(string name, string field, FieldFaults faults) =>
        faults.Require(NamePattern().IsMatch(name), field, "Must be 1 to 64 characters out of A-Z, a-z, 0-9, -, _ and .");

    private static async Task<Caller> ScopeAsync(NpgsqlConnection connection, Caller caller, CancellationToken ct)
    {
        await RowScope.OfActor(caller).ApplyAsync(connection, ct);
        return caller;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NamePattern();
}
