using System.Globalization;
using Dmp.Care.V1;

namespace Dmp.Care.Medications;

/// <summary>
/// Finds statements that a document took over from another one (M41): they bear the same identifier and say the very same of the same
/// medicine. An identifier alone is not enough, as programs use one for everything; likeness alone neither.
/// </summary>
internal static class StatementCopies
{
    private const int IdsMax = 10;
    private const int CopiesMax = 10;

    /// <summary>Each statement once, with its copies: the oldest is the statement.</summary>
    public static List<Statement> Fold(IEnumerable<Statement> statements)
    {
        List<Statement> kept = [];
        Dictionary<string, int> places = [];
        Dictionary<int, List<Source>> copies = [];
        foreach (var statement in statements.OrderDescending(Comparer<Statement>.Create(Statement.NewestFirst)))
        {
            var keys = KeysOf(statement);
            var known = keys.Where(places.ContainsKey).Select(key => places[key])
                .Where(place => kept[place].Document.DocumentId != statement.Document.DocumentId)
                .Take(1)
                .ToList();
            if (known is [var original])
            {
                if (!copies.TryGetValue(original, out var list))
                {
                    copies[original] = list = [];
                }

                if (list.Count < CopiesMax)
                {
                    list.Add(statement.Source);
                }

                continue;
            }

            foreach (var key in keys)
            {
                places.TryAdd(key, kept.Count);
            }

            kept.Add(statement);
        }

        foreach (var (place, list) in copies)
        {
            kept[place] = kept[place] with { Copies = list };
        }

        return kept;
    }

    private static List<string> KeysOf(Statement statement)
    {
        var medication = statement.Fact.Medication;
        var content = string.Create(
            CultureInfo.InvariantCulture,
            $"{medication.Role}|{statement.Match.Key}|{statement.Dose.Text}|{medication.Period?.Low?.Written}|")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{medication.Period?.High?.Written}|{medication.Supplied?.Value}|{medication.Supplied?.Unit}|")
            + string.Create(CultureInfo.InvariantCulture, $"{medication.SupplyTime?.Written}|{statement.StoppedAt?.Ticks}");
        return [.. (statement.Fact.Source?.Ids.Take(IdsMax) ?? []).Distinct().Select(id => $"{id}|{content}")];
    }
}
