using Dmp.Interactions.Mapping;
using Dmp.Interactions.Thesauri;

namespace Dmp.Interactions.Checks;

/// <summary>What the preface of the thesaurus says of local routes, as a table.</summary>
internal sealed class LocalRoutes
{
    private readonly HashSet<string> routes = [];
    private readonly HashSet<(string Route, string Substance)> exceptions = [];

    public LocalRoutes(Thesaurus thesaurus)
    {
        foreach (var row in EmbeddedTable.Rows("local-routes.tsv"))
        {
            if (row[0] == "route")
            {
                routes.Add(Names.Key(row[1]));
                continue;
            }

            var (route, name) = (Names.Key(row[1]), Names.Key(row[3]));
            var substances = row[2] == "substance"
                ? [name]
                : thesaurus.Classes.Where(entry => entry.Value.Any(of => Names.Key(of) == name)).Select(entry => entry.Key);
            exceptions.UnionWith(substances.Select(substance => (route, substance)));
        }
    }

    /// <summary>For one substance of a medicine that is taken by these routes.</summary>
    public LocalForm Of(IReadOnlyList<string> taken, SubstanceMapping? substance)
    {
        var keys = taken.Select(Names.Key).ToList();
        if (keys.Count == 0 || !keys.All(routes.Contains))
        {
            return LocalForm.None;
        }

        return substance?.Key is { } key && keys.Prepend("*").Any(route => exceptions.Contains((route, key)))
            ? LocalForm.Included
            : LocalForm.Exempt;
    }
}
