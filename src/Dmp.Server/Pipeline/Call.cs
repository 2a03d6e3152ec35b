using Dmp.Annotations.V1;
using Dmp.Server.Access;
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

    /// <summary>The record named by the request, for the trace. Set as soon as it is read.</summary>
    public Guid? RecordId { get; set; }

    /// <summary>The documents that the answer holds or that the call changes, for the trace.</summary>
    public IReadOnlyList<Guid> DocumentIds { get; set; } = [];

    /// <summary>The caller's request id, for the trace.</summary>
    public string? RequestId { get; set; }

    /// <summary>True once the trace holds this call.</summary>
    public bool IsTraced { get; set; }

    /// <summary>The position of the request's consistency token: nothing is read from a database that is not there yet.</summary>
    public DatabasePosition? AtLeast { get; set; }

    /// <summary>Where the database was after the change of this call committed; null while nothing was changed.</summary>
    public DatabasePosition? Committed { get; set; }

    /// <summary>The relation to the record that this caller needs.</summary>
    public Relation RequiredRelation => RelationFor(Rule, Caller.Kind);

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
}
