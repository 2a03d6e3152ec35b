namespace Dmp.Cli.Import;

/// <summary>
/// The order of an import: a document comes after the one that it replaces, and a submission set after those it needs. Pure.
/// </summary>
internal static class ImportWaves
{
    /// <summary>
    /// The documents that can be sent at once, then those that replace one of them, and so on; those of a submission set always together.
    /// Those that replace each other in a circle come last, together.
    /// </summary>
    public static List<List<PlannedDocument>> Of(IReadOnlyList<PlannedDocument> documents)
    {
        var units = documents.GroupBy(UnitOf, StringComparer.Ordinal)
            .ToDictionary(unit => unit.Key, unit => unit.ToList(), StringComparer.Ordinal);
        var keys = documents.ToDictionary(document => document.Key, UnitOf, StringComparer.Ordinal);
        var identifiers = documents.Where(document => document.UniqueId.Length > 0)
            .GroupBy(document => Plain(document.UniqueId), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(same => same.Key, same => same.Select(UnitOf).ToList(), StringComparer.OrdinalIgnoreCase);
        List<List<PlannedDocument>> waves = [];
        HashSet<string> waiting = [.. units.Keys];
        while (waiting.Count > 0)
        {
            var wave = waiting.Where(unit => !units[unit].SelectMany(Before).Any(other => other != unit && waiting.Contains(other)))
                .ToHashSet(StringComparer.Ordinal);
            if (wave.Count == 0)
            {
                wave = [.. waiting];
            }

            waiting.ExceptWith(wave);
            waves.Add([.. documents.Where(document => wave.Contains(UnitOf(document)))]);
        }

        return waves;

        IEnumerable<string> Before(PlannedDocument document) => document.ReplacedIds
            .SelectMany(id => identifiers.GetValueOrDefault(Plain(id), []))
            .Concat(document.ReplacesKey is { } key && keys.TryGetValue(key, out var unit) ? [unit] : []);
    }

    /// <summary>An identifier as it is compared: the same UUID or OID is written with a scheme and without.</summary>
    public static string Plain(string uniqueId) =>
        uniqueId.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase)
            || uniqueId.StartsWith("urn:oid:", StringComparison.OrdinalIgnoreCase)
                ? uniqueId[(uniqueId.IndexOf(':', 4) + 1)..] : uniqueId;

    // The name of a file has no control characters.
    private static string UnitOf(PlannedDocument document) =>
        document is { IsSentWithSet: true, Submission: { } set } ? $"set\n{set.Key}" : document.Key;
}
