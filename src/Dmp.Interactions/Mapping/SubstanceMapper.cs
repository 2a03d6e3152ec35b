using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;

namespace Dmp.Interactions.Mapping;

/// <summary>Finds the substances of products among the names of one thesaurus, by the rules of docs/interactions.md.</summary>
public sealed partial class SubstanceMapper
{
    /// <summary>What a salt is made with. A name of which only these are left has lost what it names.</summary>
    private static readonly HashSet<string> ions =
    [
        "acide", "aluminium", "ammonium", "argent", "baryum", "bismuth", "brome", "calcium", "chlore", "cobalt", "cuivre", "fluor",
        "iode", "lithium", "magnesium", "manganese", "or", "phosphore", "potassium", "selenium", "sodium", "soufre", "strontium", "zinc",
    ];

    /// <summary>Words of kinds of things, by which no two substances resemble each other.</summary>
    private static readonly HashSet<string> kinds =
    [
        "acide", "alcool", "alfa", "antigene", "antigenes", "avec", "beta", "conjugue", "concentrat", "des", "essence", "essentielle",
        "extrait", "facteur", "forme", "gel", "humain", "humaine", "humaines", "huile", "hydroxyde", "inactive", "levogyre", "liquide",
        "mou", "normale", "officinal", "officinale", "officinalis", "oxyde", "poudre", "pour", "proteine", "racemique", "racine",
        "recombinant", "recombinante", "riche", "sec", "sels", "solution", "souche", "surface", "synthetique", "toxine", "type", "virus",
        "vivant", "vivants",
    ];

    private const string Homeopathic = "pour preparations homeopathiques";

    private static readonly HashSet<string> salts = [.. EmbeddedTable.Rows("salts.tsv").Select(row => row[0])];

    /// <summary>By the edition in which somebody looked.</summary>
    private static readonly ILookup<string, string> absentOf = EmbeddedTable.Rows("absent.tsv")
        .SelectMany(row => row[1].Split(' '), (row, edition) => (Edition: edition, Name: Plain(Names.Key(row[0]))))
        .ToLookup(row => row.Edition, row => row.Name);

    private readonly Thesaurus thesaurus;
    private readonly FrozenDictionary<string, string> synonyms;
    private readonly string[] words;
    private readonly HashSet<string> absent;

    /// <summary>For the names of an edition.</summary>
    /// <param name="thesaurus">The edition.</param>
    /// <param name="otherSynonyms">Names beside the built-in table: the name in the medicines database, the name in the thesaurus.</param>
    public SubstanceMapper(Thesaurus thesaurus, IReadOnlyDictionary<string, string>? otherSynonyms = null)
    {
        this.thesaurus = thesaurus;
        var all = EmbeddedTable.Rows("synonyms.tsv").ToDictionary(row => Names.Key(row[0]), row => Names.Key(row[1]));
        foreach (var (name, named) in otherSynonyms ?? new Dictionary<string, string>())
        {
            all[Names.Key(name)] = Names.Key(named);
        }

        // A synonym of a name that the edition does not have says nothing about it.
        synonyms = all.Where(entry => thesaurus.Substances.ContainsKey(entry.Value)).ToFrozenDictionary();

        absent = [.. absentOf[thesaurus.Edition]];

        // Of an ion, what has a name of its own: a salt of sodium is not like bicarbonate of sodium.
        words = [.. thesaurus.Substances.Keys
            .SelectMany(name => Words(name).Where(word => !ions.Contains(word) || word == name))
            .Distinct()];
    }

    /// <summary>The substances of an ingredient: one, and more for the few rows of the database that have several.</summary>
    public IReadOnlyList<SubstanceMapping> Map(Ingredient ingredient, MedicineTable table)
    {
        if (ingredient.Contained.Count > 1 || ingredient.Therapeutic.Count > 1)
        {
            // Which belongs to which is not published: what acts is what counts, each for itself, and what is contained where that is all.
            var names = ingredient.Therapeutic.Count > 0 ? ingredient.Therapeutic : ingredient.Contained;
            return [.. names.Select(name => Map(name, null, table)).DistinctBy(mapping => mapping.Identity)];
        }

        return ingredient.Contained.Count == 1
            ? [Map(ingredient.Contained[0], ingredient.Therapeutic is [var acting, ..] ? acting : null, table)]
            : [Map(ingredient.Therapeutic[0], null, table)];
    }

    /// <summary>
    /// A substance by a name that somebody has written. What neither the thesaurus nor a composition names is unknown, whatever it
    /// resembles: nobody has verified that no rule exists for it.
    /// </summary>
    public SubstanceMapping Map(string name, MedicineTable? table)
    {
        if (table?.CodesByName.GetValueOrDefault(Names.Key(name)) is { } code)
        {
            return Map(new IngredientName(code, name, ""), null, table);
        }

        var mapping = Map(new IngredientName("", name, ""), null, null) with { Code = null };
        return mapping.Outcome == MappingOutcome.NotNamed ? mapping with { Outcome = MappingOutcome.Unknown } : mapping;
    }

