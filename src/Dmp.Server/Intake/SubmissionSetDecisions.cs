using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>Whether a submission set is stored, inside of the transaction that would store it.</summary>
internal sealed class SubmissionSetDecisions(AccessPolicy policy)
{
    /// <summary>
    /// The rules, for a set whose documents were decided about. Adds to <paramref name="faults"/> what is at fault with the set, or with
    /// its documents because they are in it, and answers null when anything is.
    /// </summary>
    public SetDecision? Decide(
        UploadFacts facts,
        IReadOnlySet<Guid> takenUniqueIds,
        SetArrival set,
        IReadOnlyList<UploadDecision> members,
        Dictionary<Guid, Exception> faults,
        DateTimeOffset now)
    {
        var (call, plan) = (set.Call, set.Plan);
        call.Trace.RequestId = plan.RequestId.ToString();
        try
        {
            var access = policy.Require(call, plan.RecordId, facts.Records.GetValueOrDefault(plan.RecordId));
            var earlier = Recall(facts, set);
            if (earlier is null && takenUniqueIds.Contains(plan.RequestId))
            {
                throw Failures.Of(ErrorReason.UniqueIdTaken);
            }

            CheckMembers(set, members, isRepeat: earlier is not null, faults);
            if (faults.Count > 0)
            {
                return null;
            }

            call.Trace.Documents =
                [.. members.Select(member => member.Response.Document).OfType<Document.V1.Document>().Select(TracedDocument.Of)];
            if (earlier is not null || plan.Message.ValidateOnly)
            {
                return new SetDecision { Set = set, Access = access, Members = members, Response = earlier };
            }

            var row = IntakeMapping.ToRow(plan, access, now);
            return new SetDecision
            {
                Set = set,
                Access = access,
                Members = members,
                Row = row,
                Response = ToMessage(plan, row, members),
            };
        }
        catch (RpcException refusal)
        {
            faults[plan.RequestId] = refusal;
            return null;
        }
    }

    /// <summary>What was answered before for the request id of a set; null when it is new. Refuses another content.</summary>
    private static SubmissionSet? Recall(UploadFacts facts, SetArrival set) =>
        facts.AnswerTo(set.Plan.RequestId, set.Fingerprint) is { } answer ? SubmissionSet.Parser.ParseFrom(answer) : null;

    /// <summary>All documents were there before, with the set, or none; and no two of them are in each other's way.</summary>
    private static void CheckMembers(
        SetArrival set, IReadOnlyList<UploadDecision> members, bool isRepeat, Dictionary<Guid, Exception> faults)
    {
        HashSet<string> uniqueIds = [];
        HashSet<Guid> replaced = [];
        foreach (var member in members)
        {
            var (call, plan) = (member.Upload.Call, member.Upload.Plan);
            var isKnown = member is { IsAnswerOnly: true, Response.Document: not null };
            if (isKnown != isRepeat)
            {
                faults[plan.RequestId] = isKnown ? Known(plan.RequestId)

                    // The set is remembered and its document is not: the day of the memory ends between them.
                    : Failures.Of(ErrorReason.RequestInProgress, ("request_id", plan.RequestId.ToString()));
            }
            else if (!uniqueIds.Add(plan.Metadata.UniqueId))
            {
                faults[plan.RequestId] = Failures.Of(ErrorReason.UniqueIdTaken);
            }
            else if (member.Replaced is { } document && !replaced.Add(document.DocumentId))
            {
                faults[plan.RequestId] = Failures.Of(ErrorReason.EtagMismatch);
            }
        }

        foreach (var requestId in isRepeat ? [] : set.Known)
        {
            faults[requestId] = Known(requestId);
        }
    }

    private static RpcException Known(Guid requestId) =>
        Failures.Of(ErrorReason.SubmissionSetDocumentKnown, ("request_id", requestId.ToString()));

    private static SubmissionSet ToMessage(SubmissionSetPlan plan, NewSubmissionSet row, IReadOnlyList<UploadDecision> members)
    {
        var byRequest = members.ToDictionary(member => member.Upload.Plan.RequestId, member => member.Response.Document);
        var message = new SubmissionSet
        {
            SubmissionSetId = row.SubmissionSetId.ToString(),
            RecordId = row.RecordId.ToString(),
            Metadata = plan.Metadata,
            Depositor = Dmp.Type.V1.Actor.Parser.ParseFrom(row.Depositor),
            CreateTime = row.CreateTime.ToTimestamp(),
            Signature = plan.Message.Signature,
        };
        message.Members.AddRange(plan.DocumentRequestIds.Select(id => byRequest[id]).Select(document => new SubmissionSetMember
        {
            DocumentId = document.DocumentId,
            Version = document.Version,
            UniqueId = document.Metadata.UniqueId,
        }));
        return message;
    }
}

/// <summary>What a submission set becomes, decided inside of a transaction.</summary>
internal sealed class SetDecision
{
    public required SetArrival Set { get; init; }

    public required RecordAccess Access { get; init; }

    /// <summary>Its documents, decided with it.</summary>
    public required IReadOnlyList<UploadDecision> Members { get; init; }

    /// <summary>The answer to give; null with <c>validate_only</c>.</summary>
    public required SubmissionSet? Response { get; init; }

    /// <summary>Nothing is to be written: a repeat, or <c>validate_only</c>.</summary>
    public bool IsAnswerOnly => Row is null;

    /// <summary>The set to be added.</summary>
    public NewSubmissionSet? Row { get; init; }

    /// <summary>Its event in the trace.</summary>
    public AuditEventRow? Event { get; set; }
}
