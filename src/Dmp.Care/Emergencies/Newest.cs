using Dmp.Care.V1;

namespace Dmp.Care.Emergencies;

/// <summary>Statements on one thing, the last stated first.</summary>
internal static class Newest
{
    /// <summary>What counts: the last that a professional stated, or else the last of the patient's side (P2).</summary>
    public static Stated Of(IReadOnlyList<Stated> group)
    {
        var ordered = First(group);
        return ordered.FirstOrDefault(stated => !stated.Source.ByPatient) ?? ordered[0];
    }

    public static IReadOnlyList<Stated> First(IReadOnlyList<Stated> group)
    {
        var order = SummaryLines.NewestFirst(group.Select(stated => stated.Source));
        Dictionary<Source, int> places = new(ReferenceEqualityComparer.Instance);
        for (var place = 0; place < order.Count; place++)
        {
            places[order[place]] = place;
        }

        return [.. group.OrderBy(stated => places[stated.Source])];
    }
}

/// <summary>Statements that there is none.</summary>
internal static class NoneStatements
{
    /// <summary>The newest first, one of each document.</summary>
    public static IEnumerable<NoneStated> Of(SummaryLines lines, IEnumerable<Stated> stated, int countMax) =>
        Newest.First([.. stated])
            .DistinctBy(one => one.Document.DocumentId)
            .Take(countMax)
            .Select(lines.None);
}
