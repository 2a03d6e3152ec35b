using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Requests;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Records;

/// <summary>A record opened for a person who has none.</summary>
internal sealed class OpenRecord(RequestLog requestLog, IOptions<RealmOptions> realm, TimeProvider time)
{
    public Task<OpenRecordResponse> RunAsync(Call call, OpenRecordRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var now = time.GetUtcNow();
        var faults = FieldFaults.Of(request);
        var warnings = IdentityRules.CheckIns(request.Ins, realm.Value.Realm, faults);
        // The day it is now in the first time zone that reaches it: nobody born today is refused.
        IdentityRules.CheckTraits(request.Traits, DateOnly.FromDateTime(now.UtcDateTime.AddHours(14)), faults);
        RecordRules.CheckOpening(request, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new OpenRecordRequest(request) { RequestId = "" }),
            OpenRecordResponse.Parser,
            AuthorizeAsync,
            async (connection, existing) =>
            {
                if (existing is not null)
                {
                    throw Failures.Of(ErrorReason.RecordAlreadyExists);
                }

                // Two openings at once: record_ins_key lets one pass, and the other one ends with the same reason.
                var opened = RecordRules.Open(request, Guid.CreateVersion7(now), now);
                call.Trace.RecordId = opened.RecordId;
                await RowScope.OfRecord(call.Caller, opened.RecordId).ApplyAsync(connection, ct);
                var row = await RecordSql.InsertAsync(connection, opened, ct);
                await OutboxSql.AppendAsync(connection, call, OutboxKind.RecordOpened, row.RecordId, now, null, ct);
                var response = new OpenRecordResponse { Record = row.ToMessage() };
                response.Warnings.AddRange(warnings);
                return response;
            },
            ct);

        // There is no record to have a right on yet. One that exists is named in the trace: it is the patient's business
        // that somebody tried to open it.
        async Task<AccessFacts?> AuthorizeAsync(NpgsqlConnection connection)
        {
            if (call.Caller.Kind.IsPerson && !await MayOpenAsync(connection))
            {
                throw Failures.Of(ErrorReason.RecordAccessDenied);
            }

            var existing = await AccessSql.FindByInsAsync(
                connection, call.Caller, request.Ins.System, request.Ins.Number, now, ct);
            call.Trace.RecordId = existing?.RecordId;
            return existing;
        }

        // Representatives open the records of minors; that of a protected adult is opened by others before a guardian uses it.
        async Task<bool> MayOpenAsync(NpgsqlConnection connection) =>
            AccessPolicy.Owns(call.Caller, request.Ins.Number)
            && (call.Caller.Kind == CallerKind.Patient
                || (IdentityRules.ReadBirthDate(request.Traits.BirthDate) is { } birthDate
                    && await AccessSql.IsMinorAsync(connection, birthDate, now, ct)));
    }
}
