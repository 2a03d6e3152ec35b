using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>An upload begun, repeated or taken up, before its bytes come.</summary>
internal sealed class UploadOpening(
    Database database,
    AccessPolicy policy,
    AuditTrail audit,
    UploadPlanning planning,
    UploadAdmission admission,
    UnfinishedUploads unfinished,
    LiveUploads liveUploads)
{
    /// <summary>The answer of an earlier upload with this request id, when the intent already tells that it is the same.</summary>
    private static async Task<UploadDocumentResponse?> RecallAsync(
        NpgsqlConnection connection, Call call, UploadPlan intent, UploadFacts facts, CancellationToken ct)
    {
        var announced = intent.Message.ExpectedSha256;
        if (announced.IsEmpty
            || UploadAdmission.Recall(facts, intent, intent.Fingerprint(UploadPlan.Method, announced.Span)) is not { } earlier)
        {
            return null;
        }

        call.Trace.Committed = await ConsistencySql.PositionAsync(connection, ct);
        return earlier;
    }

    /// <summary>
    /// Checks all that can be checked before bytes travel. Answers what the upload will become, or the answer of an earlier one.
    /// </summary>
    public async Task<(UploadPlan? Plan, UploadDocumentResponse? Earlier)> OpenAsync(Call call, UploadPlan plan, CancellationToken ct)
    {
        // One question answers all that is asked of a new upload, alone or with others. What locks a document, takes something up or
        // answers again needs a transaction of its own.
        var found = plan.Replaces is null && await TryOpenAsync(call, plan)
            ? (plan, null)
            : await database.OnConnectionAsync(connection => OpenAsync(connection, call, plan, ct), ct);
        await EndAsync(call, found, ct);
        return found;
    }

    /// <summary>False when an earlier call with this request id is known, or one is under way.</summary>
    private async Task<bool> TryOpenAsync(Call call, UploadPlan plan)
    {
        var (facts, access) = await admission.LookTogetherAsync(call, plan);
        if (facts.Remembered.ContainsKey(plan.RequestId) || facts.Unfinished.ContainsKey(plan.RequestId))
        {
            return false;
        }

        admission.RequireGood(access, facts, plan);
        return true;
    }

    private async Task<(UploadPlan? Plan, UploadDocumentResponse? Earlier)> OpenAsync(
        NpgsqlConnection connection, Call call, UploadPlan plan, CancellationToken ct)
    {
        var (facts, access) = await admission.LookAsync(connection, call, plan, ct);
        if (await RecallAsync(connection, call, plan, facts, ct) is { } earlier)
        {
            return (null, earlier);
        }

        if (facts.Unfinished.TryGetValue(plan.RequestId, out var row))
        {
            if (!row.Fingerprint.AsSpan().SequenceEqual(plan.IntentFingerprint()))
            {
                throw Failures.Of(ErrorReason.RequestIdReused, ("request_id", plan.RequestId.ToString()));
            }

            return unfinished.IsRunning(row)
                ? throw Failures.Of(ErrorReason.RequestInProgress, ("request_id", plan.RequestId.ToString()))
                : (await unfinished.TakeUpAsync(connection, access, facts, plan, row, ct), null);
        }

        if (!facts.Remembered.ContainsKey(plan.RequestId))
        {
            // A repeat would meet its own first result here; whether it is one is told by the digest at the end.
            await admission.RequireGoodAsync(connection, access, facts, plan, ct);
        }

        return (plan, null);
    }

    /// <summary>The same for an upload that broke: by its intent as it was stored, and by the rules of today.</summary>
    public async Task<(UploadPlan? Plan, UploadDocumentResponse? Earlier)> ResumeAsync(
        Call call, UploadResume message, CancellationToken ct)
    {
        var (recordId, requestId) = UploadPlanning.Ids(call, FieldFaults.Of(message), message.RecordId, message.RequestId);
        var resumed = await database.OnConnectionAsync(connection => ResumeAsync(connection, call, recordId, requestId, ct), ct);
        await EndAsync(call, resumed, ct);
        return resumed;
    }

    private async Task<(UploadPlan? Plan, UploadDocumentResponse? Earlier)> ResumeAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid requestId, CancellationToken ct)
    {
        await policy.RequireAsync(connection, call, recordId, ct);
        if (await UnfinishedUploadSql.FindAsync(connection, call.Caller.Key, requestId, recordId, ct) is not { } row
            || row.Secret != call.IsSecret)
        {
            var finished = await GetUploadStatus.FindFinishedAsync(connection, call, recordId, requestId, ct)
                ?? throw Failures.Of(ErrorReason.UploadNotFound, ("request_id", requestId.ToString()));
            call.Trace.Committed = await ConsistencySql.PositionAsync(connection, ct);
            return (null, finished);
        }

        var intent = planning.Check(call, UploadIntent.Parser.ParseFrom(row.Intent));
        var (facts, access) = await admission.LookAsync(connection, call, intent, ct);
        return (await unfinished.TakeUpAsync(connection, access, facts, intent, row, ct), null);
    }

    public async Task ValidateOnlyAsync(Call call, UploadPlan intent, CancellationToken ct)
    {
        await database.OnConnectionAsync(
            async connection =>
            {
                var (facts, access) = await admission.LookAsync(connection, call, intent, ct);
                await admission.RequireGoodAsync(connection, access, facts, intent, ct);
            },
            ct);
        await audit.TraceReadAsync(call, intent.Replaces is { } replaced ? [new TracedDocument(replaced)] : [], ct);
    }

    /// <summary>
    /// What follows the commit: the answer of an earlier call is a read of its document; the call from which an upload was taken lets go,
    /// also when the one that took it is gone: its receiver ends what was taken.
    /// </summary>
    private async Task EndAsync(Call call, (UploadPlan? Plan, UploadDocumentResponse? Earlier) opened, CancellationToken ct)
    {
        if (opened.Earlier is { } earlier)
        {
            await audit.TraceReadAsync(call, [TracedDocument.Of(earlier.Document)], ct);
        }
        else if (opened.Plan is { IsTakenUp: true } taken)
        {
            await liveUploads.EndAsync(taken.UploadId, CancellationToken.None);
        }
    }
}
