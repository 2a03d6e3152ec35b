namespace Dmp.Care.Medications;

/// <summary>The sources of a line that there is room for, the newest first; what the line points to is among them.</summary>
internal sealed class LineSources
{
    private const int SourcesMax = 20;

    private readonly Dictionary<Statement, int> places = new(ReferenceEqualityComparer.Instance);

    /// <param name="statements">All, the newest first.</param>
    /// <param name="needed">Those that the line points to, the most important first.</param>
    public LineSources(IReadOnlyList<Statement> statements, IEnumerable<Statement> needed)
    {
        HashSet<Statement> kept = new(ReferenceEqualityComparer.Instance);
        foreach (var statement in needed.Concat(statements).TakeWhile(_ => kept.Count < SourcesMax))
        {
            kept.Add(statement);
        }

        Kept = [.. statements.Where(kept.Contains)];
        More = statements.Count - Kept.Count;
        for (var place = 0; place < Kept.Count; place++)
        {
            places[Kept[place]] = place;
        }
    }

    public IReadOnlyList<Statement> Kept { get; }

    public int More { get; }

    public int PlaceOf(Statement statement) => places.GetValueOrDefault(statement, -1);

    public IEnumerable<int> PlacesOf(IEnumerable<Statement> statements) => statements.Where(places.ContainsKey).Select(PlaceOf).Order();
}