    private SubstanceMapping Map(IngredientName contained, IngredientName? therapeutic, MedicineTable? table)
    {
        var own = AllNames(contained, table);
        var acting = therapeutic is null ? [] : AllNames(therapeutic, table);
        foreach (var (rule, key) in Candidates(own, acting))
        {
            if (thesaurus.Substances.ContainsKey(key))
            {
                return Mapped(key, rule, MappingOutcome.Named, key);
            }
        }

        // What nothing in the edition resembles has no rule. What something resembles may be known by another name, unless somebody has
        // looked. A dilution is none of the substances that it is named after.
        var rests = own.Concat(acting).Select(Plain).ToList();
        var isUnknown = !rests.Any(absent.Contains)
            && !own[0].EndsWith(Homeopathic, StringComparison.Ordinal)
            && rests.SelectMany(Words).Any(word => words.Any(other => IsLike(word, other)));
        var name = acting.Count > 0 ? acting[0] : own[0];
        var identity = Plain(name) is { Length: > 0 } plain ? plain : name;
        return Mapped(null, MappingRule.None, isUnknown ? MappingOutcome.Unknown : MappingOutcome.NotNamed, identity);

        SubstanceMapping Mapped(string? key, MappingRule rule, MappingOutcome outcome, string identity) =>
            new(contained.Name, contained.Code, contained.Dose, key, rule, outcome) { Identity = identity };
    }

    private IEnumerable<(MappingRule Rule, string Key)> Candidates(List<string> own, List<string> acting)
    {
        foreach (var name in own)
        {
            yield return (MappingRule.ContainedName, name);
        }

        foreach (var name in acting)
        {
            yield return (MappingRule.TherapeuticName, name);
        }

        foreach (var name in own.Concat(acting))
        {
            if (ParenthesesPattern().Match(name) is { Success: true } match && !IsIon(match.Groups[1].Value))
            {
                yield return (MappingRule.WithoutParentheses, match.Groups[1].Value);
            }
        }

        foreach (var name in acting.Concat(own))
        {
            var rest = Plain(name);
            if (rest.Length > 0 && !IsIon(rest))
            {
                yield return (MappingRule.WithoutSalt, rest);
            }
        }

        foreach (var name in acting.Concat(own).SelectMany(name => new[] { name, Plain(name) }))
        {
            if (AcidPattern().Match(name) is { Success: true } acid)
            {
                var what = acid.Groups["front"].Success ? acid.Groups["front"].Value : acid.Groups["back"].Value;
                yield return (MappingRule.AcidTurned, $"acide {what}");
                yield return (MappingRule.AcidTurned, $"{what} (acide)");
            }
        }

        foreach (var name in own.Concat(acting).SelectMany(name => new[] { name, Plain(name) }))
        {
            if (synonyms.TryGetValue(name, out var key))
            {
                yield return (MappingRule.Synonym, key);
            }
        }
    }

    /// <summary>The name first, then the others that rows have for its code.</summary>
    private static List<string> AllNames(IngredientName name, MedicineTable? table) =>
    [
        .. (table?.NamesByCode.GetValueOrDefault(name.Code) ?? []).Prepend(name.Name).Select(Names.Key).Distinct(),
    ];

    /// <summary>A name without the words of salts: <c>besilate d'amlodipine</c> is <c>amlodipine</c>.</summary>
    private static string Plain(string key)
    {
        var words = WordPattern().Matches(key).Select(match => match.Value).Where(word => !salts.Contains(word)).ToList();

        // What tied the salt to its substance is left behind.
        var first = words.FindIndex(word => !IsTie(word));
        return first < 0 ? "" : string.Join(' ', words[first..(words.FindLastIndex(word => !IsTie(word)) + 1)]);
    }

    internal static bool IsTie(string word) => word is "de" or "d" or "du";

    internal static bool IsSalt(string word) => salts.Contains(word);

    internal static bool IsIon(string rest) => ions.Contains(rest);

    /// <summary>The words by which a name is known: no salt, and no kind of thing.</summary>
    private static IEnumerable<string> Words(string key) =>
        from word in WordPattern().Matches(key).Select(match => match.Value)
        where word.Length >= 3 && !salts.Contains(word) && !kinds.Contains(word)
        select word;

    /// <summary>
    /// Two words that may name one thing: the shorter begins the longer, or they begin alike for three fifths of it. <c>Valproate</c> is
    /// like <c>valproïque</c>, and <c>ferreux</c> like <c>fer</c>.
    /// </summary>
    private static bool IsLike(string word, string other)
    {
        if (ions.Contains(word) || ions.Contains(other))
        {
            return word == other;
        }

        var common = word.AsSpan().CommonPrefixLength(other);
        var shorter = Math.Min(word.Length, other.Length);
        return common == shorter || (common >= 4 && common * 5 >= shorter * 3);
    }

    [GeneratedRegex(@"^([^()]+?) \([^()]*\b(?:de|d'|du)\s*\)$")]
    private static partial Regex ParenthesesPattern();

    [GeneratedRegex(@"^(?:(?<front>\S+) \(acide\)|acide (?<back>\S+))$")]
    private static partial Regex AcidPattern();

    [GeneratedRegex(@"[a-z0-9][a-z0-9-]*")]
    private static partial Regex WordPattern();
}
