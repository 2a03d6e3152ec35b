using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Dmp.Interactions.Thesauri;

/// <summary>Resolves the ends of rows by the classes of their own edition, and folds the two directions of a rule.</summary>
internal sealed partial class ThesaurusBuilder(string edition, string file)
{
    /// <summary>Ends that are no medicine: they match when they are asked for by name only.</summary>
    private static readonly HashSet<string> others =
    [
        "alcool (boisson ou excipient)", "pamplemousse (jus et fruit)", "theine", "preservatifs en latex",
    ];

    /// <summary>Ends that name a route, and the route as the medicines database writes it.</summary>
    private static readonly FrozenDictionary<string, string> routes = new Dictionary<string, string>
    {
        ["medicaments administres par voie orale"] = "orale",
        ["medicaments utilises par voie vaginale"] = "vaginale",
    }.ToFrozenDictionary();

    private const string OtherMedicines = "autres medicaments ";

    private static readonly Dictionary<string, string> otherNames =
        EmbeddedTable.Rows("ends.tsv").ToDictionary(row => Names.Key(row[0]), row => Names.Key(row[1]));

    private readonly Dictionary<string, (string Name, List<string> Members)> classes = [];
    private readonly Dictionary<string, string> substances = [];
    private readonly List<ThesaurusRow> rows = [];
    private readonly List<ReadingNotice> notices = [];

    public void AddClass(string name, IEnumerable<string> members)
    {
        var key = Names.Key(name);
        if (others.Contains(key))
        {
            // Alcohol and grapefruit have the rest of a note where a class has its members.
            return;
        }

        if (!classes.TryGetValue(key, out var known))
        {
            classes[key] = known = (name, []);
        }

        foreach (var member in members)
        {
            known.Members.Add(AddSubstance(member));
        }
    }

    /// <summary>The key of a substance, which is known from now on.</summary>
    public string AddSubstance(string name)
    {
        var key = Names.Key(name);
        substances.TryAdd(key, name);
        return key;
    }

    public void Add(ThesaurusRow row) => rows.Add(row);

    public void Notice(int line, string text, bool isFault = false) => notices.Add(new ReadingNotice(file, line, text, isFault));

    public ThesaurusReading Build()
    {
        Dictionary<string, RuleEnd> ends = [];
        var headings = rows.Select(row => Names.Key(row.Heading)).ToHashSet();
        foreach (var (line, name) in rows.SelectMany(row => new[] { (row.Line, row.Heading), (row.Line, row.Other) }))
        {
            var key = Names.Key(name);
            if (ends.ContainsKey(key))
            {
                continue;
            }

            var end = Resolve(name);
            if (end.Kind == RuleEndKind.Substance && !headings.Contains(key) && !end.Members.Any(IsNamed))
            {
                end = end with { Kind = RuleEndKind.Unresolved, Members = [] };
                Notice(line, $"{name}: the edition has no such class, and no list of its members");
            }

            ends[key] = end;

            bool IsNamed(string member) => substances.ContainsKey(member) || headings.Contains(member);
        }

        // What an end alone names is a substance of the edition as well.
        foreach (var end in ends.Values.Where(end => end.Kind is RuleEndKind.Substance or RuleEndKind.Combination))
        {
            foreach (var member in end.Members)
            {
                substances.TryAdd(member, member);
            }
        }

        List<Rule> rules = [];
        foreach (var pair in rows.GroupBy(Pair, StringComparer.Ordinal))
        {
            rules.Add(Fold(pair.Key, [.. pair], ends));
        }

        var memberships = classes.Values
            .SelectMany(entry => entry.Members.Distinct(), (entry, member) => (Member: member, entry.Name))
            .GroupBy(entry => entry.Member)
            .ToFrozenDictionary(
                group => group.Key,
                IReadOnlyList<string> (group) => [.. group.Select(entry => entry.Name).Order(StringComparer.Ordinal)]);
        return new ThesaurusReading(new Thesaurus(edition, rules, substances.ToFrozenDictionary(), memberships), notices);
    }

    private static string Pair(ThesaurusRow row)
    {
        var (first, second) = (Names.Key(row.Heading), Names.Key(row.Other));
        return string.CompareOrdinal(first, second) <= 0 ? $"{first}\n{second}" : $"{second}\n{first}";
    }

