using System.Collections.Frozen;
using System.Globalization;

namespace Dmp.Interactions.Medicines;

/// <summary>
/// The files of the public medicines database as they are downloaded: columns between tabs, no heading, encodings that differ from file
/// to file and from line to line.
/// </summary>
public static class BdpmFiles
{
    private const string ProductsFile = "CIS_bdpm.txt";
    private const string CompositionsFile = "CIS_COMPO_bdpm.txt";
    private const string PacksFile = "CIS_CIP_bdpm.txt";
    private const string AtcFile = "CIS_MITM.txt";

    /// <summary>The files of an edition as it is published. What is read for the table of medicines are the first four.</summary>
    public static IReadOnlyList<string> FileNames { get; } =
    [
        ProductsFile, CompositionsFile, PacksFile, AtcFile,
        "CIS_CPD_bdpm.txt", "CIS_GENER_bdpm.txt", "CIS_CIP_Dispo_Spec.txt", "HAS_LiensPageCT_bdpm.txt",
        "CIS_HAS_SMR_bdpm.txt", "CIS_HAS_ASMR_bdpm.txt", "CIS_InfoImportantes.txt",
    ];

    /// <summary>Reads files by their published names; those of the packs and of the ATC codes may be missing.</summary>
    /// <exception cref="FileNotFoundException">There are no products or no compositions.</exception>
    public static MedicineReading Read(string edition, IReadOnlyList<PublishedFile> files)
    {
        List<ReadingNotice> notices = [];
        var names = new Dictionary<string, List<string>>();
        var compositions = ReadCompositions(Rows(files, CompositionsFile, 8, 9, notices), names);
        var atc = Rows(files, AtcFile, 3, 4, notices, isOptional: true)
            .Where(row => row.Columns[1].Length > 0)
            .GroupBy(row => row.Columns[0], row => row.Columns[1])
            .ToDictionary(group => group.Key, group => group.Distinct().Order(StringComparer.Ordinal).ToList());
        Dictionary<string, Medicine> products = [];
        foreach (var row in Rows(files, ProductsFile, 7, 12, notices))
        {
            var columns = row.Columns;
            var medicine = new Medicine(
                columns[0],
                columns[1],
                columns[2],
                [.. columns[3].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
                columns[6] == "Commercialisée",
                columns[5].StartsWith("Enreg homéo", StringComparison.Ordinal),
                atc.GetValueOrDefault(columns[0]) ?? [],
                compositions.GetValueOrDefault(columns[0]) ?? []);
            if (!products.TryAdd(columns[0], medicine))
            {
                notices.Add(new ReadingNotice(ProductsFile, row.Line, $"CIS {columns[0]}: a second row", IsFault: true));
            }
        }

        foreach (var cis in compositions.Keys.Where(cis => !products.ContainsKey(cis)))
        {
            notices.Add(new ReadingNotice(CompositionsFile, 0, $"CIS {cis}: a composition without a product", IsFault: false));
        }

        Dictionary<string, string> packs = [];
        foreach (var (line, columns) in Rows(files, PacksFile, 7, 13, notices, isOptional: true))
        {
            foreach (var code in new[] { columns[1], columns[6] }.Where(code => code.Length > 0))
            {
                if (packs.TryAdd(code, columns[0]) || packs[code] == columns[0])
                {
                    continue;
                }

                notices.Add(new ReadingNotice(PacksFile, line, $"CIP {code}: of {packs[code]} and of {columns[0]}", IsFault: true));
            }
        }

        return new MedicineReading(
            new MedicineTable(
                edition,
                products.ToFrozenDictionary(),
                packs.ToFrozenDictionary(),
                names.ToFrozenDictionary(entry => entry.Key, IReadOnlyList<string> (entry) => entry.Value),
                names.SelectMany(entry => entry.Value, (entry, name) => (entry.Key, Name: Names.Key(name)))
                    .DistinctBy(entry => entry.Name)
                    .ToFrozenDictionary(entry => entry.Name, entry => entry.Key)),
            notices);
    }

    /// <summary>By product; a group is one element and one link number, in whichever order its rows stand.</summary>
    private static Dictionary<string, List<Ingredient>> ReadCompositions(
        IEnumerable<(int Line, string[] Columns)> rows, Dictionary<string, List<string>> names)
    {
        Dictionary<(string, string, string), (List<IngredientName> Contained, List<IngredientName> Therapeutic)> groups = [];
        List<(string Cis, string Element, string Link)> order = [];
        foreach (var (_, columns) in rows)
        {
            var (code, name) = (columns[2], columns[3]);
            if (!names.TryGetValue(code, out var known))
            {
                names[code] = known = [];
            }

            if (!known.Contains(name))
            {
                known.Add(name);
            }

            var key = (columns[0], columns[1], columns[7]);
            if (!groups.TryGetValue(key, out var group))
            {
                groups[key] = group = ([], []);
                order.Add(key);
            }

            (columns[6] == "FT" ? group.Therapeutic : group.Contained).Add(new IngredientName(code, name, columns[4]));
        }

        return order.GroupBy(key => key.Cis).ToDictionary(
            product => product.Key,
            product => product.Select(key => new Ingredient(key.Element, groups[key].Contained, groups[key].Therapeutic)).ToList());
    }

    /// <summary>
    /// Rows without the spaces around their values. One with fewer columns than are needed is told and left out, one with more than are
    /// published is told.
    /// </summary>
    private static List<(int Line, string[] Columns)> Rows(
        IReadOnlyList<PublishedFile> files, string file, int least, int most, List<ReadingNotice> notices, bool isOptional = false)
    {
        List<(int, string[])> rows = [];
        if (files.FirstOrDefault(one => one.Name == file) is not { } published)
        {
            return isOptional ? rows : throw new FileNotFoundException($"There is no {file}.", file);
        }

        foreach (var (number, line, isDamaged) in PublishedText.Lines(published))
        {
            var values = line.Split('\t', StringSplitOptions.TrimEntries);
            if (isDamaged)
            {
                notices.Add(new ReadingNotice(file, number, "bytes that are no text in UTF-8 or CP1252", IsFault: false));
            }

            var isCis = values[0].Length == 8 && values[0].All(char.IsAsciiDigit);
            var isUnreadable = values.Length < least || !isCis;
            if (isUnreadable || values.Length > most)
            {
                var what = isCis ? string.Create(CultureInfo.InvariantCulture, $"{values.Length} columns") : "no code CIS comes first";
                notices.Add(new ReadingNotice(file, number, what, isUnreadable));
            }

            if (isUnreadable)
            {
                continue;
            }

            rows.Add((number, values));
        }

        return rows;
    }
}
