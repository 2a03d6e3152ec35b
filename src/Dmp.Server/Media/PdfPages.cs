namespace Dmp.Server.Media;

/// <summary>Whether a PDF has pages to show: from its root, each branch of the tree of pages ends at a page that is whole.</summary>
internal sealed class PdfPages(PdfDocument document)
{
    private readonly HashSet<long> seen = [];
    private bool isCut;

    /// <summary>Why no viewer shows it; null when there are pages.</summary>
    public string? Fault
    {
        get
        {
            var roots = document.Trailers.SelectMany(trailer => document.Find(trailer["Root"])).Where(root => root.Value.IsDictionary)
                .ToList();
            if (roots.Count == 0)
            {
                return "The PDF has no root: it is cut off, or no PDF at all.";
            }

            var hasPage = roots.Exists(root => HasPage(root.Value["Pages"]));
            return !hasPage ? "The PDF has no page: it is cut off, or no PDF at all."
                : isCut && document.IsDamaged ? "Pages of the PDF are missing: it is cut off."
                : null;
        }
    }

    /// <summary>Goes over the tree without recursion; a ring ends where it was entered.</summary>
    private bool HasPage(PdfValue top)
    {
        var hasPage = false;
        var waiting = new Stack<PdfValue>([top]);
        while (waiting.TryPop(out var node))
        {
            if (node.Kind == PdfKind.Reference && !seen.Add(node.Number))
            {
                continue;
            }

            var found = document.Find(node);
            isCut |= found.Count == 0;
            foreach (var item in found.Where(item => item.Value.IsDictionary))
            {
                var lists = document.Find(item.Value["Kids"]);
                if (lists.Count == 0)
                {
                    isCut |= item.IsMalformed;
                    hasPage |= !item.IsMalformed && item.Value["Type"].Name != "Pages";
                }

                foreach (var kid in lists.SelectMany(list => list.Value.Items.ToArray()))
                {
                    waiting.Push(kid);
                }
            }
        }

        return hasPage;
    }
}
