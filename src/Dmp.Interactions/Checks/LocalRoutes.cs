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

    /// <summary>For one substance of a medicine that is taken by these routes, by <see cref="Names.Key"/>.</summary>
    public LocalForm Of(IReadOnlyList<string> taken, SubstanceMapping? substance)
    {
        if (taken.Count == 0 || !taken.All(routes.Contains))
        {
            return LocalForm.None;
        }

        return substance?.Key is { } key && taken.Prepend("*").Any(route => exceptions.Contains((route, key)))
            ? LocalForm.Included
            : LocalForm.Exempt;
    }
}
