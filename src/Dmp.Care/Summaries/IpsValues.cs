using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dmp.Care.Emergencies;
using Dmp.Facts.V1;
using Dmp.Fhir;

namespace Dmp.Care.Summaries;

/// <summary>
/// The values of facts as data types of FHIR. What FHIR has no form for is left out here, and told in words by whoever asks: nothing is
/// completed, rounded or guessed.
/// </summary>
internal static partial class IpsValues
{
    public const string AbsentReason = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
    private const int CodeMax = 200;
    private const int CodingsMax = 20;

    /// <summary>That a value which must be there is not known.</summary>
    public static JsonObject Unknown() => new()
    {
        ["extension"] = new JsonArray(new JsonObject { ["url"] = AbsentReason, ["valueCode"] = "unknown" }),
    };

    /// <summary>A code with its translations and words; null when it says nothing.</summary>
    /// <param name="value">As stated.</param>
    /// <param name="words">Words where the value has none.</param>
    public static JsonObject? Concept(CodedValue? value, string words = "") =>
        Concept(value is null ? [] : [value, .. value.Translations], value is null ? words : WordsOf(value, words));

    /// <summary>Codes that say the same, with words.</summary>
    public static JsonObject? Concept(IEnumerable<CodedValue> codes, string words)
    {
        JsonArray codings = [.. codes.Select(Coding).OfType<JsonObject>().Take(CodingsMax)];
        words = ShownText.Of(words);
        JsonObject concept = [];
        if (codings.Count > 0)
        {
            concept["coding"] = codings;
        }

        if (words.Length > 0)
        {
            concept["text"] = words;
        }

        return concept.Count > 0 ? concept : null;
    }

    /// <summary>A concept of one code of HL7, with the codes by which it was stated.</summary>
    public static JsonObject Mapped(string system, string code, CodedValue? stated = null)
    {
        JsonArray codings = [new JsonObject { ["system"] = system, ["code"] = code }];
        if (stated is not null && Coding(stated) is { } own
            && !(own["system"]?.GetValue<string>() == system && own["code"]?.GetValue<string>() == code))
        {
            codings.Add(own);
        }

        return new JsonObject { ["coding"] = codings };
    }

    public static JsonArray? Concepts(IEnumerable<CodedValue> values)
    {
        JsonArray concepts = [.. values.Select(value => Concept(value)).OfType<JsonObject>().Take(CodingsMax)];
        return concepts.Count > 0 ? concepts : null;
    }

    /// <summary>Identifiers, <c>root</c> or <c>root^extension</c>.</summary>
    public static JsonArray? Identifiers(IEnumerable<string> ids)
    {
        JsonArray made = [.. ids.Take(CodingsMax).Select(Identifier).OfType<JsonObject>()];
        return made.Count > 0 ? made : null;
    }

    /// <summary>An identifier; null for one that FHIR cannot have.</summary>
    public static JsonObject? Identifier(string id)
    {
        var parts = id.Split('^', 2);
        var root = parts[0].StartsWith("urn:uuid:", StringComparison.Ordinal) ? parts[0]["urn:uuid:".Length..] : parts[0];
        var uri = Guid.TryParseExact(root, "D", out _) ? $"urn:uuid:{root.ToLowerInvariant()}"
            : Oid().IsMatch(root) ? $"urn:oid:{root}"
            : FhirSystems.UriOf(root);
        var value = parts.Length > 1 ? ShownText.Of(parts[1], CodeMax) : "";
        return uri is null || id.Length > CodeMax ? null
            : value.Length > 0 ? new JsonObject { ["system"] = uri, ["value"] = value }
            : new JsonObject { ["system"] = "urn:ietf:rfc:3986", ["value"] = uri };
    }

    public static void Set(JsonObject holder, string name, JsonNode? value)
    {
        if (value is not null)
        {
            holder[name] = value;
        }
    }

    public static void Set(JsonObject holder, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            holder[name] = value;
        }
    }

    /// <summary>A remark of this summary on what it could not say otherwise.</summary>
    public static void Note(JsonObject resource, IEnumerable<string> notes)
    {
        var words = ShownText.Of(string.Join("; ", notes.Where(note => note.Length > 0)), 600);
        if (words.Length > 0)
        {
            resource["note"] = new JsonArray(new JsonObject { ["text"] = words });
        }
    }

    /// <summary>The words of the author, or those of the code, with what narrows it down: "hanche, droit".</summary>
    private static string WordsOf(CodedValue value, string words)
    {
        var text = value.Text.Length > 0 ? value.Text : words;
        var narrowed = string.Join(", ", value.Qualifiers.Select(qualifier => CodeWords.Of(qualifier.Value, 60))
            .Where(part => part.Length > 0).Take(5));
        text = text.Length > 0 || Coding(value) is not null ? text : value.Display.Length > 0 ? value.Display : value.Code;
        return narrowed.Length == 0 ? text : $"{(text.Length > 0 ? text : CodeWords.Of(value))}, {narrowed}";
    }

    private static JsonObject? Coding(CodedValue value)
    {
        if (value.Code.Length is 0 or > CodeMax || ShownText.Of(value.Code) != value.Code || !FhirCode().IsMatch(value.Code))
        {
            return null;
        }

        JsonObject coding = [];
        Set(coding, "system", FhirSystems.UriOf(value.System));
        coding["code"] = value.Code;
        Set(coding, "display", ShownText.Of(value.Display));
        return coding;
    }

    [GeneratedRegex(@"\A[^\s]+( [^\s]+)*\z")]
    private static partial Regex FhirCode();

    [GeneratedRegex(@"\A[0-2](\.(0|[1-9][0-9]*))+\z")]
    private static partial Regex Oid();
}
