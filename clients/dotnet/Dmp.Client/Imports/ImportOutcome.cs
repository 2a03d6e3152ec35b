using Dmp.Type.V1;

namespace Dmp.Client;

/// <summary>What became of one document of an import.</summary>
public sealed record ImportOutcome
{
    /// <summary>The key of the item.</summary>
    public required string Key { get; init; }

    /// <summary>
    /// The document: durable, and visible to those who may see it. Null when there is an error, and with
    /// <see cref="ImportOptions.ValidateOnly"/>.
    /// </summary>
    public DocumentEntry? Document { get; init; }

    /// <summary>Why it was not added; null when it was, or would be.</summary>
    public DmpException? Error { get; init; }

    /// <summary>What is odd about it, without being an error.</summary>
    public IReadOnlyList<Warning> Warnings { get; init; } = [];
}
