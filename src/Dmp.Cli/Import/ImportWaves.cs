namespace Dmp.Cli.Import;

/// <summary>The order of an import: a document comes after the one that it replaces. Pure.</summary>
internal static class ImportWaves
{
    /// <summary>
    /// The documents that can be sent at once, then those that replace one of them, and so on. Those that replace each other in a circle come last,
    /// together.
    /// </summary>
    public static List<List<PlannedDocument>> Of(IReadOnlyList<PlannedDocument> documents)
    {
        var keys = documents.ToDictionary(document => document.Key, StringComparer.Ordinal);
        var identifiers = documents.Where(document => document.UniqueId.Length > 0)
            .GroupBy(document => Plain(document.UniqueId), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(same => same.Key, same => same.Select(document => document.Key).ToList(), StringComparer.OrdinalIgnoreCase);
        List<List<PlannedDocument>> waves = [];
        HashSet<string> waiting = [.. keys.Keys];
        while (waiting.Count > 0)
        {
            var wave = documents.Where(document => waiting.Contains(document.Key) && !Before(document).Any(waiting.Contains)).ToList();
            if (wave.Count == 0)
            {
                wave = [.. documents.Where(document => waiting.Contains(document.Key))];
            }

            waiting.ExceptWith(wave.Select(document => document.Key));
            waves.Add(wave);
        }

        return waves;

        IEnumerable<string> Before(PlannedDocument document) => document.ReplacedIds
            .SelectMany(id => identifiers.GetValueOrDefault(Plain(id), []))
            .Concat(document.ReplacesKey is { } key && keys.ContainsKey(key) ? [key] : [])
            .Where(other => other != document.Key);
    }

    private static string Plain(string uniqueId) =>
        uniqueId.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase) || uniqueId.StartsWith("urn:oid:", StringComparison.OrdinalIgnoreCase)
            ? uniqueId[(uniqueId.IndexOf(':', 4) + 1)..] : uniqueId;
}
