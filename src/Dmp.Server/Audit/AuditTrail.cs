using System.Net;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Dmp.Audit.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Storage;
using Dmp.Type.V1;
using Grpc.Core;
using Npgsql;
using ModeMessage = Dmp.Access.V1.AccessMode;

namespace Dmp.Server.Audit;

/// <summary>
/// Writes the trace: exactly one event for each call, but for refused ones that are counted (<see cref="RefusedCalls"/>). A change is
/// traced in its own transaction (the request log), a read before its first byte leaves (<see cref="TraceReadAsync"/>), everything refused
/// or failed by the access gate before the answer leaves. Each event is signed as it is written; <see cref="TraceSequencer"/> puts it into
/// the log once it is committed.
/// </summary>
internal sealed class AuditTrail(Database database, TraceKeys keys, TraceSequencer sequencer, TimeProvider time) : IDisposable
{
    /// <summary>Most events of one statement.</summary>
    private const int EventsMax = 200;

    /// <summary>
    /// Most refusals and failures whose events are signed and wait to be written. Further ones wait before they are signed.
    /// </summary>
    private const int FailuresMax = 1000;

    // What is refused is written by few connections: a flood of refusals must not take those of the calls that are good.
    private readonly SharedTurns<SharedEvent> failures = new(_ => 1, EventsMax);
    private readonly SemaphoreSlim failurePlaces = new(FailuresMax);

    // Reads that end together share a statement and a flush of the disk.
    private readonly SharedTurns<SharedEvent> reads = new(_ => 1, EventsMax);

    /// <summary>Adds the event of an allowed call inside the transaction of <paramref name="connection"/>.</summary>
    public Task TraceAllowedAsync(NpgsqlConnection connection, Call call, CancellationToken ct) =>
        AppendAsync(connection, ToRow(call, AuditOutcome.Allowed, StatusCode.OK, null), ct);

    /// <summary>
    /// Records a read, durably, before anything of it is answered: when its connection has gone back, because the event has another one,
    /// which it shares with those of reads that end meanwhile. <paramref name="documents"/>: the documents that the answer holds; more than
    /// one event may name take several.
    /// </summary>
    public async Task TraceReadAsync(Call call, IReadOnlyList<TracedDocument> documents, CancellationToken ct)
    {
        List<AuditEventRow> events = [];
        IEnumerable<IReadOnlyList<TracedDocument>> named =
            documents.Count <= EventTree.DocumentsMax ? [documents] : documents.Chunk(EventTree.DocumentsMax);
        foreach (var some in named)
        {
            call.Trace.Documents = some;
            events.Add(Sign(call, refusal: null));
        }

        await ShareReadAsync(call, events, ct);
    }

    /// <summary>Records a read that finds records: the call itself, and with it what it tells of each.</summary>
    public Task TraceFoundAsync(Call call, IReadOnlyList<Guid> recordIds, CancellationToken ct)
    {
        List<AuditEventRow> events = [Sign(call, refusal: null)];
        foreach (var recordId in recordIds)
        {
            call.Trace.RecordId = recordId;
            events.Add(Sign(call, refusal: null));
        }

        return ShareReadAsync(call, events, ct);
    }

    /// <summary>
    /// Records, durably and before it leaves, what one answer of a call about many records tells of one of them. The call itself names
    /// none, and goes on. More documents than one event may name take several. <paramref name="hides"/>: the events do not exist for
    /// representatives and caregivers.
    /// </summary>
    public async Task TraceDeliveryAsync(
        NpgsqlConnection connection, Call call, RecordAccess access, IReadOnlyList<TracedDocument> documents, bool hides,
        CancellationToken ct)
    {
        TracedDocument[][] events = documents.Count == 0 ? [[]] : [.. documents.Chunk(EventTree.DocumentsMax)];
        foreach (var named in events)
        {
            CallTrace told = new()
            {
                Caller = access.Capacity == Capacity.None
                    ? null
                    : call.Caller with { Capacity = access.Capacity, DelegateName = access.DelegateName },
                RecordId = access.RecordId,
                Documents = named,
                Right = access.ToUsedRight(),
                HidesEvent = hides,
                Justification = call.Trace.Justification,
                RequestId = call.Trace.RequestId,
            };
            await TraceAllowedAsync(connection, call with { Trace = told }, ct);
        }
    }

    /// <summary>
    /// Records a call that was refused or failed, of which nothing was kept. The event shares its statement with those of others. Not to be
    /// cancelled: also a call that was left is an event.
    /// </summary>
    public async Task TraceFailureAsync(Call call, StatusCode code, string? reason)
    {
        await failurePlaces.WaitAsync(CancellationToken.None);
        try
        {
            await ShareAsync(failures, [EventSignature.Sign(ToRow(call, OutcomeOf(code), code, reason), keys.Signers[0])]);
        }
        finally
        {
            failurePlaces.Release();
        }

        call.Trace.IsTraced = true;
        sequencer.Wake();
    }

