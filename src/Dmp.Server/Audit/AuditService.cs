using Dapper;
using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Contract = Dmp.Audit.V1.AuditService;

namespace Dmp.Server.Audit;

/// <summary>Shows the trace of a record.</summary>
internal sealed class AuditService(Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens)
    : Contract.AuditServiceBase
{
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

        await using var connection = await database.OpenAsync(ct);
        var access = await policy.RequireAsync(connection, call, recordId, ct);
        if (!access.IsOpen && call.Caller.Kind == CallerKind.Professional)
        {
            throw Failures.Of(ErrorReason.RecordNotOpen);
        }

        var seesAll = access.IsOwner || access.IsAttending || call.Caller.Kind == CallerKind.Auditor;
        var onlySubject = seesAll ? null : call.Caller.Subject;
        var rows = (await AuditSql.ListAsync(connection, access, onlySubject, timeFrom, timeTo, before, pageSize + 1, ct)).AsList();
        var response = new ListRecordEventsResponse();
        response.Events.AddRange(rows.Take(pageSize).Select(ToMessage));
        if (rows.Count > pageSize)
        {
            response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].EventId));
        }

        await audit.TraceReadAsync(connection, call, [], ct);
        return response;
    }

    private static AuditEvent ToMessage(AuditEventRow row)
    {
        var actor = new Actor
        {
            Kind = (ActorKind)row.ActorKind,
            Id = row.ActorId ?? "",
            Name = row.ActorName ?? "",
            StructureId = row.StructureId ?? "",
            StructureName = row.StructureName ?? "",
        };
        if (row.ProfessionCode is { } code)
        {
            actor.Profession = new Coding { System = row.ProfessionSystem ?? "", Code = code };
        }

        return new AuditEvent
        {
            EventId = row.EventId.ToString(),
            EventTime = row.EventTime.ToTimestamp(),
            Method = row.Method,
            Actor = actor,
            SoftwareId = row.SoftwareId ?? "",
            RecordId = row.RecordId?.ToString() ?? "",
            DocumentIds = { row.DocumentIds.Select(id => id.ToString()) },
            Outcome = (AuditOutcome)row.Outcome,
            Reason = row.Reason ?? "",
            ServerRequestId = row.ServerRequestId.ToString(),
        };
    }
}
