using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;

namespace Dmp.Server.Intake;

/// <summary>What a submission set asks for, checked before its documents come.</summary>
internal static class SubmissionSetPlanning
{
    public static SubmissionSetPlan Check(Call call, SubmissionSetIntent message, ImportOptions options, DateTimeOffset now)
    {
        var faults = FieldFaults.Of(message);
        var recordId = call.ReadRecordId(message.RecordId, faults);
        var requestId = faults.Id(message.RequestId, "request_id");
        call.Trace.RequestId = requestId == Guid.Empty ? null : requestId.ToString();
        var documentsMax = SubmissionSetRules.DocumentsMaxOf(options);
        faults.Require(
            message.DocumentRequestIds.Count <= documentsMax, "document_request_ids", $"Must have at most {documentsMax} ids on this server.");
        List<Guid> documents = [];
        HashSet<Guid> seen = [requestId];
        for (var i = 0; i < Math.Min(message.DocumentRequestIds.Count, documentsMax); i++)
        {
            var field = $"document_request_ids[{i}]";
            faults.Require(message.DocumentRequestIds[i].Length > 0, field, "Must not be empty.");
            var id = faults.Id(message.DocumentRequestIds[i], field);
            faults.Require(id == Guid.Empty || seen.Add(id), field, "Must be given once, and be another than that of the set.");
            documents.Add(id);
        }

        SubmissionSetRules.Check(message, now, faults);
        faults.ThrowIfAny();
        return new SubmissionSetPlan
        {
            Message = message,
            RecordId = recordId,
            RequestId = requestId,
            SetId = Guid.CreateVersion7(now),
            DocumentRequestIds = documents,
            Metadata = SubmissionSetPlan.Complete(message.Metadata, now),
        };
    }
}
