using System.Globalization;
using Dmp.Codes;
using Dmp.Interactions;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;

namespace Dmp.Cli.References;

/// <summary>A line of an edition, for comparing two editions: a rule, a class, a product.</summary>
/// <param name="Short">What is printed of it: its levels, its name.</param>
/// <param name="Whole">All of it.</param>
internal sealed record EditionLine(string Short, string Whole);

/// <summary>An edition as it was read: how much there is, what was odd, and its lines by what they are about.</summary>
internal sealed record ReadEdition(string Summary, IReadOnlyList<ReadingNotice> Notices, IReadOnlyDictionary<string, EditionLine> Lines)
{
    /// <summary>Of code systems and value sets, what is stored of them; of other kinds none.</summary>
    public IReadOnlyList<CodeList> Lists { get; private init; } = [];

    public const string Thesaurus = "thesaurus";
    public const string Medicines = "medicines";

    /// <exception cref="RefusedException">The files are no edition of this kind.</exception>
    public static ReadEdition Of(string kind, string name, IReadOnlyDictionary<string, PublishedFile> parts)
    {
        try
        {
            return kind switch
            {
                Thesaurus => Of(ThesaurusFiles.Read(name, parts)),
                Medicines => Of(BdpmFiles.Read(name, [.. parts.Values])),
                _ => Of(kind, CodeFiles.Read(CodeKinds.All[kind], parts, DateOnly.FromDateTime(DateTime.UtcNow))),
            };
        }
        catch (Exception fault) when (fault is InvalidDataException or FileNotFoundException)
        {
            throw new RefusedException(fault.Message);
        }
    }

    /// <summary>Code systems or value sets, as files or as they are stored.</summary>
    public static ReadEdition Of(string kind, CodeReading reading)
    {
        var lines = reading.Lists
            .SelectMany(list => list.Concepts
                .GroupBy(concept => (concept.SystemOid, concept.Code))
                .SelectMany(rows => rows.Select(row => (Key: KeyOf(kind, list, row, rows.Count() > 1), Concept: row))))
            .ToDictionary(line => line.Key, line => new EditionLine(Short(line.Concept), Whole(line.Concept)));
        var count = lines.Count;
        foreach (var list in reading.Lists)
        {
            var name = $"{list.Name} {list.Version}".Trim();
            lines[$"list {list.Oid}"] = new EditionLine(name, name);
        }

        return new ReadEdition(
            string.Create(CultureInfo.InvariantCulture, $"{reading.Lists.Count} lists, {count} codes"), reading.Notices, lines)
        {
            Lists = reading.Lists,
        };
    }

    /// <summary>A code; of a value set with list and system; of several rows of a code with the day from which on it holds.</summary>
    private static string KeyOf(string kind, CodeList list, Concept concept, bool isOneOfSeveral) =>
        (kind == CodeKinds.ValueSets.Name ? $"{list.Oid} {concept.Code} of {concept.SystemOid}" : concept.Code)
        + (isOneOfSeveral ? $" from {Day(concept.StartDate)}" : "");

    private static string Short(Concept concept) => string.Join(", ", new[]
    {
        concept.Display,
        concept.Status == ConceptStatus.Active ? "" : concept.Status.ToString(),
        concept.EndDate is null ? "" : $"until {Day(concept.EndDate)}",
    }.Where(word => word.Length > 0));

    private static string Whole(Concept concept) => string.Join(
        '\n', concept.Display, concept.EnglishDisplay, concept.Status, Day(concept.StartDate), Day(concept.EndDate));

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "the beginning";

    private static ReadEdition Of(ThesaurusReading reading)
    {
        Dictionary<string, EditionLine> lines = [];
        foreach (var rule in reading.Thesaurus.Rules)
        {
            var levels = string.Join(" - ", rule.Severities.Select(severity => severity.Level));
            lines[$"{rule.First.Name} x {rule.Second.Name}"] = new EditionLine(
                levels, string.Join('\n', [levels, .. rule.Severities.Select(severity => severity.Text), rule.Mechanism, rule.Conduct]));
        }

        foreach (var (substance, classes) in reading.Thesaurus.Classes)
        {
            var all = string.Join(", ", classes);
            lines[$"{reading.Thesaurus.Substances.GetValueOrDefault(substance, substance)} in classes"] = new EditionLine(all, all);
        }

        return new ReadEdition(
            $"{reading.Thesaurus.Rules.Count} rules, {reading.Thesaurus.Substances.Count} substances", reading.Notices, lines);
    }

    private static ReadEdition Of(MedicineReading reading)
    {
        var lines = reading.Table.ByCis.Values.ToDictionary(
            medicine => $"CIS {medicine.Cis}",
            medicine => new EditionLine(medicine.Name, string.Join('\n',
            [
                medicine.Name, medicine.Form, string.Join(';', medicine.Routes), medicine.IsMarketed ? "sold" : "not sold",
                string.Join(' ', medicine.Atc),
                .. medicine.Ingredients.SelectMany(ingredient => ingredient.Contained.Concat(ingredient.Therapeutic))
                    .Select(substance => $"{substance.Code} {substance.Name} {substance.Dose}"),
            ])));
        return new ReadEdition(
            string.Create(CultureInfo.InvariantCulture, $"{lines.Count} products, {reading.Table.CisByCip.Count} codes CIP"),
            reading.Notices,
            lines);
    }
}
