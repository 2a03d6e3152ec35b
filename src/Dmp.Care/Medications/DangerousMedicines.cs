using System.Globalization;
using Dmp.Interactions;
using Dmp.Interactions.Mapping;

namespace Dmp.Care.Medications;

/// <summary>A group of medicines whose effect or error is dangerous in an emergency.</summary>
/// <param name="Code">Its code, as <c>TreatmentLine.dangerous_group</c> has it.</param>
/// <param name="French">Its French name.</param>
/// <param name="English">Its English name.</param>
/// <param name="AtcPrefixes">Beginnings of ATC codes.</param>
/// <param name="SubstanceNames">Names of substances and products; one that ends in a star stands for what begins with it.</param>
/// <param name="ShownDays">For how many days after its end a treatment of it counts as recently ended.</param>
/// <param name="Source">Where the group comes from.</param>
/// <param name="Note">Anything else.</param>
public sealed record DangerousGroup(
    string Code,
    string French,
    string English,
    IReadOnlyList<string> AtcPrefixes,
    IReadOnlyList<string> SubstanceNames,
    int ShownDays,
    string Source,
    string Note);

/// <summary>
/// The dangerous groups: a table that comes with the library, or an operator's of the same form. A medicine is found by ATC, then by its
/// substances, then by its words, as warfarin products have no ATC code in the medicines database.
/// </summary>
public sealed class DangerousMedicines
{
    /// <summary>For how many days an ended treatment counts as recently ended, where no group says more.</summary>
    public const int ShownDaysDefault = 30;

    private const int ColumnCount = 8;
    private const int GroupsMax = 200;
    private const int ShownDaysMax = 3_650;

    private readonly List<(string Prefix, DangerousGroup Group)> byAtc = [];
    private readonly Dictionary<string, DangerousGroup> bySubstance = [];
    private readonly Dictionary<string, DangerousGroup> byWords = [];
    private readonly List<(string Beginning, DangerousGroup Group)> byBeginning = [];
    private readonly int wordsMax;

    private DangerousMedicines(IReadOnlyList<DangerousGroup> groups)
    {
        Groups = groups;
        foreach (var group in groups)
        {
            byAtc.AddRange(group.AtcPrefixes.Select(prefix => (prefix, group)));
            foreach (var name in group.SubstanceNames)
            {
                if (name.EndsWith('*'))
                {
                    byBeginning.Add((Names.Key(name[..^1]), group));
                    continue;
                }

                bySubstance.TryAdd(ActingName.Of(name).Key, group);
                byWords.TryAdd(string.Join(' ', NameWords.Of(name)), group);
            }
        }

        // The longest beginning says most: methotrexate before all antineoplastics.
        byAtc = [.. byAtc.OrderByDescending(row => row.Prefix.Length)];
        wordsMax = byWords.Keys.Select(words => words.Count(letter => letter == ' ') + 1).DefaultIfEmpty().Max();
    }

    /// <summary>The table that comes with the library.</summary>
    public static DangerousMedicines Embedded { get; } = ReadEmbedded();

    /// <summary>The groups, in the order of the table.</summary>
    public IReadOnlyList<DangerousGroup> Groups { get; }

    /// <summary>Reads an operator's table.</summary>
    /// <exception cref="InvalidDataException">A line cannot be read, which is told with its number; or there is no group.</exception>
    public static DangerousMedicines Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        List<DangerousGroup> groups = [];
        foreach (var (line, columns) in CareTable.Rows(reader))
        {
            var fault = FaultOf(columns, groups);
            if (fault is not null)
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"line {line}: {fault}"));
            }

            groups.Add(new DangerousGroup(
                columns[0],
                columns[1],
                columns[2],
                columns[3].Split(' ', StringSplitOptions.RemoveEmptyEntries),
                columns[4].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                columns[5].Length == 0 ? ShownDaysDefault : int.Parse(columns[5], CultureInfo.InvariantCulture),
                columns[6],
                columns[7]));
        }

        return groups.Count > 0 ? new DangerousMedicines(groups) : throw new InvalidDataException("there is no group");
    }

    /// <summary>The group of a medicine; null when it is in none.</summary>
    /// <param name="atcCodes">Its ATC codes.</param>
    /// <param name="substanceKeys">Its substances, by <see cref="ActingName"/>.</param>
    /// <param name="texts">Its names in words.</param>
    internal DangerousGroup? Find(IEnumerable<string> atcCodes, IEnumerable<string> substanceKeys, IEnumerable<string> texts)
    {
        var codes = atcCodes.ToList();
        foreach (var (prefix, group) in byAtc)
        {
            if (codes.Exists(code => code.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            {
                return group;
            }
        }

        foreach (var key in substanceKeys)
        {
            if (bySubstance.TryGetValue(key, out var group) || Beginning(key) is { } begun && (group = begun) is not null)
            {
                return group;
            }
        }

        return texts.Select(OfText).FirstOrDefault(group => group is not null);
    }

    private DangerousGroup? OfText(string text)
    {
        var words = NameWords.Of(text);
        for (var first = 0; first < words.Count; first++)
        {
            for (var count = Math.Min(wordsMax, words.Count - first); count > 0; count--)
            {
                if (byWords.TryGetValue(string.Join(' ', words.Skip(first).Take(count)), out var group))
                {
                    return group;
                }
            }

            if (Beginning(words[first]) is { } begun)
            {
                return begun;
            }
        }

        return null;
    }

    private DangerousGroup? Beginning(string key) =>
        byBeginning.FirstOrDefault(row => key.StartsWith(row.Beginning, StringComparison.Ordinal)).Group;

    private static DangerousMedicines ReadEmbedded()
    {
        using var reader = new StreamReader(typeof(DangerousMedicines).Assembly.GetManifestResourceStream("dangerous-medicines.tsv")!);
        return Read(reader);
    }

    private static string? FaultOf(string[] columns, List<DangerousGroup> groups) =>
        columns.Length != ColumnCount
            ? string.Create(CultureInfo.InvariantCulture, $"{columns.Length} columns where {ColumnCount} are expected")
        : groups.Count >= GroupsMax ? string.Create(CultureInfo.InvariantCulture, $"more than {GroupsMax} groups")
        : columns[0].Length is 0 or > 64
            || !columns[0].All(letter => letter is '_' || char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter))
            ? "the code of a group has 1 to 64 small letters, digits and underscores"
        : groups.Exists(group => group.Code == columns[0]) ? $"the group {columns[0]} is there twice"
        : columns[1].Length == 0 || columns[2].Length == 0 ? "a group needs a French and an English name"
        : columns[3].Length + columns[4].Length == 0 ? "a group needs a beginning of an ATC code or a name"
        : columns[3].Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(code => code.Length > 7 || !char.IsAsciiLetterUpper(code[0]))
            ? "the beginning of an ATC code has 1 to 7 characters, the first a capital letter"
        : columns[5].Length > 0 && !(int.TryParse(columns[5], NumberStyles.None, CultureInfo.InvariantCulture, out var days)
            && days <= ShownDaysMax)
            ? string.Create(CultureInfo.InvariantCulture, $"days are a number of at most {ShownDaysMax}")
        : null;
}
