using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Npgsql;
using Contract = Dmp.Audit.V1.AuditService;

namespace Dmp.Server.Audit;

/// <summary>Shows the trace of a record, and proves it.</summary>
internal sealed partial class AuditService(Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens)
    : Contract.AuditServiceBase
{
    private const int ActorIdLengthMax = 64;

    public override async Task<ListRecordEventsResponse> ListRecordEvents(ListRecordEventsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var timeFrom = faults.Time(request.TimeFrom, "time_from");
        var timeTo = faults.Time(request.TimeTo, "time_to");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListRecordEventsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var (access, onlySubject) = await RequireReaderAsync(connection, call, recordId, ct);
                var rows = await AuditSql.ListAsync(connection, access, onlySubject, timeFrom, timeTo, before, pageSize + 1, ct);
                var response = new ListRecordEventsResponse();
                var isReviewer = call.Caller.Kind == CallerKind.Auditor;
                response.Events.AddRange(rows.Take(pageSize).Select(row => ToMessage(row, isReviewer)));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].EventId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    public override async Task<ListActorEventsResponse> ListActorEvents(ListActorEventsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        faults.Require(request.ActorId.Length is > 0 and <= ActorIdLengthMax, "actor_id", "Required, at most 64 characters.");
        call.ReadJustification(request.Justification, faults);
        var timeFrom = faults.Time(request.TimeFrom, "time_from");
        var timeTo = faults.Time(request.TimeTo, "time_to");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListActorEventsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                await RowScope.OfConduct(call.Caller, request.ActorId).ApplyAsync(connection, ct);
                var rows = await AuditSql.ListOfActorAsync(connection, request.ActorId, timeFrom, timeTo, before, pageSize + 1, ct);
                var response = new ListActorEventsResponse();
                response.Events.AddRange(rows.Take(pageSize).Select(row => ToMessage(row, isReviewer: true)));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].EventId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    /// <summary>Who may see the trace of a record, and whether only the own events in it.</summary>
    private async Task<(RecordAccess Access, string? OnlySubject)> RequireReaderAsync(
        NpgsqlConnection connection, Call call, Guid recordId, CancellationToken ct)
    {
        var access = await policy.RequireAsync(connection, call, recordId, ct);
        if (!access.IsOpen && call.Caller.Kind == CallerKind.Professional)
        {
            throw Failures.Of(ErrorReason.RecordNotOpen);
        }

        var seesAll = access.IsOwner || access.IsAttending || call.Caller.Kind == CallerKind.Auditor;
        return (access, seesAll ? null : call.Caller.Subject);
    }

    /// <summary>Where the call came from and how long it took is for <paramref name="isReviewer"/> alone.</summary>
    private static AuditEvent ToMessage(AuditEventRow row, bool isReviewer)
    {
        var told = EventContent.Core(row);
        told.DocumentIds.Add(row.DocumentIds.Distinct().Select(id => id.ToString()));
        told.Documents.Add(EventContent.Documents(row));
        if (isReviewer)
        {
            told.MergeFrom(EventContent.Review(row));
        }

        return told;
    }
}
