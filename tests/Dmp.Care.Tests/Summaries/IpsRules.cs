using System.Text.Json.Nodes;

namespace Dmp.Care.Tests.Summaries;

/// <summary>
/// What IPS and EPS ask of a patient summary beyond R4: its sections, how often each element stands, and the codes of HL7 that it may have.
/// Written by the guides and not by the program, and the published samples of EPS pass it.
/// </summary>
internal sealed class IpsRules
{
    /// <summary>Sections with the types of their entries; the first three must be there.</summary>
    private static readonly Dictionary<string, string[]> sections = new(StringComparer.Ordinal)
    {
        ["11450-4"] = ["Condition"],
        ["48765-2"] = ["AllergyIntolerance"],
        ["10160-0"] = ["MedicationStatement", "MedicationRequest"],
        ["11369-6"] = ["Immunization"],
        ["30954-2"] = ["Observation", "DiagnosticReport"],
        ["47519-4"] = ["Procedure"],
        ["46264-8"] = ["DeviceUseStatement"],
        ["10162-6"] = ["Observation"],
        ["42348-3"] = ["Consent", "DocumentReference"],
        ["11348-0"] = ["Condition"],
        ["29762-2"] = ["Observation"],
        ["8716-3"] = ["Observation"],
        ["18776-5"] = ["CarePlan", "ImmunizationRecommendation"],
        ["47420-5"] = ["Condition", "ClinicalImpression"],
    };

    /// <summary>Of each type: what stands there once at least; of <c>name[x]</c> any.</summary>
    private static readonly Dictionary<string, string[]> needed = new(StringComparer.Ordinal)
    {
        ["Patient"] = ["name", "birthDate"],
        ["AllergyIntolerance"] = ["clinicalStatus", "code", "patient"],
        ["Condition"] = ["code", "subject"],
        ["MedicationStatement"] = ["status", "medication[x]", "subject", "effective[x]"],
        ["Immunization"] = ["status", "vaccineCode", "patient", "occurrence[x]"],
        ["Observation"] = ["status", "code", "subject", "effective[x]"],
        ["Procedure"] = ["status", "code", "subject", "performed[x]"],
        ["DeviceUseStatement"] = ["status", "subject", "device", "timing[x]"],
        ["Provenance"] = ["target", "recorded", "agent"],
        ["DocumentReference"] = ["status", "content"],
    };

    private static readonly Dictionary<(string Type, string Element), string[]> codes = new()
    {
        [("AllergyIntolerance", "clinicalStatus")] = ["active", "inactive", "resolved"],
        [("Condition", "clinicalStatus")] = ["active", "recurrence", "relapse", "inactive", "remission", "resolved"],
        [("MedicationStatement", "status")] =
            ["active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"],
        [("Immunization", "status")] = ["completed", "not-done"],
        [("Procedure", "status")] =
            ["preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"],
        [("Observation", "status")] = ["registered", "preliminary", "final", "amended", "corrected", "cancelled", "unknown"],
    };

    private static readonly string[] references = ["patient", "subject", "device", "medicationReference"];

    private readonly List<string> faults = [];
    private readonly Dictionary<string, JsonNode> resources = new(StringComparer.Ordinal);

    /// <summary>What is not as it must be; empty for a patient summary.</summary>
    public static IReadOnlyList<string> Faults(byte[] json)
    {
        IpsRules rules = new();
        rules.Check(JsonNode.Parse(json)!);
        return rules.faults;
    }

    private void Check(JsonNode bundle)
    {
        Require(Text(bundle["type"]) == "document", "Bundle.type");
        Require(bundle["identifier"]?["value"] is not null && bundle["timestamp"] is not null, "Bundle.identifier, Bundle.timestamp");
        foreach (var entry in bundle["entry"]!.AsArray())
        {
            Require(resources.TryAdd(Text(entry!["fullUrl"]), entry["resource"]!), "fullUrl twice");
        }

        var composition = bundle["entry"]![0]!["resource"]!;
        Require(Text(composition["resourceType"]) == "Composition", "the composition is not first");
        Require(CodeOf(composition["type"], "http://loinc.org") == "60591-5", "Composition.type");
        Require(composition["status"] is not null && composition["date"] is not null && composition["title"] is not null, "Composition");
        Require(TypeOf(composition["subject"]) == "Patient", "Composition.subject");
        Require(composition["author"]?.AsArray().All(author => TypeOf(author) is not null) == true, "Composition.author");
        Sections(composition["section"]!.AsArray());
        foreach (var resource in resources.Values)
        {
            Elements(resource);
        }
    }

    private void Sections(JsonArray stated)
    {
        var found = stated.Select(section => CodeOf(section!["code"], "http://loinc.org") ?? "").ToList();
        Require(found.Count == found.Distinct().Count(), "a section twice");
        foreach (var code in sections.Keys.Take(3))
        {
            Require(found.Contains(code), $"no section {code}");
        }

        foreach (var section in stated)
        {
            var code = CodeOf(section!["code"], "http://loinc.org") ?? "";
            Require(section["title"] is not null && Text(section["text"]?["div"]).Length > 0, $"{code}: title and text");
            var entries = section["entry"]?.AsArray() ?? [];
            Require(entries.Count > 0 != (section["emptyReason"] is not null), $"{code}: entries or a reason why there are none");
            foreach (var entry in entries)
            {
                Require(sections.TryGetValue(code, out var types) && types.Contains(TypeOf(entry)), $"{code}: {TypeOf(entry)}");
            }
        }
    }

    private void Elements(JsonNode resource)
    {
        var type = Text(resource["resourceType"]);
        foreach (var name in needed.GetValueOrDefault(type, []))
        {
            var stem = name.Replace("[x]", "", StringComparison.Ordinal);
            Require(
                resource.AsObject().Any(one => one.Key.TrimStart('_') is var key
                    && (key == stem || (name.EndsWith(']') && key.StartsWith(stem, StringComparison.Ordinal)))),
                $"{type}.{name}");
        }

        foreach (var ((of, element), allowed) in codes.Where(one => one.Key.Type == type))
        {
            var code = resource[element] is JsonObject concept ? Text(concept["coding"]?[0]?["code"]) : Text(resource[element]);
            var isUnknown = (resource[element] as JsonObject)?["extension"] is not null || resource[$"_{element}"] is not null;
            Require(code.Length == 0 ? isUnknown || resource[element] is null : allowed.Contains(code), $"{of}.{element} {code}");
        }

        if (type == "Observation")
        {
            Require(
                resource.AsObject().Any(one => one.Key.StartsWith("value", StringComparison.Ordinal)
                    || one.Key is "dataAbsentReason" or "component" or "hasMember"),
                "Observation without a value and a reason");
        }

        foreach (var name in references.Where(name => resource[name] is not null))
        {
            Require(TypeOf(resource[name]) is not null, $"{type}.{name} leads nowhere");
        }
    }

    private string? TypeOf(JsonNode? reference) =>
        resources.TryGetValue(Text(reference?["reference"]), out var resource) ? Text(resource["resourceType"]) : null;

    private static string? CodeOf(JsonNode? concept, string system) => concept?["coding"]?.AsArray()
        .Where(coding => Text(coding!["system"]) == system).Select(coding => Text(coding!["code"])).FirstOrDefault();

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private void Require(bool isSo, string what)
    {
        if (!isSo)
        {
            faults.Add(what);
        }
    }
}