    private Rule Fold(string pair, List<ThesaurusRow> directions, Dictionary<string, RuleEnd> ends)
    {
        var first = directions[0];
        foreach (var other in directions.Skip(1).Where(other => !Levels(other).SequenceEqual(Levels(first))))
        {
            Notice(other.Line, $"{other.Heading} + {other.Other}: another level than in line {first.Line}", isFault: true);
        }

        // Every level of both directions, each with its longer text: the mirror of a rule sometimes has less.
        var severities = directions.SelectMany(row => row.Severities)
            .GroupBy(severity => severity.Level)
            .Select(same => same.MaxBy(severity => severity.Text.Length)!);
        return new Rule(
            Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{edition}\n{pair}")))[..16],
            ends[Names.Key(first.Heading)],
            ends[Names.Key(first.Other)],
            [.. severities.OrderBy(severity => severity.Level)],
            directions.MaxBy(row => row.Mechanism.Length)!.Mechanism,
            directions.MaxBy(row => row.Conduct.Length)!.Conduct,
            [.. directions.Select(row => row.Line)]);
    }

    private static IEnumerable<InteractionLevel> Levels(ThesaurusRow row) => row.Severities.Select(severity => severity.Level).Order();

    private RuleEnd Resolve(string name)
    {
        var key = Names.Key(name);
        if (others.Contains(key))
        {
            return new RuleEnd(name, RuleEndKind.Other, [key], null);
        }

        if (routes.TryGetValue(key, out var route))
        {
            return new RuleEnd(name, RuleEndKind.Route, [route], null);
        }

        // Its heading may have a list of members like that of a class, and means all of them.
        if (key.Contains(" + ", StringComparison.Ordinal))
        {
            return new RuleEnd(name, RuleEndKind.Combination, key.Split(" + "), null);
        }

        var condition = ConditionPattern().Match(name) is { Success: true } match ? match.Value : null;
        if (MembersOf(key) is { } members)
        {
            return new RuleEnd(name, RuleEndKind.Class, members, condition);
        }

        if (substances.ContainsKey(key))
        {
            return new RuleEnd(name, RuleEndKind.Substance, [key], condition);
        }

        if (ExtrapolationPattern().Match(key) is { Success: true } extrapolation)
        {
            List<string> any = [];
            foreach (var part in Parts(extrapolation))
            {
                any.AddRange(MembersOf(part) ?? [part]);
            }

            return new RuleEnd(name, RuleEndKind.Substance, [.. any.Distinct()], condition);
        }

        if (condition is null)
        {
            return new RuleEnd(name, RuleEndKind.Substance, [key], null);
        }

        var plain = Names.Key(name.Replace(condition, "", StringComparison.Ordinal));
        return MembersOf(plain) is { } of
            ? new RuleEnd(name, RuleEndKind.Class, of, condition)
            : new RuleEnd(name, RuleEndKind.Substance, [otherNames.GetValueOrDefault(plain, plain)], condition);
    }

    private static IEnumerable<string> Parts(Match extrapolation) =>
        extrapolation.Groups["others"].Value.Split([", ", " et "], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Prepend(extrapolation.Groups["first"].Value.Trim());

    /// <summary>
    /// The members of a class. "Autres X" has those of X: two members of one class meet by such a rule, and no member meets itself.
    /// </summary>
    private IReadOnlyList<string>? MembersOf(string key) =>
        classes.TryGetValue(key, out var found) ? [.. found.Members.Distinct()]
        : otherNames.TryGetValue(key, out var otherwise) && classes.ContainsKey(otherwise) ? MembersOf(otherwise)
        : key.StartsWith(OtherMedicines, StringComparison.Ordinal) && MembersOf(key[OtherMedicines.Length..]) is { } medicines ? medicines
        : key.StartsWith("autres ", StringComparison.Ordinal) ? MembersOf(key["autres ".Length..])
        : key.EndsWith(" (autres)", StringComparison.Ordinal) ? MembersOf(key[..^" (autres)".Length])
        : null;

    [GeneratedRegex(@"\((?:voie|voies|doses?|y compris|sauf voie|forme|hors voie)\b[^()]*\)|\bpar voie \w+$", RegexOptions.IgnoreCase)]
    private static partial Regex ConditionPattern();

    [GeneratedRegex(@"^(?<first>.+?),? \(?et,? par extrapolation,? (?<others>[^()]+(?:\([^()]*\))?)\)?$")]
    private static partial Regex ExtrapolationPattern();
}
