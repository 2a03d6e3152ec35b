using Dmp.Annotations.V1;
using Dmp.Record.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;

namespace Dmp.Server.Access;

/// <summary>
/// The proof that a caller may use a record for the method called. Only <see cref="AccessPolicy"/> makes one; every SQL
/// function on a record's rows asks for one, so that forgetting the check does not compile.
/// </summary>
internal sealed class RecordAccess
{
    private readonly FunctionActor? actor;

    internal RecordAccess(Caller caller, AccessFacts facts, AccessMode mode, DateTimeOffset now)
    {
        Caller = caller;
        Mode = mode;
        RecordId = facts.RecordId;
        Scope = RowScope.OfRecord(caller, facts.RecordId);
        IsOpen = facts.State == (short)RecordState.Open;
        DocumentsMaskedByDefault = facts.DocumentsMaskedByDefault;
        SecretActsHiddenFromStaff = facts.SecretActsHiddenFromStaff;
        Capacity = Capacities.Of(caller, facts);
        DelegateName = facts.DelegateName;
        Now = now;
        MajorityTime = facts.MajorityTime;
        IsRepresented = facts.IsRepresented;
        var isCarer = caller.Kind == CallerKind.Professional && !facts.IsBlocked;
        IsAuthorized = isCarer && AccessPolicy.IsAuthorized(caller, facts, mode, now);
        IsAttending = isCarer && facts.IsAttending;
        IsBlocked = facts.IsBlocked;
        HoldsConsent = AccessPolicy.IsAuthorized(caller, facts, mode, now);
        IsNamedByToken = AccessPolicy.Owns(caller, facts.InsNumber);
        EmergencyAccessId = !IsAuthorized ? null : mode switch
        {
            AccessMode.BreakGlass => facts.BreakGlassAccessId,
            AccessMode.Regulation => facts.RegulationAccessId,
            _ => null,
        };
        actor = FunctionRights.ActorOf(caller, IsAttending);
        SeesMasked = IsAuthorized && Right(Function.ReadMasked) switch
        {
            { IsAllowed: true, Condition: FunctionCondition.None } => true,
            { IsAllowed: true, Condition: FunctionCondition.MaskedShown } => facts.EmergencyMaskedAllowed,
            _ => false,
        };
    }

    public Caller Caller { get; }

    /// <summary>For statements that say by themselves for whom they are.</summary>
    public RowScope Scope { get; }

    /// <summary>Where the changes were before the facts were read, when a read asked for that.</summary>
    public FactsPlace Place { get; init; }

    /// <summary>
    /// The facts are those of an earlier call: each batch that reads by them asks behind its rows whether they still stand.
    /// </summary>
    public bool IsRemembered { get; init; }

    /// <summary>The mode in which the record is used.</summary>
    public AccessMode Mode { get; }

    public Guid RecordId { get; }

    /// <summary>The emergency access in whose mode the record is used; null in the normal mode, and without a right.</summary>
    public Guid? EmergencyAccessId { get; }

    /// <summary>The moment as of which was decided.</summary>
    public DateTimeOffset Now { get; }

    public bool IsOpen { get; }

    public bool DocumentsMaskedByDefault { get; }

    /// <summary>The patient keeps what is hidden from representatives from the staff of structures too.</summary>
    public bool SecretActsHiddenFromStaff { get; }

    /// <summary>What the caller is to the record.</summary>
    public Capacity Capacity { get; }

    /// <summary>The name of a person to whom the record was entrusted, as the delegation says it.</summary>
    public string? DelegateName { get; }

    /// <summary>The patient, or a representative of the patient.</summary>
    public bool IsOwner => Capacity is Capacity.Patient or Capacity.Representative;

    /// <summary>False for representatives and caregivers: what a minor keeps secret does not exist for them.</summary>
    public bool SeesSecret => Capacity is not (Capacity.Representative or Capacity.Caregiver);

    /// <summary>When the patient comes of age, or came.</summary>
    public DateTimeOffset MajorityTime { get; }

    /// <summary>A minor, or an adult under guardianship: representatives act for the patient.</summary>
    public bool IsRepresented { get; }

    /// <summary>A professional with a valid authorisation, or in an emergency: sees what is not masked. Structures never read.</summary>
    public bool IsAuthorized { get; }

    /// <summary>
    /// The right of <see cref="IsAuthorized"/>, which structures can have too: to use the record, and to read nothing in it.
    /// </summary>
    public bool HoldsConsent { get; }

    /// <summary>On the blocked list, by the own name or the structure's.</summary>
    public bool IsBlocked { get; }

    /// <summary>The token names the patient as its holder's own identity or as a person represented, whatever that is worth now.</summary>
    public bool IsNamedByToken { get; }

    /// <summary>An attending physician (<i>médecin traitant DMP</i>): sees what is masked too, and the whole trace.</summary>
    public bool IsAttending { get; }

    /// <summary>An attending physician, or an emergency on a record whose patient shows masked documents then.</summary>
    public bool SeesMasked { get; }

    /// <summary>What the trace says of the right.</summary>
    public UsedRight ToUsedRight() => new(Mode, Capacity, IsAuthorized, IsAttending, EmergencyAccessId);

    /// <summary>What the functional matrix says of a function for this caller in this mode. Not for patients.</summary>
    public FunctionRight Right(Function function) => FunctionRights.Of(function, actor, Mode);
}
