using Dmp.Annotations.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Grpc.Core;
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
/// the access gate. Both read the same option of the contract.
/// </summary>
internal sealed class AccessPolicy(RememberedFacts remembered, TimeProvider time)
{
    /// <summary>
    /// Checks the right that the called method needs on a record and returns the proof that SQL functions ask for.
    /// Reads the facts inside the transaction of <paramref name="connection"/> when it has one.
    /// </summary>
    public async Task<RecordAccess> RequireAsync(NpgsqlConnection connection, Call call, Guid recordId, CancellationToken ct)
    {
        call.Trace.RecordId = recordId;
        return Require(call, recordId, await AccessSql.FindAsync(connection, call.Caller, recordId, time.GetUtcNow(), ct));
    }

    /// <summary>
    /// As <see cref="RequireAsync"/>, for a read that asks behind its rows whether the facts still stand
    /// (<see cref="RecordAccess.IsRemembered"/>): they may be those of an earlier call, and where they do not stand, it is repeated with
    /// new ones. Only what allows is taken from memory, never a refusal.
    /// </summary>
    public async Task<T> ReadAsync<T>(
        NpgsqlConnection connection, Call call, Guid recordId, Func<RecordAccess, Task<T>> read, CancellationToken ct)
    {
        call.Trace.RecordId = recordId;
        var key = FactsKey.Of(call.Caller, recordId);
        var now = time.GetUtcNow();
        if (RememberedFacts.MayKeep(call.Caller) && remembered.Find(key, now) is { } known && MayReuse(call, known.Facts, now))
        {
            try
            {
                return await read(
                    Prove(call, call.RequiredRelation, call.Rule.OnClosedRecord, known.Facts, place: known.Place, isRemembered: true));
            }
            catch (FactsOutdatedException)
            {
                remembered.Forget(key);
            }
        }

        now = time.GetUtcNow();
        var (facts, place) = await AccessSql.FindAtPlaceAsync(connection, call.Caller, recordId, now, ct);
        var access = Prove(call, call.RequiredRelation, call.Rule.OnClosedRecord, facts, place: place);
        if (RememberedFacts.MayKeep(call.Caller))
        {
            remembered.Keep(key, facts!, place, now);
        }

        return await read(access);
    }

    /// <summary>As <see cref="RequireAsync"/>, by the facts that the transaction read for several records at once.</summary>
    public RecordAccess Require(Call call, Guid recordId, AccessFacts? facts)
    {
        call.Trace.RecordId = recordId;
        return Prove(call, call.RequiredRelation, call.Rule.OnClosedRecord, facts);
    }

    /// <summary>
    /// As <see cref="RequireAsync"/>, and keeps other changes of the record's life and consents waiting until the
    /// transaction ends.
    /// </summary>
    public async Task<RecordAccess> RequireLockedAsync(
        NpgsqlConnection connection, Call call, Guid recordId, CancellationToken ct)
    {
        call.Trace.RecordId = recordId;
        return Require(call, recordId, await AccessSql.FindLockedAsync(connection, call.Caller, recordId, time.GetUtcNow(), ct));
    }

