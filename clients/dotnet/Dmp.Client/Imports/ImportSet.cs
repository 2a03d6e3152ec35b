using Dmp.Document.V1;

namespace Dmp.Client;

/// <summary>A submission set (<i>lot de soumission</i>) of an import: its documents are stored together, or none of them is.</summary>
public sealed record ImportSet
{
    /// <summary>What the caller calls it, for example a path: its outcome has the same key.</summary>
    public required string Key { get; init; }

    /// <summary>The record that it goes into; that of all its documents.</summary>
    public required string RecordId { get; init; }

    /// <summary>Its documents, 1 to 64, of any size.</summary>
    public required IReadOnlyList<ImportItem> Items { get; init; }

    /// <summary>What the sender says about the set as a whole.</summary>
    public SubmissionSetMetadata Metadata { get; init; } = new();

    /// <summary>A detached signature of the set (XAdES), at most 64 KiB. The platform keeps it and does not verify it.</summary>
    public ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>
    /// A UUID for this set. Default: a new one. Give ids that you have written down to the set and to its documents
    /// (<see cref="UploadOptions.RequestId"/>), and an import that is repeated after a crash adds nothing twice.
    /// </summary>
    public string? RequestId { get; init; }
}

/// <summary>What became of a submission set.</summary>
public sealed record ImportSetOutcome
{
    /// <summary>The key of the set.</summary>
    public required string Key { get; init; }

    /// <summary>
    /// The set: durable, with all its documents. Null when there is an error, and with <see cref="ImportOptions.ValidateOnly"/>.
    /// </summary>
    public SubmissionSet? SubmissionSet { get; init; }

    /// <summary>
    /// Why nothing of it was added; null when it was, or would be. What is at fault with a document is in its own outcome.
    /// </summary>
    public DmpException? Error { get; init; }

    /// <summary>What became of each document, in the order of <see cref="ImportSet.Items"/>. When one has an error, all have.</summary>
    public required IReadOnlyList<ImportOutcome> Documents { get; init; }
}
