using Dapper;
using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using AccessMode = Dmp.Access.V1.AccessMode;
using Contract = Dmp.Audit.V1.AuditService;

namespace Dmp.Server.Audit;

/// <summary>Shows the trace of a record.</summary>
internal sealed class AuditService(Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens)
    : Contract.AuditServiceBase
{
    private const int ActorIdLengthMax = 64;
    private const int JustificationLengthMin = 10;
    private const int JustificationLengthMax = 500;
    private const string PurposeOfUse = "2.16.840.1.113883.5.8";

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
        var isReviewer = call.Caller.Kind == CallerKind.Auditor;
        response.Events.AddRange(rows.Take(pageSize).Select(row => ToMessage(row, isReviewer)));
        if (rows.Count > pageSize)
        {
            response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].EventId));
        }

        await audit.TraceReadAsync(connection, call, [], ct);
        return response;
    }

    public override async Task<ListActorEventsResponse> ListActorEvents(ListActorEventsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        faults.Require(request.ActorId.Length is > 0 and <= ActorIdLengthMax, "actor_id", "Required, at most 64 characters.");
        var justification = request.Justification.Trim();
        faults.Require(
            justification.Length is >= JustificationLengthMin and <= JustificationLengthMax,
            "justification",
            "Required: why, in words, 10 to 500 characters.");
        var timeFrom = faults.Time(request.TimeFrom, "time_from");
        var timeTo = faults.Time(request.TimeTo, "time_to");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        call.Justification = justification;
        var query = new ListActorEventsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        await using var connection = await database.OpenAsync(ct);
        await RowScope.OfConduct(call.Caller, request.ActorId).ApplyAsync(connection, ct);
        var rows = (await AuditSql.ListOfActorAsync(connection, request.ActorId, timeFrom, timeTo, before, pageSize + 1, ct)).AsList();
        var response = new ListActorEventsResponse();
        response.Events.AddRange(rows.Take(pageSize).Select(row => ToMessage(row, isReviewer: true)));
        if (rows.Count > pageSize)
        {
            response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].EventId));
        }

        await audit.TraceReadAsync(connection, call, [], ct);
        return response;
    }

    /// <summary>Where the call came from and how long it took is for <paramref name="isReviewer"/> alone.</summary>
    private static AuditEvent ToMessage(AuditEventRow row, bool isReviewer)
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

        var told = new AuditEvent
        {
            EventId = row.EventId.ToString(),
            EventTime = row.EventTime.ToTimestamp(),
            Method = row.Method,
            Actor = actor,
            SoftwareId = row.SoftwareId ?? "",
            RecordId = row.RecordId?.ToString() ?? "",
            DocumentIds = { row.DocumentIds.Distinct().Select(id => id.ToString()) },
            Documents = { row.DocumentIds.Select((id, i) => ToMessage(id, row.DocumentVersions[i], row.DocumentSha256s[i])) },
            StaffId = row.StaffId ?? "",
            SpecialtyCode = row.SpecialtyCode ?? "",
            SectorCode = row.SectorCode ?? "",
            UserAgent = row.UserAgent ?? "",
            AccessMode = (AccessMode)(row.AccessMode ?? 0),
            Basis = (AuditBasis)(row.Basis ?? 0),
            Purpose = PurposeOf((AuditBasis)(row.Basis ?? 0), (AccessMode)(row.AccessMode ?? 0)),
            EmergencyAccessId = row.EmergencyAccessId?.ToString() ?? "",
            Justification = row.Justification ?? "",
            Outcome = (AuditOutcome)row.Outcome,
            Reason = row.Reason ?? "",
            ServerRequestId = row.ServerRequestId.ToString(),
        };
        if (isReviewer)
        {
            told.Origin = row.Origin ?? "";
            told.Duration = row.DurationUs is { } micros ? Duration.FromTimeSpan(TimeSpan.FromMicroseconds(micros)) : null;
        }

        return told;
    }

    private static AuditedDocument ToMessage(Guid documentId, int version, byte[] sha256) =>
        new() { DocumentId = documentId.ToString(), Version = version, Sha256 = ByteString.CopyFrom(sha256) };

    private static Coding? PurposeOf(AuditBasis basis, AccessMode mode)
    {
        var code = (basis, mode) switch
        {
            (AuditBasis.Unspecified, _) => null,
            (AuditBasis.Role, _) => "HOPERAT",
            (AuditBasis.Patient or AuditBasis.Representative or AuditBasis.Caregiver, _) => "PATRQT",
            (_, AccessMode.BreakGlass) => "BTG",
            (_, AccessMode.Regulation) => "ETREAT",
            _ => "TREAT",
        };
        return code is null ? null : new Coding { System = PurposeOfUse, Code = code };
    }
}
