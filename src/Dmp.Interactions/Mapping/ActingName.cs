using System.Text.RegularExpressions;
using Dmp.Interactions.Medicines;

namespace Dmp.Interactions.Mapping;

/// <summary>
/// What acts in a medicine, by its name without the words of salts, esters and hydrates: how products are told to hold the same substance
/// where no thesaurus is asked. Insulins stay apart, which one rule of the thesaurus may name together.
/// </summary>
/// <param name="Key">The same for each name of one substance. Never shown.</param>
/// <param name="Name">To show: of the names as published, without its salt, in small letters.</param>
public sealed partial record ActingName(string Key, string Name)
{
    /// <summary>By a name as published or as written.</summary>
    public static ActingName Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var turned = AcidPattern().Replace(name.Trim(), "acide $1");
        var words = WordPattern().Matches(turned).Select(match => match.Value).ToList();
        var left = words.Where(word => !SubstanceMapper.IsSalt(Names.Key(word))).ToList();
        var first = left.FindIndex(word => !SubstanceMapper.IsTie(Names.Key(word)));
        var rest = first < 0
            ? ""
            : string.Join(' ', left[first..(left.FindLastIndex(word => !SubstanceMapper.IsTie(Names.Key(word))) + 1)]);

        // Sodium of a salt is not sodium, and a name that is all salt keeps its words.
        var shown = rest.Length == 0 || SubstanceMapper.IsIon(Names.Key(rest)) ? string.Join(' ', words) : rest;
        shown = (shown.Length > 0 ? shown : name.Trim()).ToLowerInvariant();
        return new ActingName(Names.Key(shown), shown);
    }

    /// <summary>By a name and, where the medicines database has its code, by all names of that code.</summary>
    public static ActingName Of(string name, MedicineTable? table) =>
        table?.CodesByName.GetValueOrDefault(Names.Key(name)) is { } code ? OfCode(code, name, table) : Of(name);

    /// <summary>What acts of an ingredient: one, and more for the few rows of the database that have several.</summary>
    public static IReadOnlyList<ActingName> Of(Ingredient ingredient, MedicineTable table)
    {
        ArgumentNullException.ThrowIfNull(ingredient);
        ArgumentNullException.ThrowIfNull(table);
        var names = ingredient.Therapeutic.Count > 0 ? ingredient.Therapeutic : ingredient.Contained;
        return [.. names.Select(name => OfCode(name.Code, name.Name, table)).DistinctBy(acting => acting.Key)];
    }

    /// <summary>Of several names of one code the shortest that is left: "clopidogrel base" is clopidogrel.</summary>
    private static ActingName OfCode(string code, string name, MedicineTable table) =>
        (table.NamesByCode.GetValueOrDefault(code) ?? []).Append(name)
            .Select(Of)
            .OrderBy(acting => acting.Key.Length)
            .ThenBy(acting => acting.Key, StringComparer.Ordinal)
            .ThenBy(acting => acting.Name, StringComparer.Ordinal)
            .First();

    [GeneratedRegex(@"^(\S+) \(acide\)$", RegexOptions.IgnoreCase)]
    private static partial Regex AcidPattern();

    [GeneratedRegex(@"[\p{L}\p{N}][\p{L}\p{N}-]*")]
    private static partial Regex WordPattern();
}
