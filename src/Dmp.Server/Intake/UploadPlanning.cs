using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>What an upload asks for, checked before bytes travel: from the intent to the plan.</summary>
internal sealed class UploadPlanning(IOptions<UploadOptions> uploadOptions, IOptions<AccessOptions> accessOptions, TimeProvider time)
{
    /// <summary>The plan of an upload. Refuses every fault of the intent together.</summary>
    public UploadPlan Check(Call call, UploadIntent message)
    {
        var sent = message.ToByteArray();
        var faults = FieldFaults.Of(message);
        var now = time.GetUtcNow();
        var recordId = call.ReadRecordId(message.RecordId, faults);
        var replaces = faults.Id(message.ReplacesDocumentId, "replaces_document_id");
        var requestId = faults.Id(message.RequestId, "request_id");
        var mayBeCda = UploadPlan.MayBeCda(message.Metadata);
        if (!mayBeCda)
        {
            DocumentRules.RequireComplete(message.Metadata, "Required.", faults);
        }

        if (message.Metadata is not null)
        {
            DocumentRules.Check(message.Metadata, call.Caller, now, mayBeCda && message.Metadata.Authors.Count == 0, faults);
        }

        if (message.StatedPatient is { } stated)
        {
            DocumentRules.CheckStated(stated, faults);
        }

        DocumentRules.CheckVisibility(message.VisibilityCodes, call.Caller, accessOptions.Value.HiddenAndMasked, faults);
        if (call.IsSecret)
        {
            // From here on the intent says so itself, and its fingerprint too.
            DocumentRules.CheckSecret(message.VisibilityCodes, faults);
            message.VisibilityCodes.Clear();
            message.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives);
        }

        faults.Require(
            (message.ReplacesDocumentId.Length > 0) == (message.Etag.Length > 0),
            "etag",
            "Required with replaces_document_id, and only with it.");
        faults.Require(
            message.ExpectedSha256.Length is 0 or SHA256.HashSizeInBytes, "expected_sha256", "Must have 32 bytes.");
        faults.Require(
            !message.HasExpectedSizeBytes || message.ExpectedSizeBytes >= 0, "expected_size_bytes", "Must not be negative.");
        faults.ThrowIfAny();

        if (message is { HasExpectedSizeBytes: true, ExpectedSizeBytes: 0 })
        {
            throw Failures.Of(ErrorReason.DocumentEmpty);
        }

        if (message.HasExpectedSizeBytes && message.ExpectedSizeBytes > uploadOptions.Value.DocumentBytesMax)
        {
            throw TooLarge();
        }

        call.Trace.RequestId = requestId.ToString();
        return new UploadPlan
        {
            Message = message,
            RecordId = recordId,
            RequestId = requestId,
            Replaces = replaces == Guid.Empty ? null : replaces,
            Sent = sent,
            IsSecret = call.IsSecret,
            UploadId = Guid.CreateVersion7(now),
            ContentId = Guid.CreateVersion7(now),
            Metadata = UploadPlan.Complete(message.Metadata ?? new DocumentMetadata(), call.Caller),
        };
    }

    private RpcException TooLarge() =>
        Failures.Of(ErrorReason.DocumentTooLarge, ("limit_bytes", $"{uploadOptions.Value.DocumentBytesMax}"));

    /// <summary>The record and the request id by which an upload is asked about.</summary>
    public static (Guid RecordId, Guid RequestId) Ids(Call call, FieldFaults faults, string record, string request)
    {
        var recordId = faults.Id(record, "record_id");
        var requestId = faults.Id(request, "request_id");
        faults.ThrowIfAny();
        call.Trace.RecordId = recordId;
        call.Trace.RequestId = requestId.ToString();
        return (recordId, requestId);
    }
}
