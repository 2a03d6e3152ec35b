using System.Reflection;
using System.Text.RegularExpressions;

namespace Dmp.Migrator;

/// <summary>The scripts compiled into this program, in order.</summary>
internal static partial class EmbeddedMigrations
{
    public static IReadOnlyList<Migration> All { get; } = Read();

    /// <summary>
    /// Orders scripts by name and refuses names that would make the order a matter of opinion.
    /// </summary>
    public static IReadOnlyList<Migration> Ordered(IEnumerable<Migration> migrations)
    {
        Migration[] ordered = [.. migrations.OrderBy(migration => migration.Name, StringComparer.Ordinal)];
        for (var index = 0; index < ordered.Length; index++)
        {
            var name = ordered[index].Name;
            if (!WellFormed().IsMatch(name))
            {
                throw new MigrationException($"The migration '{name}' is not named NNNN_verb_noun.sql.");
            }

            if (index > 0 && string.CompareOrdinal(ordered[index - 1].Name, 0, name, 0, 4) == 0)
            {
                throw new MigrationException($"The migrations '{ordered[index - 1].Name}' and '{name}' have the same number.");
            }
        }

        return ordered;
    }

    private static IReadOnlyList<Migration> Read()
    {
        var assembly = typeof(EmbeddedMigrations).Assembly;
        return Ordered(assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => new Migration { Name = name, Sql = Text(assembly, name) }));
    }

    private static string Text(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("^[0-9]{4}(_[a-z0-9]+){2,}\\.sql\\z")]
    private static partial Regex WellFormed();
}
