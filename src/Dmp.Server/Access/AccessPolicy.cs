using Dmp.Annotations.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Npgsql;

namespace Dmp.Server.Access;

/// <summary>What a decision about a record came to.</summary>
internal enum AccessDecision
{
    Allowed,

    /// <summary>RECORD_ACCESS_DENIED.</summary>
    Denied,

    /// <summary>The caller has the right, but the record is closed: RECORD_NOT_OPEN.</summary>
    Closed,
}

/// <summary>
/// The fine gate: may this caller use this record for this method? The coarse gate, by kind of caller, is
/// <see cref="AccessGate"/>. Both read the same option of the contract.
/// </summary>
internal sealed class AccessPolicy(TimeProvider time)
{
    /// <summary>
    /// Checks the right that the called method needs on a record and returns the proof that SQL functions ask for.
    /// Reads the facts inside the transaction of <paramref name="connection"/> when it has one.
    /// </summary>
    public async Task<RecordAccess> RequireAsync(NpgsqlConnection connection, Call call, Guid recordId, CancellationToken ct)
    {
        call.RecordId = recordId;
        var facts = await AccessSql.FindAsync(connection, call.Caller, recordId, time.GetUtcNow(), ct);
        return Prove(call, call.RequiredRelation, call.Rule.OnClosedRecord, facts);
    }

    /// <summary>
    /// As <see cref="RequireAsync"/>, and keeps other changes of the record's life and consents waiting until the
    /// transaction ends.
    /// </summary>
    public async Task<RecordAccess> RequireLockedAsync(
        NpgsqlConnection connection, Call call, Guid recordId, CancellationToken ct)
    {
        await AccessSql.LockRecordAsync(connection, call.Caller, recordId, ct);
        return await RequireAsync(connection, call, recordId, ct);
    }

    /// <summary>
    /// As <see cref="RequireLockedAsync"/>, for a change that ends the very right it needs: closing a record, giving up
    /// one's own authorisation. Its repeat, with the same content, is answered to whoever made it and is not blocked since.
    /// </summary>
    public async Task<RecordAccess> RequireLockedOrRepeatAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid requestId, byte[] fingerprint, CancellationToken ct)
    {
        call.RecordId = recordId;
        await AccessSql.LockRecordAsync(connection, call.Caller, recordId, ct);

        // After the lock: a first call under way has ended by now, and its answer is there or will never be.
        var isRepeat = await RequestLog.FindAsync(connection, call, requestId, fingerprint, ct) is not null;
        var facts = await AccessSql.FindAsync(connection, call.Caller, recordId, time.GetUtcNow(), ct);
        return isRepeat
            ? Prove(call, AfterRight(call.RequiredRelation), onClosedRecord: true, facts)
            : Prove(call, call.RequiredRelation, call.Rule.OnClosedRecord, facts);
    }

    /// <summary>
    /// The whole rule on a record, without I/O.
    /// <code>
    /// relation      professional, structure                  people                       operator, auditor
    /// IDENTIFIED    the record exists                        the record exists            the record exists
    /// NOT_BLOCKED   exists, not blocked                      -                            -
    /// AUTHORIZED    not blocked, authorisation not ended,    -                            -
    ///               or in an emergency where the method
    ///               says so
    /// OWNER         -                                        a capacity (Capacities.Of)   -
    /// </code>
    /// Which relation a person needs depends on the capacity: see <see cref="Call.RelationFor(Annotations.V1.Access, Capacity)"/>.
    /// The blocked list wins over every authorisation. A closed record is CLOSED only to those who have the right:
    /// to others it is DENIED, like one that does not exist.
    /// </summary>
    public static AccessDecision Decide(
        Relation relation, bool onClosedRecord, bool inEmergency, Caller caller, AccessFacts? facts, DateTimeOffset now)
    {
        if (facts is null)
        {
            return AccessDecision.Denied;
        }

        var holds = relation switch
        {
            Relation.Identified => true,
            Relation.NotBlocked => IsCarer(caller) && !facts.IsBlocked,
            Relation.Authorized => IsCarer(caller)
                && !facts.IsBlocked
                && (facts.ExpireTime > now || (inEmergency && IsInEmergency(caller, facts, now))),
            Relation.Owner => Capacities.Of(caller, facts) != Capacity.None,
            _ => false,
        };
        if (!holds)
        {
            return AccessDecision.Denied;
        }

        return facts.State == (short)RecordState.Open || onClosedRecord ? AccessDecision.Allowed : AccessDecision.Closed;
    }

    /// <summary>
    /// An emergency access is open, and the patient still allows its mode: closing the switch ends it at once (R1111-48).
    /// </summary>
    public static bool IsInEmergency(Caller caller, AccessFacts facts, DateTimeOffset now) =>
        caller.Kind == CallerKind.Professional
        && ((facts.BreakGlassExpireTime > now && facts.EmergencyBreakGlassAllowed)
            || (facts.RegulationExpireTime > now && facts.EmergencyRegulationAllowed && caller.MayRegulate));

    /// <summary>True when the token names the INS as the patient's own or as that of a person the representative stands for.</summary>
    public static bool Owns(Caller caller, string insNumber) => caller.Kind switch
    {
        CallerKind.Patient => string.Equals(caller.Ins, insNumber, StringComparison.Ordinal),
        CallerKind.Representative => caller.RepresentedIns.Contains(insNumber, StringComparer.Ordinal),
        _ => false,
    };

    /// <summary>
    /// What a decision would be for somebody, to be explained to the patient or to that somebody. Gives nothing out.
    /// </summary>
    public static RecordAccess Suppose(Caller caller, AccessFacts facts, DateTimeOffset now) => new(caller, facts, now);

    private static bool IsCarer(Caller caller) => caller.Kind is CallerKind.Professional or CallerKind.Structure;

    private static Relation AfterRight(Relation relation) => relation == Relation.Authorized ? Relation.NotBlocked : relation;

    private RecordAccess Prove(Call call, Relation relation, bool onClosedRecord, AccessFacts? facts)
    {
        var now = time.GetUtcNow();
        if (facts is not null && Capacities.IsPerson(call.Caller.Kind))
        {
            relation = call.ActAs(Capacities.Of(call.Caller, facts), facts.DelegateName);
        }

        return Decide(relation, onClosedRecord, call.Rule.InEmergency, call.Caller, facts, now) switch
        {
            AccessDecision.Allowed when call.IsSecret && facts!.MajorityTime <= now => throw Failures.Of(ErrorReason.SecretConnectionNotAllowed),
            AccessDecision.Allowed => new RecordAccess(call.Caller, facts!, now),
            AccessDecision.Closed => throw Failures.Of(ErrorReason.RecordNotOpen),
            _ => throw Failures.Of(ErrorReason.RecordAccessDenied),
        };
    }
}
