using Dmp.Document.V1;
using Dmp.Server.Data;
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

    public static SubmissionSetMetadata Complete(SubmissionSetMetadata? given, DateTimeOffset now)
    {
        var metadata = given?.Clone() ?? new SubmissionSetMetadata();
        if (metadata.UniqueId.Length == 0)
        {
            metadata.UniqueId = $"urn:uuid:{Guid.NewGuid()}";
        }

        metadata.SubmissionTime ??= now.ToTimestamp();
        return metadata;
    }

    /// <summary>The same for a repeat: what was said about the set, and which documents it has. Their bytes are told by their own fingerprints.</summary>
    public byte[] Fingerprint()
    {
        var same = Message.Clone();
        same.RequestId = "";
        return RequestFingerprint.Of(Method, same);
    }
}
