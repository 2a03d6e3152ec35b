using System.Collections.Concurrent;
using System.Collections.Frozen;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;

namespace Dmp.Interactions.Checks;

/// <summary>
/// Answers which rules of one edition a set of medicines meets. It is made once and asked by many at a time; it says what is published,
/// and neither advises nor ranks.
/// </summary>
public sealed class InteractionChecker
{
    /// <summary>What one question may hold: all pairs of so many are answered.</summary>
    public const int MaxItems = 200;

    private readonly Thesaurus thesaurus;
    private readonly MedicineTable? medicines;
    private readonly SubstanceMapper mapper;
    private readonly LocalRoutes localRoutes;

    // Products that were asked for, by their codes CIS: their substances never change.
    private readonly ConcurrentDictionary<string, IReadOnlyList<SubstanceMapping>> mapped = new();

    // By the key of a substance, or of an end that is none: the rules whose first end it meets, and those whose second.
    private readonly FrozenDictionary<string, Ends> endsByKey;

    // What has a rule whose other end the edition does not list: that there is no rule cannot be said of it.
    private readonly HashSet<string> open = [];

    // Ends that are no medicine, by their names and by these without what stands in parentheses: alcool, pamplemousse.
    private readonly Dictionary<string, string> others = [];

    /// <summary>The longest name of a substance that is asked for; the longest of the medicines database has 170 characters.</summary>
    public const int NameLengthMax = 500;

    /// <summary>For one edition of each.</summary>
    /// <param name="thesaurus">The rules.</param>
    /// <param name="medicines">The products; without them substances can be asked for by name only.</param>
    /// <param name="synonyms">Names of substances beside the built-in ones.</param>
    public InteractionChecker(Thesaurus thesaurus, MedicineTable? medicines, IReadOnlyDictionary<string, string>? synonyms = null)
    {
        this.thesaurus = thesaurus;
        this.medicines = medicines;
        mapper = new SubstanceMapper(thesaurus, synonyms);
        localRoutes = new LocalRoutes(thesaurus);
        Dictionary<string, Ends> ends = [];
        for (var number = 0; number < thesaurus.Rules.Count; number++)
        {
            var rule = thesaurus.Rules[number];
            Add(rule.First, number, meets => meets.First);
            Add(rule.Second, number, meets => meets.Second);
            if (rule.First.Kind == RuleEndKind.Unresolved || rule.Second.Kind == RuleEndKind.Unresolved)
            {
                open.UnionWith(rule.First.Members.Concat(rule.Second.Members));
            }
        }

        endsByKey = ends.ToFrozenDictionary();

        void Add(RuleEnd end, int number, Func<Ends, HashSet<int>> side)
        {
            foreach (var member in end.Members)
            {
                if (end.Kind == RuleEndKind.Other)
                {
                    others[member] = others[member.Split(" (")[0]] = member;
                }

                var key = end.Kind == RuleEndKind.Route ? RouteKey(member) : member;
                if (!ends.TryGetValue(key, out var known))
                {
                    ends[key] = known = new Ends([], []);
                }

                side(known).Add(number);
            }
        }
    }

    /// <summary>Every item, and every pair of them.</summary>
    /// <exception cref="ArgumentException">
    /// More than <see cref="MaxItems"/>, an item without a code and without a name, or a name of more than <see cref="NameLengthMax"/>.
    /// </exception>
    public CheckReport Check(IReadOnlyList<CheckItem> items)
    {
        if (items.Count > MaxItems
            || items.Any(item => string.IsNullOrWhiteSpace(item.ProductCode) && string.IsNullOrWhiteSpace(item.SubstanceName))
            || items.Any(item => item.SubstanceName?.Length > NameLengthMax))
        {
            throw new ArgumentException(
                $"{MaxItems} items at most, each with a code or a name of at most {NameLengthMax} characters.", nameof(items));
        }

        var asked = items.Select(Resolve).ToList();
        var present = asked.SelectMany(item => item.Meets.Select(meet => meet.Key)).ToHashSet();
        List<PairAnswer> pairs = [];
        for (var first = 0; first < asked.Count; first++)
        {
            for (var second = first + 1; second < asked.Count; second++)
            {
                pairs.Add(Check(first, second, asked, present));
            }
        }

        var matched = pairs.Where(pair => pair.Outcome == CheckOutcome.Matched)
            .SelectMany(pair => new[] { pair.First, pair.Second })
            .ToHashSet();
        return new CheckReport(
            thesaurus.Edition,
            medicines?.Edition,
            [.. asked.Select((item, place) => new ItemAnswer(
                item.Item,
                item.Medicine,
                item.Substances,
                matched.Contains(place) ? CheckOutcome.Matched : item.IsClosed ? CheckOutcome.NoRule : CheckOutcome.UnknownSubstance))],
            pairs);
    }

    /// <summary>The substances of a product, as the thesaurus names them: each once, with the dose where it stands first.</summary>
    public IReadOnlyList<SubstanceMapping> Map(Medicine medicine) => medicines is null ? [] : mapped.GetOrAdd(
        medicine.Cis,
        static (_, asked) => [
            .. asked.medicine.Ingredients
                .SelectMany(ingredient => asked.mapper.Map(ingredient, asked.medicines))
                .DistinctBy(substance => substance.Identity),
        ],
        (medicine, mapper, medicines));

    /// <summary>Whether nothing can be said of what these are the substances of.</summary>
    public static bool IsUnknown(IReadOnlyList<SubstanceMapping> substances) =>
        substances.Count == 0 || substances.Any(substance => substance.Outcome == MappingOutcome.Unknown);