    /// <summary>
    /// As <see cref="RequireLockedAsync"/>, for a change that ends the very right it needs: closing a record, giving up
    /// one's own authorisation. Its repeat, with the same content, is answered to whoever made it and is not blocked since.
    /// </summary>
    public async Task<RecordAccess> RequireLockedOrRepeatAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid requestId, byte[] fingerprint, CancellationToken ct)
    {
        call.Trace.RecordId = recordId;
        var (earlier, facts) = await AccessSql.FindLockedWithRequestAsync(
            connection, call.Caller, recordId, requestId, time.GetUtcNow(), ct);
        if (earlier is null)
        {
            return Prove(call, call.RequiredRelation, call.Rule.OnClosedRecord, facts);
        }

        RequestLogSql.AnswerOf(earlier, requestId, fingerprint);
        return Prove(call, AfterRight(call.RequiredRelation), onClosedRecord: true, facts, isRepeat: true);
    }

    /// <summary>
    /// What the caller is to one of many records now, in the normal mode, for a method that tells of all of them; null when there is no
    /// such record. Refuses nothing: what the caller has no right to is left out. The connection is for this record from here on.
    /// </summary>
    public async Task<RecordAccess?> LookAsync(NpgsqlConnection connection, Call call, Guid recordId, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var facts = await AccessSql.FindAsync(connection, call.Caller, recordId, now, ct);
        return facts is null ? null : new RecordAccess(call.Caller, facts, AccessMode.Normal, now);
    }

    /// <summary>
    /// As <see cref="LookAsync"/>, by what representatives may know: false when the right of a professional or structure on a minor's
    /// record stands on what is kept from them.
    /// </summary>
    public static async Task<bool> IsKnownRightAsync(NpgsqlConnection connection, Call call, RecordAccess access, CancellationToken ct)
    {
        if (!access.HoldsConsent || access.MajorityTime <= access.Now)
        {
            return true;
        }

        var facts = await AccessSql.FindAsync(connection, call.Caller, access.RecordId, access.Now, ct, withSecret: false);
        return facts is not null && IsAuthorized(call.Caller, facts, AccessMode.Normal, access.Now);
    }

    /// <summary>
    /// Checks the function of a method that names no record. <paramref name="absent"/> is the mode of a call that asks for none.
    /// </summary>
    public static void RequireFunction(Call call, AccessMode absent = AccessMode.Normal)
    {
        var mode = call.AskedMode ?? absent;
        if (!HasFunction(call, null, mode))
        {
            throw FunctionRefused(call, null, mode);
        }
    }

    /// <summary>
    /// The relation of a caller to a record, without I/O: the second filter.
    /// <code>
    /// relation      professional, structure                  people                       operator, auditor
    /// IDENTIFIED    the record exists                        the record exists            the record exists
    /// NOT_BLOCKED   exists, not blocked                      -                            -
    /// AUTHORIZED    not blocked, and                         -                            -
    ///   normal        authorisation not ended
    ///   break-glass   access open, switch open
    ///   regulation    access open, switch open; a
    ///                 structure needs the switch only
    /// OWNER         -                                        a capacity (Capacities.Of)   -
    /// </code>
    /// Which relation a person needs depends on the capacity: see <see cref="Call.RelationFor(Annotations.V1.Access, Capacity)"/>.
    /// The blocked list wins over every authorisation. A closed record is CLOSED only to those who have the right:
    /// to others it is DENIED, like one that does not exist.
    /// </summary>
    public static AccessDecision Decide(
        Relation relation, bool onClosedRecord, AccessMode mode, Caller caller, AccessFacts? facts, DateTimeOffset now)
    {
        if (facts is null)
        {
            return AccessDecision.Denied;
        }

        var holds = relation switch
        {
            Relation.Identified => true,
            Relation.NotBlocked => IsCarer(caller) && !facts.IsBlocked,
            Relation.Authorized => IsAuthorized(caller, facts, mode, now),
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
    /// The mode of a call: the one it asks for; else the one in which the caller has a right on the record, an authorisation
    /// before an emergency access.
    /// </summary>
    public static AccessMode ModeOf(AccessMode? asked, Caller caller, AccessFacts facts, DateTimeOffset now) =>
        asked
        ?? (facts.ExpireTime > now || caller.Kind != CallerKind.Professional ? AccessMode.Normal
            : IsInEmergency(caller, facts, AccessMode.BreakGlass, now) ? AccessMode.BreakGlass
            : IsInEmergency(caller, facts, AccessMode.Regulation, now) ? AccessMode.Regulation
            : AccessMode.Normal);

    /// <summary>A right to use the record in this mode: of somebody who cares for the patient and is not blocked.</summary>
    public static bool IsAuthorized(Caller caller, AccessFacts facts, AccessMode mode, DateTimeOffset now) =>
        IsCarer(caller)
        && !facts.IsBlocked
        && (mode == AccessMode.Normal ? facts.ExpireTime > now : IsInEmergency(caller, facts, mode, now));

    /// <summary>
    /// An emergency access is open, and the patient still allows its mode: closing the switch ends it at once (R1111-48). The
    /// functions of a structure in regulation show no document and need no access of their own.
    /// </summary>
    public static bool IsInEmergency(Caller caller, AccessFacts facts, AccessMode mode, DateTimeOffset now) => mode switch
    {
        AccessMode.BreakGlass => caller.Kind == CallerKind.Professional
            && facts.BreakGlassExpireTime > now
            && facts.EmergencyBreakGlassAllowed,
        AccessMode.Regulation => caller.MayRegulate
            && facts.EmergencyRegulationAllowed
            && (caller.Kind == CallerKind.Structure || facts.RegulationExpireTime > now),
        _ => false,
    };

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
    public static RecordAccess Suppose(Caller caller, AccessFacts facts, DateTimeOffset now) =>
        Suppose(caller, facts, ModeOf(null, caller, facts, now), now);

    /// <summary>The same in a mode that the somebody may ask for.</summary>
    public static RecordAccess Suppose(Caller caller, AccessFacts facts, AccessMode mode, DateTimeOffset now) =>
        new(caller, facts, mode, now);

    /// <summary>
    /// The modes in which a professional has a right on the record, the one that counts without being asked for first; the normal one when
    /// there is none.
    /// </summary>
    public static IReadOnlyList<AccessMode> ModesOf(Caller caller, AccessFacts facts, DateTimeOffset now)
    {
        AccessMode[] all = [AccessMode.Normal, AccessMode.BreakGlass, AccessMode.Regulation];
        AccessMode[] held = [.. all.Where(mode => IsAuthorized(caller, facts, mode, now))];
        return held.Length == 0 ? [AccessMode.Normal] : held;
    }

    private static bool IsCarer(Caller caller) => caller.Kind is CallerKind.Professional or CallerKind.Structure;

    private static Relation AfterRight(Relation relation) => relation == Relation.Authorized ? Relation.NotBlocked : relation;

    private static bool HasFunction(Call call, AccessFacts? facts, AccessMode mode)
    {
        if (!IsCarer(call.Caller))
        {
            return true;
        }

        // Who may not regulate has no mode of regulation, whatever the call asks for.
        var actor = mode == AccessMode.Regulation && !call.Caller.MayRegulate
            ? null
            : FunctionRights.ActorOf(call.Caller, facts is { IsAttending: true });
        return call.Rule.Functions.Any(function => FunctionRights.Of(function, actor, mode).IsAllowed);
    }

    private static RpcException FunctionRefused(Call call, AccessFacts? facts, AccessMode mode) => Failures.Of(
        ErrorReason.FunctionNotAllowed,
        ("function", NameOf($"{call.Rule.Functions.FirstOrDefault()}")),
        ("actor", NameOf($"{FunctionRights.ActorOf(call.Caller, facts is { IsAttending: true })}")),
        ("access_mode", NameOf($"{mode}")));

    /// <summary><c>ReadMasked</c> as the contract writes it: <c>READ_MASKED</c>.</summary>
    private static string NameOf(string name) =>
        string.Concat(name.Select((letter, i) => i > 0 && char.IsUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));

    // An emergency ends by more than a change; it is decided each time.
    private static bool MayReuse(Call call, AccessFacts facts, DateTimeOffset now)
    {
        var mode = ModeOf(call.AskedMode, call.Caller, facts, now);
        return mode == AccessMode.Normal
            && HasFunction(call, facts, mode)
            && Decide(call.RequiredRelation, call.Rule.OnClosedRecord, mode, call.Caller, facts, now) == AccessDecision.Allowed;
    }

    private RecordAccess Prove(
        Call call,
        Relation relation,
        bool onClosedRecord,
        AccessFacts? facts,
        bool isRepeat = false,
        FactsPlace place = default,
        bool isRemembered = false)
    {
        var now = time.GetUtcNow();
        var caller = call.Caller;
        if (facts is not null && caller.Kind.IsPerson)
        {
            caller = call.ActAs(Capacities.Of(caller, facts), facts.DelegateName);
            relation = Call.RelationFor(call.Rule, caller.Capacity);
        }

        var mode = facts is null ? AccessMode.Normal : ModeOf(call.AskedMode, caller, facts, now);
        var decision = Decide(relation, onClosedRecord, mode, caller, facts, now);

        // Which record it is stays out of a refusal of the function; so does whether it is there, to those who have no relation.
        switch (decision)
        {
            case AccessDecision.Denied:
                throw Failures.Of(ErrorReason.RecordAccessDenied);
            case var _ when !isRepeat && !HasFunction(call, facts, mode):
                throw FunctionRefused(call, facts, mode);
            case AccessDecision.Allowed when call.IsSecret && facts!.MajorityTime <= now:
                throw Failures.Of(ErrorReason.SecretConnectionNotAllowed);
            case AccessDecision.Closed:
                throw Failures.Of(ErrorReason.RecordNotOpen);
            default:
                RecordAccess access = new(caller, facts!, mode, now) { Place = place, IsRemembered = isRemembered };
                call.Trace.Right = access.ToUsedRight();
                return access;
        }
    }
}
