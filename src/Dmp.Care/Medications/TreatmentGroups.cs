using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Medications;

/// <summary>What is one treatment: one set of substances by one group of routes (M1 to M5), and what names it (M9).</summary>
internal sealed class TreatmentGroups(MedicineNames? names)
{
    private const int ItemsMax = 20;

    /// <summary>Each with its statements, the newest first.</summary>
    public IReadOnlyList<(RouteGroup Route, List<Statement> Statements)> Of(IReadOnlyList<Statement> statements)
    {
        var linked = Link(statements);

        // Where nothing tells the route, the substances do when they act on the whole body alone (M36).
        var groups = linked.GroupBy(statement => statement.Match.Key).SelectMany(OfOneKey);
        return [.. groups.Select(group => (group.Route, Sorted(group.Statements)))];
    }

    private static List<Statement> Sorted(List<Statement> statements)
    {
        statements.Sort(Statement.NewestFirst);
        return statements;
    }

    private IEnumerable<(RouteGroup Route, List<Statement> Statements)> OfOneKey(IGrouping<string, Statement> ofKey)
    {
        var byRoute = ofKey.GroupBy(statement => statement.Route.Group).ToDictionary(group => group.Key, group => group.ToList());
        if (byRoute.Remove(RouteGroup.Unspecified, out var unknown))
        {
            var isKnown = ofKey.Any(statement => statement.Match.Set is not null) && names is not null;
            var isSystemic = isKnown
                ? names!.IsSystemicOnly(ofKey.Key)
                : byRoute.ContainsKey(RouteGroup.Systemic) && !byRoute.ContainsKey(RouteGroup.Local);
            var route = isSystemic ? RouteGroup.Systemic : RouteGroup.Unspecified;
            if (!byRoute.TryGetValue(route, out var group))
            {
                byRoute[route] = group = [];
            }

            group.AddRange(unknown);
        }

        return byRoute.OrderBy(group => group.Key).Select(group => (group.Key, group.Value));
    }

    /// <summary>
    /// A dispensation belongs to the item of a prescription that it names, also with another product. Known substances that differ stay
    /// apart: nobody would look for one under the name of the other. Some programs give one identifier to all items.
    /// </summary>
    private static List<Statement> Link(IReadOnlyList<Statement> statements)
    {
        var prescriptions = statements
            .Where(statement => statement.Role == MedicationRole.Prescribed)
            .SelectMany(statement => statement.Fact.Source?.Ids.Take(10).Distinct().Select(id => (id, statement)) ?? [])
            .GroupBy(one => one.id, one => one.statement)
            .ToDictionary(group => group.Key, ItemsOf);
        return [.. statements.Select(statement => statement.Role == MedicationRole.Dispensed
            && statement.Fact.Medication.PrescriptionItem is { Length: > 0 } item
            && prescriptions.TryGetValue(item, out var items) && TargetOf(statement, items) is { } target
                ? Joined(statement, target)
                : statement)];
    }

    /// <summary>The items of each medicine, the newest first.</summary>
    private static Dictionary<string, List<Statement>> ItemsOf(IGrouping<string, Statement> items) =>
        items.Order(Comparer<Statement>.Create(Statement.NewestFirst))
            .GroupBy(one => one.Match.Key)
            .ToDictionary(group => group.Key, group => group.Take(ItemsMax).ToList());

    private static Statement? TargetOf(Statement dispensation, Dictionary<string, List<Statement>> items)
    {
        var isSame = items.TryGetValue(dispensation.Match.Key, out var found);
        if (!isSame && items.Count == 1)
        {
            found = items.Values.Single();
            isSame = found[0].Match.Set is null || dispensation.Match.Set is null;
        }

        // Nobody dispenses what is prescribed later.
        return isSame
            ? found!.Find(item => End.Day(item.StatedAt) <= End.Day(dispensation.StatedAt)) ?? found[0]
            : null;
    }

    private static Statement Joined(Statement dispensation, Statement target) => dispensation with
    {
        Prescription = target,
        Match = dispensation.Match with { Key = target.Match.Key, Set = dispensation.Match.Set ?? target.Match.Set },
        Route = dispensation.Route.Group == RouteGroup.Unspecified ? target.Route : dispensation.Route,
    };
}