    /// <summary>
    /// The signed event of calls that are counted: <paramref name="first"/> is one of them, and <paramref name="origin"/> where they come
    /// from, null for many places.
    /// </summary>
    public AuditEventRow SignCounted(Call first, IPAddress? origin, StatusCode code, string reason, long calls) => EventSignature.Sign(
        ToRow(first, OutcomeOf(code), code, reason) with { Origin = origin?.ToString(), CallCount = calls }, keys.Signers[0]);

    /// <summary>
    /// Adds events of <see cref="SignCounted"/>; those that are there already stay. Answers the events that PostgreSQL does not take, and
    /// why.
    /// </summary>
    public async Task<IReadOnlyList<(AuditEventRow Event, PostgresException Fault)>> AppendCountedAsync(
        IReadOnlyList<AuditEventRow> events, CancellationToken ct)
    {
        SharedEvent[] counted = [.. events.Select(row => new SharedEvent(row))];
        await AppendTogetherAsync(counted, ct);
        sequencer.Wake();

        // Where an event is there already, the attempt before was committed, and its answer lost.
        return
        [
            .. from one in counted
               where one.Fault is not (null or { SqlState: PostgresErrorCodes.UniqueViolation })
               select (one.Event, one.Fault),
        ];
    }

    public void Dispose()
    {
        failures.Dispose();
        reads.Dispose();
        failurePlaces.Dispose();
    }

    /// <summary>
    /// The signed event of a call that was allowed, or refused with <paramref name="refusal"/>, for a statement that adds several. Signing
    /// takes longer than most statements, and can be done while one runs.
    /// </summary>
    public AuditEventRow Sign(Call call, RpcException? refusal) => EventSignature.Sign(
        refusal is null
            ? ToRow(call, AuditOutcome.Allowed, StatusCode.OK, null)
            : ToRow(call, OutcomeOf(refusal.StatusCode), refusal.StatusCode, Failures.ReasonOf(refusal)),
        keys.Signers[0]);

    /// <summary>Records what was refused or failed of a call about many records, as <see cref="TraceFailureAsync"/> does.</summary>
    public async Task TraceFailuresAsync(IReadOnlyList<(Call Call, RpcException Failure)> failed, CancellationToken ct)
    {
        AuditEventRow[] events = [.. failed.Select(item => Sign(item.Call, item.Failure))];
        await AppendAllAsync(events, ct);
        foreach (var (call, _) in failed)
        {
            call.Trace.IsTraced = true;
        }

        sequencer.Wake();
    }

    /// <summary>Events of <see cref="Sign"/> may have been committed.</summary>
    public void Announce() => sequencer.Wake();

    private async Task ShareReadAsync(Call call, IReadOnlyList<AuditEventRow> events, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();

        // From here on the caller's wish to leave no longer counts: a statement that is cancelled while it commits would leave an event,
        // and nobody would know.
        await ShareAsync(reads, events);
        call.Trace.IsTraced = true;
        sequencer.Wake();
    }

