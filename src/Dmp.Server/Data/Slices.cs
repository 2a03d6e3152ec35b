namespace Dmp.Server.Data;

/// <summary>
/// Lists of different lengths in one array, for statements that add several rows: PostgreSQL has no arrays of arrays of different lengths,
/// and cuts <c>(@All)[from:to]</c> out of one.
/// </summary>
internal sealed class Slices<T>
{
    public Slices(IEnumerable<IReadOnlyCollection<T>> lists)
    {
        List<T> all = [];
        List<int> from = [];
        List<int> to = [];
        foreach (var list in lists)
        {
            from.Add(all.Count + 1);
            all.AddRange(list);
            to.Add(all.Count);
        }

        (All, From, To) = ([.. all], [.. from], [.. to]);
    }

    public T[] All { get; }

    /// <summary>The place of the first one, from 1; empty when <see cref="To"/> is below.</summary>
    public int[] From { get; }

    public int[] To { get; }
}