    private static string RouteKey(string route) => $"route {Names.Key(route)}";

    private Asked Resolve(CheckItem item)
    {
        var medicine = item.ProductCode is { } code ? medicines?.Find(code) : null;
        IReadOnlyList<SubstanceMapping> substances = medicine is not null ? Map(medicine)
            : string.IsNullOrWhiteSpace(item.SubstanceName) ? []
            : [mapper.Map(item.SubstanceName, medicines)];
        List<string> routes = [.. (item.Routes.Count > 0 ? item.Routes : medicine?.Routes ?? []).Select(Names.Key).Distinct()];
        List<(string Key, SubstanceMapping? Substance)> meets =
        [
            .. substances.Where(substance => substance.Key is not null).Select(substance => (substance.Key!, (SubstanceMapping?)substance)),
            .. routes.Select(route => (RouteKey(route), (SubstanceMapping?)null)),
        ];

        // Alcohol and grapefruit are ends of their own, and no substances.
        var name = medicine is null ? Names.Key(item.SubstanceName) : "";
        if (substances is [{ Key: null } asked] && others.TryGetValue(name, out var key))
        {
            var other = asked with { Key = key, Rule = MappingRule.ContainedName, Outcome = MappingOutcome.Named, Identity = key };
            substances = [other];
            meets.Add((key, other));
        }

        meets = [.. meets.Where(meet => endsByKey.ContainsKey(meet.Key))];
        return new Asked(item, medicine, substances, routes, meets, !IsUnknown(substances) && !meets.Any(meet => open.Contains(meet.Key)));
    }

    private PairAnswer Check(int first, int second, List<Asked> all, HashSet<string> present)
    {
        var (one, other) = (all[first], all[second]);
        List<Finding> findings = [];
        foreach (var mine in one.Meets)
        {
            foreach (var theirs in other.Meets)
            {
                if (mine.Key != theirs.Key)
                {
                    Match(one, mine, other, theirs, present, findings);
                }
            }
        }

        List<DuplicateFinding> duplicates =
        [
            .. from mine in one.Substances
               from theirs in other.Substances
               where mine.Identity == theirs.Identity
               select new DuplicateFinding(mine, theirs),
        ];
        var isComplete = one.IsClosed && other.IsClosed;
        return new PairAnswer(
            first,
            second,
            findings.Count > 0 ? CheckOutcome.Matched : isComplete ? CheckOutcome.NoRule : CheckOutcome.UnknownSubstance,
            [
                .. findings.OrderBy(Breadth)
                    .ThenBy(finding => finding.Rule.Strongest)
                    .ThenBy(finding => finding.Rule.Id, StringComparer.Ordinal),
            ],
            duplicates,
            isComplete);
    }

    private void Match(
        Asked one,
        (string Key, SubstanceMapping? Substance) mine,
        Asked other,
        (string Key, SubstanceMapping? Substance) theirs,
        HashSet<string> present,
        List<Finding> findings)
    {
        var (ends, otherEnds) = (endsByKey[mine.Key], endsByKey[theirs.Key]);
        foreach (var number in Common(ends.First, otherEnds.Second))
        {
            Add(thesaurus.Rules[number], isTurned: false);
        }

        // A rule between two members of one class is met in both directions and is one finding.
        foreach (var number in Common(ends.Second, otherEnds.First))
        {
            if (!ends.First.Contains(number) || !otherEnds.Second.Contains(number))
            {
                Add(thesaurus.Rules[number], isTurned: true);
            }
        }

        void Add(Rule rule, bool isTurned)
        {
            var (mineEnd, theirEnd) = isTurned ? (rule.Second, rule.First) : (rule.First, rule.Second);
            if (!IsWhole(mineEnd, present) || !IsWhole(theirEnd, present))
            {
                return;
            }

            // A combination is one end, by whichever of its substances it is met.
            var isCombined = mineEnd.Kind == RuleEndKind.Combination || theirEnd.Kind == RuleEndKind.Combination;
            if (isCombined && findings.Any(finding => finding.Rule == rule))
            {
                return;
            }

            findings.Add(new Finding(
                rule,
                mineEnd,
                mine.Substance,
                theirEnd,
                theirs.Substance,
                localRoutes.Of(one.Routes, mine.Substance),
                localRoutes.Of(other.Routes, theirs.Substance)));
        }
    }

    private static bool IsWhole(RuleEnd end, HashSet<string> present) =>
        end.Kind != RuleEndKind.Combination || end.Members.All(present.Contains);

    private static IEnumerable<int> Common(HashSet<int> some, HashSet<int> others) =>
        some.Count <= others.Count ? some.Where(others.Contains) : others.Where(some.Contains);

    private static int Breadth(Finding finding) =>
        (finding.FirstEnd.Kind is RuleEndKind.Class or RuleEndKind.Route ? 1 : 0)
        + (finding.SecondEnd.Kind is RuleEndKind.Class or RuleEndKind.Route ? 1 : 0);

    private sealed record Ends(HashSet<int> First, HashSet<int> Second);

    private sealed record Asked(
        CheckItem Item,
        Medicine? Medicine,
        IReadOnlyList<SubstanceMapping> Substances,
        IReadOnlyList<string> Routes,
        IReadOnlyList<(string Key, SubstanceMapping? Substance)> Meets,

        // Each substance is known, and has no rule with a class that the edition does not list: all its rules are known.
        bool IsClosed);
}
