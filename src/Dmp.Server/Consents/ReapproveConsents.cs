using Dapper;
using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;

namespace Dmp.Server.Consents;

/// <summary>Authorisations of before majority, kept by the adult.</summary>
internal sealed class ReapproveConsents(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    private const int ReapprovedConsentsMax = 200;

    public Task<ReapproveConsentsResponse> RunAsync(Call call, ReapproveConsentsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.Require(
            request.ConsentIds.Count <= ReapprovedConsentsMax, "consent_ids", $"Must have at most {ReapprovedConsentsMax} identifiers.");
        var consentIds = request.ConsentIds.Select((id, i) => faults.Id(id, $"consent_ids[{i}]")).Distinct().ToArray();
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new ReapproveConsentsRequest(request) { RequestId = "" }),
            ReapproveConsentsResponse.Parser,
            connection => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var now = time.GetUtcNow();
                foreach (var consentId in consentIds)
                {
                    _ = await ConsentSql.FindAsync(connection, access, consentId, ct) ?? throw Failures.Of(ErrorReason.ConsentNotFound);
                }

                var rows = (await ConsentSql.ReapproveAsync(
                    connection, access, consentIds.Length == 0 ? null : consentIds, now, ct)).AsList();
                foreach (var row in rows)
                {
                    await ConsentGiving.TellAsync(connection, call, OutboxKind.ConsentGranted, row, now, ct);
                }

                return new ReapproveConsentsResponse { Consents = { rows.Select(row => row.ToMessage(now, access.MajorityTime)) } };
            },
            ct);
    }
}
