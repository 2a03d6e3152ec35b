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

    // Properties with which publishers say that a concept is withdrawn (FHIR R4, CodeSystem: defined concept properties; SMT).
    private static readonly string[] retiredWords = ["retired", "deprecated", "inactive"];

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
        var number = 0;
        AddAll(kind, system, Text(system, "language"), builder, ref number);
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

    private static void AddAll(CodeKind kind, JsonElement owner, string language, CodeListBuilder builder, ref int number)
    {
        if (!owner.TryGetProperty("concept", out var concepts) || concepts.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var concept in concepts.EnumerateArray())
        {
            number++;
            if (concept.ValueKind != JsonValueKind.Object)
            {
                builder.Fault(number, "no concept");
                continue;
            }

            builder.Add(ToConcept(kind, concept, language, number));
            AddAll(kind, concept, language, builder, ref number);
        }
    }

    private static Concept ToConcept(CodeKind kind, JsonElement concept, string language, int number)
    {
        var display = Text(concept, "display").Trim();
        var french = IsFrench(language) ? "" : Designation(concept, "fr");
        var properties = Items(concept, "property").ToLookup(item => Text(item, "code"), StringComparer.OrdinalIgnoreCase);
        var isRetired = properties["inactive"].Any(IsTrue) || properties["status"].Any(item =>
            retiredWords.Contains(Text(item, "valueCode") + Text(item, "valueString"), StringComparer.OrdinalIgnoreCase));
        var isHeading = properties["notSelectable"].Any(IsTrue);
        return new Concept
        {
            SystemOid = kind.Oid,
            Code = Text(concept, "code").Trim(),
            Display = french.Length > 0 ? french : display,
            EnglishDisplay = french.Length > 0 ? display : IsFrench(language) ? Designation(concept, "en") : "",
            Status = isRetired ? ConceptStatus.Retired : isHeading ? ConceptStatus.Heading : ConceptStatus.Active,
            EndDate = properties["deprecationDate"].Concat(properties["retirementDate"])
                .Select(item => PublishedDate.EndOf(Text(item, "valueDateTime"))).FirstOrDefault(day => day is not null),
            Line = number,
        };
    }

    private static bool IsTrue(JsonElement property) =>
        property.TryGetProperty("valueBoolean", out var value) && value.ValueKind == JsonValueKind.True;

    private static bool IsFrench(string language) => language.StartsWith("fr", StringComparison.OrdinalIgnoreCase);

    private static string Designation(JsonElement concept, string language) => Items(concept, "designation")
        .Where(item => Text(item, "language").StartsWith(language, StringComparison.OrdinalIgnoreCase))
        .Select(item => Text(item, "value").Trim())
        .FirstOrDefault(value => value.Length > 0) ?? "";

    private static IEnumerable<JsonElement> Items(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object)
            : [];

    private static string Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
