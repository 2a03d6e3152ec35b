using Dmp.Document.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Storage;

namespace Dmp.Server.Intake;

/// <summary>An upload whose bytes have come and were found good: all that is left is its transaction, alone or with others.</summary>
internal sealed class CompleteUpload(
    Call call, UploadPlan plan, ContentDigests content, ContentForm form, ReadOnlyMemory<byte>? small, Guid? recordKeyId)
{
    public Call Call => call;

    /// <summary>With what the header of a CDA document says.</summary>
    public UploadPlan Plan => plan;

    public ContentDigests Content => content;

    public ContentForm Form => form;

    /// <summary>The bytes that are to be put into the content store with the commit; null: they are there already, in a blob of their own.</summary>
    public ReadOnlyMemory<byte>? Small => small;

    /// <summary>The key that bytes which are in the content store are sealed with.</summary>
    public Guid? RecordKeyId => recordKeyId;

    public byte[] Fingerprint { get; } = plan.Fingerprint(UploadPlan.Method, content.Sha256);

    /// <summary>The submission set with which it commits, or nothing of both.</summary>
    public Guid? SubmissionSetId { get; set; }

    /// <summary>The answer, once the transaction committed; of an earlier call, for a repeat.</summary>
    public UploadDocumentResponse? Response { get; set; }

    /// <summary>Why it became nothing.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The bytes are a document now. False for a repeat, whose first call had bytes of its own.</summary>
    public bool IsAdded { get; set; }

    public bool IsDone => Response is not null || Failure is not null;
}

/// <summary>What a complete upload becomes, decided inside of a transaction.</summary>
internal sealed class UploadDecision
{
    public required CompleteUpload Upload { get; init; }

    public required RecordAccess Access { get; init; }

    /// <summary>The answer to give.</summary>
    public required UploadDocumentResponse Response { get; init; }

    /// <summary>Nothing is to be written: a repeat, or <c>validate_only</c>.</summary>
    public bool IsAnswerOnly { get; init; }

    /// <summary>The document that this one replaces, locked.</summary>
    public DocumentRow? Replaced { get; init; }

    /// <summary>The version to be added; where its bytes lie is known once they do.</summary>
    public NewVersion? Version { get; set; }

    /// <summary>The document as it will be read.</summary>
    public DocumentRow Document { get; init; } = null!;

    /// <summary>When the patient is told that something waits; null for what is not hidden from the patient.</summary>
    public DateTimeOffset? AnnounceTime { get; init; }

    /// <summary>Its event in the trace.</summary>
    public AuditEventRow? Event { get; set; }
}
