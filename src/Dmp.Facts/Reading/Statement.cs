using Dmp.Cda;

namespace Dmp.Facts.Reading;

/// <summary>Which fact a statement becomes.</summary>
internal enum StatementKind
{
    Medication,
    Allergy,
    Problem,
    Observation,
    Act,
    Encounter,
    Device,
    Remark,
}

/// <summary>An element of an entry that is a fact of its own.</summary>
/// <param name="Node">The element.</param>
/// <param name="Kind">Which fact it becomes.</param>
/// <param name="Place">Its number in the entry, in the order of the document.</param>
/// <param name="Within">The nearest statement that it stands in; null when it stands by itself.</param>
internal sealed record Statement(CdaNode Node, StatementKind Kind, int Place, Statement? Within)
{
    /// <summary>What stands around it up to the next fact, the innermost first: lists, chapters, batteries.</summary>
    public IEnumerable<CdaNode> Around
    {
        get
        {
            for (var node = Node.Parent; node is not null && node != Within?.Node; node = node.Parent)
            {
                yield return node;
            }
        }
    }

    /// <summary>It, or something that it stands in, is of a kind.</summary>
    public bool IsIn(StatementKind kind) => Kind == kind || Within?.IsIn(kind) == true;
}
