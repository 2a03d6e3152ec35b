using System.Text.Json;

namespace Dmp.Interactions.Thesauri;

/// <summary>
/// Editions as JSON, as they are extracted from the published text by others: a file of substances with their classes, and a file of
/// rules, each with <c>main_drug</c>, <c>plus_drug</c>, <c>severity_levels</c> and <c>interaction_mechanism</c>.
/// </summary>
public static class JsonThesaurus
{
    /// <summary>Reads both files whole: they have some megabytes.</summary>
    /// <exception cref="InvalidDataException">A file is no JSON of this form.</exception>
    public static ThesaurusReading Read(string edition, PublishedFile substances, PublishedFile rules)
    {
        var builder = new ThesaurusBuilder(edition, rules.Name);
        try
        {
            ReadClasses(builder, substances);
            ReadRules(builder, rules);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{rules.Name}, {substances.Name}: {fault.Message}", fault);
        }

        return builder.Build();
    }

    private static void ReadClasses(ThesaurusBuilder builder, PublishedFile file)
    {
        Dictionary<string, List<string>> classes = [];
        using var index = Open(file);
        foreach (var entry in index.RootElement.EnumerateArray())
        {
            var substance = Text(entry, "substance");
            builder.AddSubstance(substance);
            foreach (var name in entry.GetProperty("drug_classes").EnumerateArray().Select(name => name.GetString()).OfType<string>())
            {
                if (!classes.TryGetValue(name, out var members))
                {
                    classes[name] = members = [];
                }

                members.Add(substance);
            }
        }

        // A hyphen at the end of a printed line, with the space that came of it, is part of the word.
        foreach (var (name, members) in classes)
        {
            builder.AddClass(name.Replace("- ", "-", StringComparison.Ordinal), members);
        }
    }

    private static void ReadRules(ThesaurusBuilder builder, PublishedFile file)
    {
        using var rules = Open(file);
        var number = 0;
        foreach (var entry in rules.RootElement.EnumerateArray())
        {
            number++;
            var (main, plus) = (Text(entry, "main_drug"), Text(entry, "plus_drug"));
            List<Severity> severities = [];
            foreach (var severity in entry.GetProperty("severity_levels").EnumerateArray())
            {
                if (Levels.Of(Text(severity, "level")) is { } level)
                {
                    severities.Add(new Severity(level, Text(severity, "info")));
                }
                else
                {
                    builder.Notice(number, $"{main} + {plus}: no level of the thesaurus: '{Text(severity, "level")}'", isFault: true);
                }
            }

            if (severities.Count == 0)
            {
                builder.Notice(number, $"{main} + {plus}: no level", isFault: true);
                continue;
            }

            var conduct = string.Join("\n", severities.Select(severity => severity.Text).Where(text => text.Length > 0));
            builder.Add(new ThesaurusRow(number, main, plus, severities, Text(entry, "interaction_mechanism"), conduct));
        }
    }

    private static string Text(JsonElement entry, string property) => entry.GetProperty(property).GetString()?.Trim() ?? "";

    private static JsonDocument Open(PublishedFile file)
    {
        using var stream = file.Open();
        return JsonDocument.Parse(stream);
    }
}
