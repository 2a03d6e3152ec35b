using System.Net;
using Dmp.Annotations.V1;
using Dmp.Server.Errors;

namespace Dmp.Server.Calls;

/// <summary>
/// One call under way: who calls what, from where and in which mode. Never changes; what is learned on the way is in <see cref="Trace"/>.
/// Made by the access gate before anything of the message is read.
/// </summary>
internal sealed record Call
{
    private const int JustificationLengthMin = 10;
    private const int JustificationLengthMax = 500;

    /// <summary>Our id of the call: what support asks for.</summary>
    public required Guid ServerRequestId { get; init; }

    /// <summary>Full name of the method, <c>dmp.record.v1.RecordService/OpenRecord</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The rule of the method, from the contract.</summary>
    public required Annotations.V1.Access Rule { get; init; }

    /// <summary>Who calls. Null until the token is verified: no method is reached with null.</summary>
    public Caller? VerifiedCaller { get; init; }

    /// <summary>Who calls.</summary>
    public Caller Caller => VerifiedCaller ?? throw new InvalidOperationException("No method runs without a verified caller.");

    /// <summary>Who calls, as what the caller turned out to be to the record.</summary>
    public Caller ActingCaller => Trace.Caller ?? Caller;

    /// <summary>When the token of the caller ends. A stream that lives longer ends then.</summary>
    public DateTimeOffset? TokenExpireTime { get; init; }

    /// <summary>The mode of access that the call asks for (<c>dmp-access-mode</c>); null when it asks for none.</summary>
    public AccessMode? AskedMode { get; init; }

    /// <summary>What the calling software says it is (<c>user-agent</c>).</summary>
    public string? UserAgent { get; init; }

    /// <summary>Where the call comes from.</summary>
    public IPAddress? Origin { get; init; }

    /// <summary>When the call arrived, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    public long Arrival { get; init; }

    /// <summary>
    /// A secret connection (<i>connexion secrète</i>): a professional's call that a minor keeps from representatives. The gates
    /// have seen that the method and, where a record is named, its patient's age allow it.
    /// </summary>
    public bool IsSecret { get; init; }

    /// <summary>What the call learns on its way.</summary>
    public CallTrace Trace { get; init; } = new();

    /// <summary>The relation to the record that this caller needs. For people the fine gate decides by their capacity.</summary>
    public Relation RequiredRelation => RelationFor(Rule, Caller.Kind);

    /// <summary>From here on the caller of this call is what the person is to the record.</summary>
    public Caller ActAs(Capacity capacity, string? delegateName)
    {
        var acting = Caller with { Capacity = capacity, DelegateName = delegateName };
        Trace.Caller = acting;
        return acting;
    }

    /// <summary>
    /// Reads the record id of a request and names the record in the trace at once: a call that is refused for other faults
    /// is an event of the record too.
    /// </summary>
    public Guid ReadRecordId(string recordId, FieldFaults faults)
    {
        var id = faults.Id(recordId, "record_id");
        if (id != Guid.Empty)
        {
            Trace.RecordId = id;
        }

        return id;
    }

    /// <summary>Reads why an operator or auditor asks, which the trace keeps.</summary>
    public void ReadJustification(string justification, FieldFaults faults)
    {
        var why = justification.Trim();
        if (why.Length is >= JustificationLengthMin and <= JustificationLengthMax)
        {
            Trace.Justification = why;
        }
        else
        {
            faults.Add("justification", "Required: why, in words, 10 to 500 characters.");
        }
    }

    /// <summary>One of the many things that this call asks for, decided and traced by itself.</summary>
    public Call ForItem(long arrival) => this with { Arrival = arrival, Trace = new CallTrace { HidesEvent = Trace.HidesEvent } };

    public static Relation RelationFor(Annotations.V1.Access rule, CallerKind kind) => kind switch
    {
        CallerKind.Professional => rule.Professional,
        CallerKind.Structure => rule.Structure,
        CallerKind.Patient => rule.Patient,
        CallerKind.Representative => rule.Representative,
        CallerKind.Operator => rule.Operator,
        CallerKind.Auditor => rule.Auditor,
        _ => Relation.Unspecified,
    };

    public static Relation RelationFor(Annotations.V1.Access rule, Capacity capacity) => capacity switch
    {
        Capacity.Patient => rule.Patient,
        Capacity.Representative => rule.Representative,
        Capacity.Caregiver => rule.Caregiver,
        _ => Relation.Unspecified,
    };

    /// <summary>
    /// The coarse gate: some caller of this kind may call the method. A person may be a patient here and a caregiver there,
    /// whatever the kind of the token.
    /// </summary>
    public static bool IsOpenTo(Annotations.V1.Access rule, CallerKind kind) => kind.IsPerson
        ? (rule.Patient, rule.Representative, rule.Caregiver) != default
        : RelationFor(rule, kind) != Relation.Unspecified;
}