    private async Task ShareAsync(SharedTurns<SharedEvent> turns, IReadOnlyList<AuditEventRow> events)
    {
        SharedEvent[] shared = [.. events.Select(row => new SharedEvent(row))];
        await turns.ServeAsync(shared, AppendTogetherAsync);
        if (shared.FirstOrDefault(one => one.Fault is not null) is { Fault: { } fault })
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    private Task AppendTogetherAsync(IReadOnlyList<SharedEvent> events) => AppendTogetherAsync(events, CancellationToken.None);

    private async Task AppendTogetherAsync(IReadOnlyList<SharedEvent> events, CancellationToken ct)
    {
        try
        {
            await AppendAllAsync([.. events.Select(one => one.Event)], ct);
        }
        catch (PostgresException fault) when (!StorageFailures.IsAbsence(fault) && !ct.IsCancellationRequested)
        {
            // The fault of one event must not be that of the others.
            if (events.Count == 1)
            {
                events[0].Fault = fault;
                return;
            }

            foreach (var half in events.Chunk((events.Count + 1) / 2))
            {
                await AppendTogetherAsync(half, ct);
            }
        }
    }

    // One batch is one transaction, of nobody: an event names its record, and reads none.
    private Task<int> AppendAllAsync(IReadOnlyList<AuditEventRow> events, CancellationToken ct) => database.InBatchesAsync(
        async connection =>
        {
            await using var batch = new NpgsqlBatch(connection);
            foreach (var some in events.Chunk(EventsMax))
            {
                batch.BatchCommands.Add(AuditSql.ToAppend(some));
            }

            return await batch.ExecuteNonQueryAsync(ct);
        },
        ct);

    // When the event is part of a transaction, the sequencer may look before it commits; it looks again by itself.
    private async Task AppendAsync(NpgsqlConnection connection, AuditEventRow row, CancellationToken ct)
    {
        await AuditSql.AppendAsync(connection, EventSignature.Sign(row, keys.Signers[0]), ct);
        sequencer.Wake();
    }

    private static AuditOutcome OutcomeOf(StatusCode code) =>
        code is StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.NotFound
            ? AuditOutcome.Refused
            : AuditOutcome.Failed;

    /// <summary>By which right a call used a record, as the trace has it.</summary>
    public static AuditBasis? BasisOf(Call call, UsedRight? right) => (call.VerifiedCaller?.Kind, right) switch
    {
        (CallerKind.Operator or CallerKind.Auditor, _) => AuditBasis.Role,
        (CallerKind.Professional or CallerKind.Structure, null) when call.Trace.RecordId is not null => AuditBasis.None,
        (_, null) => null,
        (_, { Capacity: Capacity.Patient }) => AuditBasis.Patient,
        (_, { Capacity: Capacity.Representative }) => AuditBasis.Representative,
        (_, { Capacity: Capacity.Caregiver }) => AuditBasis.Caregiver,
        (_, { IsAuthorized: true, Mode: AccessMode.BreakGlass or AccessMode.Regulation }) => AuditBasis.Emergency,
        (_, { IsAttending: true }) => AuditBasis.AttendingPhysician,
        (_, { IsAuthorized: true }) => AuditBasis.Consent,
        _ => AuditBasis.None,
    };

    /// <summary>A mode as the contract has it.</summary>
    public static ModeMessage ModeOf(AccessMode mode) => mode switch
    {
        AccessMode.Regulation => ModeMessage.Regulation,
        AccessMode.BreakGlass => ModeMessage.BreakGlass,
        _ => ModeMessage.Normal,
    };

    private AuditEventRow ToRow(Call call, AuditOutcome outcome, StatusCode code, string? reason)
    {
        var caller = call.Trace.Caller ?? call.VerifiedCaller;
        var right = outcome == AuditOutcome.Refused ? null : call.Trace.Right;
        var now = EventContent.Stored(time.GetUtcNow());
        return new AuditEventRow
        {
            EventId = Guid.CreateVersion7(now),
            EventTime = now,
            Method = call.Method,
            ActorKind = caller is null ? (short)ActorKind.Unspecified : (short)caller.ToActor().Kind,
            ActorId = caller?.ToActor().Id is { Length: > 0 } id ? id : null,
            ActorName = caller?.DisplayName,
            ProfessionSystem = caller?.ProfessionSystem,
            ProfessionCode = caller?.ProfessionCode,
            SpecialtyCode = caller?.SpecialtyCode,
            SectorCode = caller?.SectorCode,
            StructureId = caller?.StructureId,
            StructureName = caller?.StructureName,
            SoftwareId = caller?.SoftwareId,
            Subject = caller?.Subject,
            RecordId = call.Trace.RecordId,
            DocumentIds = [.. call.Trace.Documents.Select(document => document.DocumentId)],
            DocumentVersions = [.. call.Trace.Documents.Select(document => document.Version)],
            DocumentSha256s = [.. call.Trace.Documents.Select(document => document.Sha256)],
            StaffId = caller?.StaffId,
            UserAgent = call.UserAgent,
            AccessMode = right is null ? null : (short)ModeOf(right.Mode),
            Basis = outcome == AuditOutcome.Refused ? null : (short?)BasisOf(call, right),
            EmergencyAccessId = right?.EmergencyAccessId,
            Justification = call.Trace.Justification,
            Origin = call.Origin?.ToString(),
            DurationUs = (long)time.GetElapsedTime(call.Arrival).TotalMicroseconds,
            Outcome = (short)outcome,
            StatusCode = (short)code,
            Reason = reason,
            ServerRequestId = call.ServerRequestId,
            RequestId = call.Trace.RequestId,
            HiddenFromRepresentatives = call.Trace.HidesEvent,
            Salt = RandomNumberGenerator.GetBytes(EventTree.SaltBytes),
        };
    }

    /// <summary>An event that waits to be written, and why it could not be.</summary>
    private sealed class SharedEvent(AuditEventRow row)
    {
        public AuditEventRow Event => row;

        public PostgresException? Fault { get; set; }
    }
}
