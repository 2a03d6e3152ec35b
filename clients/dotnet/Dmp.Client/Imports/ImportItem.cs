using Dmp.Document.V1;

namespace Dmp.Client;

/// <summary>One document of an import.</summary>
public sealed record ImportItem
{
    /// <summary>What the caller calls it, for example a path: its outcome has the same key.</summary>
    public required string Key { get; init; }

    /// <summary>The record that it goes into.</summary>
    public required string RecordId { get; init; }

    /// <summary>
    /// Opens its bytes; again for each attempt, and disposed after it. Called when the document's turn comes, so that thousands of
    /// documents need no open file each.
    /// </summary>
    public required Func<CancellationToken, ValueTask<Stream>> Open { get; init; }

    /// <summary>What the producer says about it. Empty for a CDA or FHIR document, which says it all itself.</summary>
    public DocumentMetadata Metadata { get; init; } = new();

    /// <summary>
    /// Visibility, replacement, and the request id: give one that you have written down, and an import that is repeated after a crash adds
    /// nothing twice.
    /// </summary>
    public UploadOptions Options { get; init; } = new();
}
