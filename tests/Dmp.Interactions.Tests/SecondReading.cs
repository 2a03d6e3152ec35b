using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dmp.Interactions.Tests;

/// <summary>
/// The thesaurus read a second time, another way: no model of ends and no index, each row compared with each pair by the names that a
/// substance has. It shares no code with the library.
/// </summary>
internal sealed class SecondReading
{
    private readonly Dictionary<string, HashSet<string>> namesOf = [];
    private readonly List<(string First, string Second)> rows = [];

    /// <summary>Rows of the JSON edition, and its list of substances.</summary>
    public static SecondReading OfJson(string substances, string interactions)
    {
        var reading = new SecondReading();
        foreach (var entry in JsonDocument.Parse(File.ReadAllText(substances)).RootElement.EnumerateArray())
        {
            var names = reading.NamesOf(Fold(entry.GetProperty("substance").GetString()!));
            var classes = entry.GetProperty("drug_classes").EnumerateArray();
            names.UnionWith(classes.Select(name => Fold(name.GetString()!.Replace("- ", "-"))));
        }

        reading.rows.AddRange(JsonDocument.Parse(File.ReadAllText(interactions)).RootElement.EnumerateArray().Select(entry =>
            (Fold(entry.GetProperty("main_drug").GetString()!), Fold(entry.GetProperty("plus_drug").GetString()!))));
        return reading;
    }

    /// <summary>The same of the text, cut by patterns over the whole of it.</summary>
    public static SecondReading OfText(string file)
    {
        var reading = new SecondReading();
        var text = Regex.Replace(File.ReadAllText(file).Replace("\f", ""), @"(?m)^\s*\d{1,3}\s*$\n?", "");
        text = Regex.Replace(text, @"(?m)^((?:\+ )?[A-ZÀ-Ý][^a-z\n]+ ET)\n *(ADSORBANTS)$", "$1 $2");
        foreach (Match heading in Regex.Matches(text, @"(?m)^(?<name>[A-ZÀ-Ý](?:(?![a-zà-ý]{2})[^\n])*)$(?<body>(?:\n(?![A-ZÀ-Ý]).*)*)"))
        {
            var name = Fold(heading.Groups["name"].Value);
            var body = heading.Groups["body"].Value;
            var list = Regex.Match(body, @"(?m)^ \((?!voir)(?<list>(?:.|\n)*?)(?:\)\s*$|\z|\n\n)");
            foreach (var member in Regex.Split(list.Groups["list"].Value, @",(?![^(]*\))").Select(Fold).Where(member => member.Length > 0))
            {
                reading.NamesOf(member).Add(name);
            }

            reading.rows.AddRange(Regex.Matches(body, @"(?m)^ ?\+ (.+)$").Select(other => (name, Fold(other.Groups[1].Value))));
        }

        return reading;
    }

    /// <summary>The rows that two substances meet, as their ends in alphabetical order; for all pairs of a list, in its order.</summary>
    public IEnumerable<(string First, string Second, SortedSet<string> Rows)> Meet(IEnumerable<(string, string)> pairs)
    {
        var ends = rows.SelectMany(row => new[] { row.First, row.Second }).Distinct().ToList();
        var numbers = ends.Index().ToDictionary(end => end.Item, end => end.Index);
        var numbered = rows.Select(row => (First: numbers[row.First], Second: numbers[row.Second])).ToList();
        var meets = new Dictionary<string, bool[]>();
        foreach (var (first, second) in pairs)
        {
            var (one, other) = (MeetsOf(first), MeetsOf(second));
            SortedSet<string> met = new(StringComparer.Ordinal);
            foreach (var row in numbered)
            {
                if (first != second && ((one[row.First] && other[row.Second]) || (one[row.Second] && other[row.First])))
                {
                    met.Add(string.Join(" x ", new[] { ends[row.First], ends[row.Second] }.Order(StringComparer.Ordinal)));
                }
            }

            yield return (first, second, met);
        }

        bool[] MeetsOf(string substance)
        {
            if (!meets.TryGetValue(substance, out var known))
            {
                var names = namesOf.GetValueOrDefault(substance) ?? [substance];
                meets[substance] = known = [.. ends.Select(end => Readings(end).Any(names.Contains))];
            }

            return known;
        }
    }

    /// <summary>What an end can be read as: itself, without "autres", without a condition, and each of several by extrapolation.</summary>
    private static IEnumerable<string> Readings(string end)
    {
        yield return end;
        foreach (var part in Regex.Split(end, @",? \(?et,? par extrapolation,? |, | et |\)$"))
        {
            if (end.Contains("extrapolation"))
            {
                yield return part;
                yield return Regex.Replace(part, "^autres ", "");
            }
        }

        yield return Regex.Replace(Regex.Replace(end, "^autres (medicaments )?", ""), @" \(autres\)$", "");
        yield return Regex.Replace(Regex.Replace(end, "^autres ", ""), @" \(autres\)$", "");

        // Two names that only a person brings together.
        yield return end.Replace("autres medicaments a risque d'angio-oedeme", "medicaments, bradykinine et angio-oedeme")
            .Replace("sels de fer par voie injectable", "fer");
        yield return Regex.Replace(end, @" \((voies?|doses?) [^)]*\)$| par voie \w+$", "");
    }

    private HashSet<string> NamesOf(string substance)
    {
        if (!namesOf.TryGetValue(substance, out var names))
        {
            namesOf[substance] = names = [substance];
        }

        return names;
    }

    public static string Fold(string name)
    {
        const string accented = "àâäçèéêëîïôöùûüÿ";
        const string plain = "aaaceeeeiioouuuy";
        var folded = new StringBuilder(name.Replace('’', '\'').Replace("œ", "oe").Replace("Œ", "oe").ToLowerInvariant());
        foreach (var (place, letter) in accented.Index())
        {
            folded.Replace(letter, plain[place]);
        }

        return Regex.Replace(Regex.Replace(folded.ToString(), @"\s+", " ").Replace("( ", "("), @" (?=\))", "").Trim();
    }
}
