using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Intake;

/// <summary>A submission set whose intent was found good: what it will become once its documents are whole.</summary>
internal sealed record SubmissionSetPlan
{
    /// <summary>Under this method the answer is remembered; a set is no upload.</summary>
    public const string Method = "dmp.document.v1.DocumentService/ImportDocuments";

    public required SubmissionSetIntent Message { get; init; }

    public required Guid RecordId { get; init; }

    public required Guid RequestId { get; init; }

    public required Guid SetId { get; init; }

    /// <summary>The request ids of its documents, in the caller's order.</summary>
    public required IReadOnlyList<Guid> DocumentRequestIds { get; init; }

    /// <summary>The metadata with the defaults of the contract filled in.</summary>
    public required SubmissionSetMetadata Metadata { get; init; }

    /// <summary>What a submission set asks for, checked before its documents come: from the intent to the plan.</summary>
    public static SubmissionSetPlan Check(Call call, SubmissionSetIntent message, ImportOptions options, DateTimeOffset now)
    {
        var faults = FieldFaults.Of(message);
        var recordId = call.ReadRecordId(message.RecordId, faults);
        var requestId = faults.Id(message.RequestId, "request_id");
        call.Trace.RequestId = requestId == Guid.Empty ? null : requestId.ToString();
        var documentsMax = SubmissionSetRules.DocumentsMaxOf(options);
        faults.Require(
            message.DocumentRequestIds.Count <= documentsMax,
            "document_request_ids",
            $"Must have at most {documentsMax} ids on this server.");
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
            Metadata = Complete(message.Metadata, now),
        };
    }

    private static SubmissionSetMetadata Complete(SubmissionSetMetadata? given, DateTimeOffset now)
    {
        var metadata = given?.Clone() ?? new SubmissionSetMetadata();
        if (metadata.UniqueId.Length == 0)
        {
            metadata.UniqueId = $"urn:uuid:{Guid.NewGuid()}";
        }

        metadata.SubmissionTime ??= now.ToTimestamp();
        return metadata;
    }

    /// <summary>
    /// The same for a repeat: what was said about the set, and which documents it has. Their bytes are told by their own fingerprints.
    /// </summary>
    public byte[] Fingerprint()
    {
        var same = Message.Clone();
        same.RequestId = "";
        return RequestFingerprint.Of(Method, same);
    }
}
