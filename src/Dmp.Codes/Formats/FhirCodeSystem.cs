using System.Text.Json;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// A code system as a <c>CodeSystem</c> of FHIR R4 in JSON, the form in which the terminology server of the French agency (SMT) and others
/// offer theirs.
/// </summary>
internal static class FhirCodeSystem
{
    // A concept in a concept in a concept: two levels of JSON each.
    private const int LevelsMax = 128;

    // With which publishers say that a concept is withdrawn (FHIR R4, defined concept properties; LOINC; the terminology server).
    private static readonly string[] retiredWords = ["retired", "deprecated", "inactive", "withdrawn"];

    // A designation that may stand for the display: without a use, or with one that says so (FHIR R4, designation use).
    private static readonly string[] displayUses = ["", "display", "preferredForLanguage", "preferred"];

    /// <exception cref="InvalidDataException">The file is no CodeSystem, or not of this kind, or not the whole one.</exception>
    public static CodeList Read(CodeKind kind, PublishedFile file, List<ReadingNotice> notices)
    {
        using var document = Parse(file);
        var system = document.RootElement;
        if (system.ValueKind != JsonValueKind.Object || Text(system, "resourceType") != "CodeSystem")
        {
            throw new InvalidDataException($"{file.Name} is no CodeSystem of FHIR.");
        }

        if (!kind.Urls.Contains(Text(system, "url"), StringComparer.Ordinal))
        {
            throw new InvalidDataException(
                $"{file.Name} is the CodeSystem {Text(system, "url")}; that of {kind.Name} is {string.Join(" or ", kind.Urls)}.");
        }

        if (Text(system, "content") is var content and not "complete")
        {
            throw new InvalidDataException($"{file.Name} is no whole CodeSystem: its content is '{content}'.");
        }

        CodeListBuilder builder = new(kind.Oid, file.Name, notices);
        List<(JsonElement Concept, int Number)> concepts = [];
        Collect(system, concepts, builder);

        // A concept is divided further when it holds others, names them, or is named by them.
        var parents = concepts.SelectMany(one => Items(one.Concept, "property"))
            .Where(property => Text(property, "code") == "parent")
            .Select(property => Text(property, "valueCode"))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var (concept, number) in concepts)
        {
            AddConcept(kind, concept, number, Text(system, "language"), parents, builder);
        }

        return builder.Build(kind.OtherOids, kind.Title, Text(system, "version"));
    }

    private static JsonDocument Parse(PublishedFile file)
    {
        using var stream = file.Open();
        try
        {
            return JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = LevelsMax });
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"{file.Name} cannot be read: {broken.Message}", broken);
        }
    }

    private static void Collect(JsonElement owner, List<(JsonElement, int)> concepts, CodeListBuilder builder)
    {
        if (!owner.TryGetProperty("concept", out var inside) || inside.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var concept in inside.EnumerateArray())
        {
            if (concept.ValueKind != JsonValueKind.Object)
            {
                builder.Fault(concepts.Count + 1, "behind this entry: no concept");
                continue;
            }

            concepts.Add((concept, concepts.Count + 1));
            Collect(concept, concepts, builder);
        }
    }

    private static void AddConcept(
        CodeKind kind, JsonElement concept, int number, string language, HashSet<string> parents, CodeListBuilder builder)
    {
        var code = Text(concept, "code").Trim();
        var display = Text(concept, "display").Trim();
        var french = IsFrench(language) ? "" : Designation(concept, "fr");
        var english = language.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? display : Designation(concept, "en");
        var properties = Items(concept, "property").ToLookup(item => Text(item, "code"), StringComparer.OrdinalIgnoreCase);
        var words = properties["status"].Select(item => Text(item, "valueCode") + Text(item, "valueString")).ToList();
        var isRetired = properties["inactive"].Concat(properties["deprecated"]).Any(IsTrue)
            || words.Exists(word => retiredWords.Contains(word, StringComparer.OrdinalIgnoreCase));

        // A day on which it was deprecated: still to be used, and discouraged (FHIR R4).
        var isDiscouraged = properties["deprecated"].Any(item => Text(item, "valueDateTime").Length > 0)
            || words.Exists(word => word.Equals("discouraged", StringComparison.OrdinalIgnoreCase));
        var isHeading = properties["notSelectable"].Concat(properties["abstract"]).Any(IsTrue) || properties["child"].Any()
            || parents.Contains(code) || Items(concept, "concept").Any() || !kind.IsLeaf(code);
        Concept read = new()
        {
            SystemOid = kind.Oid,
            Code = code,
            Display = french.Length > 0 ? french : display,
            EnglishDisplay = french.Length > 0 || IsFrench(language) ? english : "",
            Status = isRetired ? ConceptStatus.Retired
                : isHeading ? ConceptStatus.Heading
                : isDiscouraged ? ConceptStatus.Discouraged
                : ConceptStatus.Active,
            Line = number,
        };
        builder.Add(read, start: null, properties["deprecationDate"].Concat(properties["retirementDate"])
            .Select(item => Text(item, "valueDateTime")).FirstOrDefault(day => day.Length > 0));
    }

    private static bool IsTrue(JsonElement property) =>
        property.TryGetProperty("valueBoolean", out var value) && value.ValueKind == JsonValueKind.True;

    private static bool IsFrench(string language) => language.StartsWith("fr", StringComparison.OrdinalIgnoreCase);

    private static string Designation(JsonElement concept, string language) => Items(concept, "designation")
        .Where(item => Text(item, "language").StartsWith(language, StringComparison.OrdinalIgnoreCase)
            && displayUses.Contains(item.TryGetProperty("use", out var use) ? Text(use, "code") : "", StringComparer.Ordinal))
        .Select(item => Text(item, "value").Trim())
        .FirstOrDefault(value => value.Length > 0) ?? "";

    private static IEnumerable<JsonElement> Items(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object)
            : [];

    private static string Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
