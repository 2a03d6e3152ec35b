using Dmp.Search.Text;

namespace Dmp.Search.Index;

/// <summary>What of a document version can be found.</summary>
/// <param name="Title">Its title in the record; empty when it has none.</param>
/// <param name="Text">Its words by section.</param>
public sealed record IndexedDocument(string Title, DocumentText Text)
{
    /// <summary>
    /// Displays of the facts that it states, such as the names of medicines and results. Those that repeat are kept once; of all, the first
    /// <see cref="DocumentIndex.StatementCharsMax"/> characters.
    /// </summary>
    public IReadOnlyList<string> Statements { get; init; } = [];
}
