using Dapper;
using Dmp.CareTeam.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Consents;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using CareTeamMessage = Dmp.CareTeam.V1.CareTeam;
using Contract = Dmp.CareTeam.V1.CareTeamService;

namespace Dmp.Server.CareTeams;

/// <summary>Care teams: who is in them. What a team may see is a consent like any other.</summary>
internal sealed class CareTeamService(
    Database database,
    AccessPolicy policy,
    RequestLog requestLog,
    AuditTrail audit,
    IOptions<RealmOptions> realm,
    TimeProvider time) : Contract.CareTeamServiceBase
{
    private const int NameCharactersMax = 100;
    private const int MembersMax = 50;

    public override Task<RecognizeCareTeamResponse> RecognizeCareTeam(RecognizeCareTeamRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.Text(request.Name, "name", NameCharactersMax);
        CheckMembers(request.Members, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestLog.Fingerprint(call.Method, new RecognizeCareTeamRequest(request) { RequestId = "" }),
            RecognizeCareTeamResponse.Parser,
            connection => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, _) => new RecognizeCareTeamResponse
            {
                CareTeam = await CreateAsync(connection, call.Caller, recordId, request.Name, request.Members, ct),
            },
            ct);
    }

    public override Task<RegisterCareTeamResponse> RegisterCareTeam(RegisterCareTeamRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        faults.Text(request.Name, "name", NameCharactersMax);
        CheckMembers(request.Members, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestLog.Fingerprint(call.Method, new RegisterCareTeamRequest(request) { RequestId = "" }),
            RegisterCareTeamResponse.Parser,
            connection => ScopeAsync(connection, call.Caller, ct),
            async (connection, _) => new RegisterCareTeamResponse
            {
                CareTeam = await CreateAsync(connection, call.Caller, null, request.Name, request.Members, ct),
            },
            ct);
    }

    public override Task<SetCareTeamMembersResponse> SetCareTeamMembers(SetCareTeamMembersRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var isOperator = call.Caller.Kind == CallerKind.Operator;
        var faults = FieldFaults.Of(request);
        Guid? recordId = request.RecordId.Length == 0 ? null : call.ReadRecordId(request.RecordId, faults);
        faults.Require(
            isOperator == recordId is null,
            "record_id",
            isOperator ? "Must be empty: operators change formal teams." : "Required: the record of the recognised team.");
        var careTeamId = faults.Id(request.CareTeamId, "care_team_id");
        CheckMembers(request.Members, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestLog.Fingerprint(call.Method, new SetCareTeamMembersRequest(request) { RequestId = "" }),
            SetCareTeamMembersResponse.Parser,
            async connection => recordId is { } id
                ? (await policy.RequireLockedAsync(connection, call, id, ct)).Caller
                : await ScopeAsync(connection, call.Caller, ct),
            async (connection, _) =>
            {
                var row = await CareTeamSql.FindForChangeAsync(connection, careTeamId, recordId, ct)
                    ?? throw Failures.Of(ErrorReason.CareTeamNotFound);
                if (Etag.Of(row.Revision) != request.Etag)
                {
                    throw Failures.Of(ErrorReason.EtagMismatch);
                }

                var now = time.GetUtcNow();
                await CareTeamSql.SetMembersAsync(connection, careTeamId, ToRows(careTeamId, request.Members), now, ct);
                if (recordId is { } id)
                {
                    await OutboxSql.AppendAsync(connection, OutboxKind.CareTeamChanged, id, now, new() { SubjectId = careTeamId }, ct);
                }
                else
                {
                    await CareTeamSql.TellOfRecordsAsync(connection, OutboxKind.CareTeamChanged, careTeamId, call.Caller, now, ct);
                }

                return new SetCareTeamMembersResponse
                {
                    CareTeam = ToMessage(row with { Revision = row.Revision + 1 }, await MembersAsync(connection, [careTeamId], ct)),
                };
            },
            ct);
    }

    public override async Task<ListCareTeamsResponse> ListCareTeams(ListCareTeamsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await CareTeamSql.ListAsync(connection, access, onlyMine: !access.IsOwner, ct)).AsList();
                var members = await MembersAsync(connection, rows.Select(row => row.CareTeamId), ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new ListCareTeamsResponse { CareTeams = { rows.Select(row => ToMessage(row, members)) } };
            },
            ct);
    }

    private static List<CareTeamMemberRow> ToRows(Guid careTeamId, IEnumerable<Actor> members) =>
    [
        .. members.Select(member => new CareTeamMemberRow
        {
            CareTeamId = careTeamId,
            ActorKind = (short)member.Kind,
            ActorId = member.Id,
            ActorName = member.Name,
        }),
    ];

    private static async Task<ILookup<Guid, CareTeamMemberRow>> MembersAsync(
        NpgsqlConnection connection, IEnumerable<Guid> careTeamIds, CancellationToken ct) =>
        (await CareTeamSql.ListMembersAsync(connection, careTeamIds, ct)).ToLookup(member => member.CareTeamId);

    private static CareTeamMessage ToMessage(CareTeamRow row, ILookup<Guid, CareTeamMemberRow> members) => new()
    {
        CareTeamId = row.CareTeamId.ToString(),
        Kind = row.RecordId is null ? CareTeamKind.Formal : CareTeamKind.Recognized,
        Name = row.Name,
        RecordId = row.RecordId?.ToString() ?? "",
        Members =
        {
            members[row.CareTeamId].Select(member => new Actor
            {
                Kind = (ActorKind)member.ActorKind,
                Id = member.ActorId,
                Name = member.ActorName,
            }),
        },
        CreateTime = row.CreateTime.ToTimestamp(),
        Etag = Etag.Of(row.Revision),
    };

    /// <summary>
    /// A formal team belongs to no record: the connection is for the operator's own request, and for the records of teams, which are told.
    /// </summary>
    private static async Task<Caller> ScopeAsync(NpgsqlConnection connection, Caller caller, CancellationToken ct)
    {
        await RowScope.OfActor(caller, RowScope.Team).ApplyAsync(connection, ct);
        return caller;
    }

    private void CheckMembers(RepeatedField<Actor> members, FieldFaults faults)
    {
        faults.Require(members.Count <= MembersMax, "members", $"Must be at most {MembersMax}.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < members.Count; i++)
        {
            ConsentRules.CheckActor(members[i], realm.Value.Realm, $"members[{i}]", faults);
            faults.Require(seen.Add($"{members[i].Kind}{members[i].Id}"), $"members[{i}]", "Must not be there twice.");
        }
    }

    private async Task<CareTeamMessage> CreateAsync(
        NpgsqlConnection connection, Caller caller, Guid? recordId, string name, IEnumerable<Actor> members, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var row = new CareTeamRow
        {
            CareTeamId = Guid.CreateVersion7(now),
            RecordId = recordId,
            Name = name,
            CreateTime = now,
            CreatedBy = caller.ToActor().ToByteArray(),
            Revision = 0,
        };
        await CareTeamSql.InsertAsync(connection, row, ct);
        await CareTeamSql.SetMembersAsync(connection, row.CareTeamId, ToRows(row.CareTeamId, members), now, ct);
        if (recordId is { } id)
        {
            await OutboxSql.AppendAsync(connection, OutboxKind.CareTeamChanged, id, now, new() { SubjectId = row.CareTeamId }, ct);
        }

        return ToMessage(row with { Revision = 1 }, await MembersAsync(connection, [row.CareTeamId], ct));
    }
}
