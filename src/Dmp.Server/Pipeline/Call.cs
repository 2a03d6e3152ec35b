using System.Net;
using Dmp.Annotations.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Grpc.Core;

namespace Dmp.Server.Pipeline;

/// <summary>
/// One call under way: who calls what, and what the trace will say about it. Made by <see cref="AccessGate"/> before
/// anything of the message is read.
/// </summary>
internal sealed class Call
{
    private const int JustificationLengthMin = 10;
    private const int JustificationLengthMax = 500;

    private static readonly AsyncLocal<Call?> current = new();

    /// <summary>The call that the running code belongs to; null outside of calls.</summary>
    public static Call? Current
    {
        get => current.Value;
        set => current.Value = value;
    }

    /// <summary>Our id of the call: what support asks for.</summary>
    public required Guid ServerRequestId { get; init; }

    /// <summary>Full name of the method, <c>dmp.record.v1.RecordService/OpenRecord</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The rule of the method, from the contract.</summary>
    public required Annotations.V1.Access Rule { get; init; }

    /// <summary>Who calls. Null until the token is verified: no method is reached with null.</summary>
    public Caller? VerifiedCaller { get; set; }

    /// <summary>Who calls.</summary>
    public Caller Caller => VerifiedCaller ?? throw new InvalidOperationException("No method runs without a verified caller.");

    /// <summary>When the token of the caller ends. A stream that lives longer ends then.</summary>
    public DateTimeOffset? TokenExpireTime { get; set; }

    /// <summary>The mode of access that the call asks for (<c>dmp-access-mode</c>); null when it asks for none.</summary>
    public AccessMode? AskedMode { get; set; }

    /// <summary>The record named by the request, for the trace. Set as soon as it is read.</summary>
    public Guid? RecordId { get; set; }

    /// <summary>The documents that the answer holds or that the call changes, for the trace.</summary>
    public IReadOnlyList<TracedDocument> Documents { get; set; } = [];

    /// <summary>The right to the record on which the call stands, for the trace; null before the decision.</summary>
    public RecordAccess? Access { get; set; }

    /// <summary>Why an operator or auditor looks, for the trace.</summary>
    public string? Justification { get; set; }

    /// <summary>What the calling software says it is (<c>user-agent</c>).</summary>
    public string? UserAgent { get; init; }

    /// <summary>Where the call comes from.</summary>
    public IPAddress? Origin { get; init; }

    /// <summary>When the call arrived, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    public long Arrival { get; init; }

    /// <summary>The caller's request id, for the trace.</summary>
    public string? RequestId { get; set; }

    /// <summary>
    /// A secret connection (<i>connexion secrète</i>): a professional's call that a minor keeps from representatives. The gates
    /// have seen that the method and, where a record is named, its patient's age allow it.
    /// </summary>
    public bool IsSecret { get; set; }

    /// <summary>The event of this call does not exist for representatives and caregivers. True for every secret call.</summary>
    public bool HidesEvent { get; set; }

    /// <summary>True once the trace holds this call.</summary>
    public bool IsTraced { get; set; }

    /// <summary>The position of the request's consistency token: nothing is read from a database that is not there yet.</summary>
    public DatabasePosition? AtLeast { get; set; }

    /// <summary>Where the database was after the change of this call committed; null while nothing was changed.</summary>
    public DatabasePosition? Committed { get; set; }

    /// <summary>The relation to the record that this caller needs. For people the fine gate decides by their capacity.</summary>
    public Relation RequiredRelation => RelationFor(Rule, Caller.Kind);

    /// <summary>From here on the caller of this call is what the person is to the record. Returns the relation that this needs.</summary>
    public Relation ActAs(Capacity capacity, string? delegateName)
    {
        VerifiedCaller = Caller with { Capacity = capacity, DelegateName = delegateName };
        return RelationFor(Rule, capacity);
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
            RecordId = id;
        }

        return id;
    }

    /// <summary>Reads why an operator or auditor asks, which the trace keeps.</summary>
    public void ReadJustification(string justification, FieldFaults faults)
    {
        var why = justification.Trim();
        if (why.Length is >= JustificationLengthMin and <= JustificationLengthMax)
        {
            Justification = why;
        }
        else
        {
            faults.Add("justification", "Required: why, in words, 10 to 500 characters.");
        }
    }

    /// <summary>One of the many things that this call asks for, decided and traced by itself.</summary>
    public Call ForItem(long arrival) => new()
    {
        ServerRequestId = ServerRequestId,
        Method = Method,
        Rule = Rule,
        VerifiedCaller = VerifiedCaller,
        TokenExpireTime = TokenExpireTime,
        AskedMode = AskedMode,
        UserAgent = UserAgent,
        Origin = Origin,
        Arrival = arrival,
        IsSecret = IsSecret,
        HidesEvent = HidesEvent,
        AtLeast = AtLeast,
    };

    public static Call Of(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<Call>()
        ?? throw new InvalidOperationException("The access gate did not run.");

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
    public static bool IsOpenTo(Annotations.V1.Access rule, CallerKind kind) => Capacities.IsPerson(kind)
        ? (rule.Patient, rule.Representative, rule.Caregiver) != default
        : RelationFor(rule, kind) != Relation.Unspecified;
}
