using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Care.V1;

namespace Dmp.Care.Summaries;

/// <summary>
/// Writes the emergency page as an International Patient Summary: a document of HL7 FHIR R4 (docs/care-ips.md). Pure: the same input gives
/// the same bytes. Each entry comes from statements of documents that it names; what is not known is said to be not known.
/// </summary>
public static class IpsWriter
{
    /// <summary>The media type of the bytes.</summary>
    public const string MediaType = "application/fhir+json";

    private const string Loinc = "http://loinc.org";

    /// <summary>The summary as JSON in UTF-8.</summary>
    /// <param name="input">What the page is made of.</param>
    /// <param name="summary">The page that <see cref="EmergencySummaryBuilder"/> made of it.</param>
    public static byte[] Write(SummaryInput input, EmergencySummary summary)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(summary);
        SummaryLines lines = new(input.At, input.Language);
        IpsBundle bundle = new($"{input.Record.RecordId}\n{IpsBundle.Instant(input.At)}\n{lines.Words.LanguageCode}");
        var patient = bundle.Add(IpsPatient.Of(input.Record));
        var assembler = bundle.Add(new JsonObject
        {
            ["resourceType"] = "Device",
            ["deviceName"] = new JsonArray(new JsonObject { ["name"] = "Dmp.Grpc", ["type"] = "model-name" }),
        });
        IpsSources sources = new(bundle, patient, assembler, input.At);
        JsonArray sections = [];
        foreach (var section in new IpsSections(input, summary, lines, new SummaryFacts(input.Documents)).All())
        {
            var fitting = section.Fitting();
            List<string> entries = [];
            foreach (var statement in fitting)
            {
                entries.Add(Add(bundle, patient, statement));
                sources.Add(entries[^1], statement.Sources);
            }

            sections.Add(section.Write(lines, entries, fitting));
        }

        if (Directives(lines, sources, summary) is { } directives)
        {
            sections.Add(directives);
        }

        sources.Write();
        return bundle.Write(Composition(lines, patient, assembler, summary, sections), input.At);
    }

    private static JsonObject Composition(
        SummaryLines lines, string patient, string assembler, EmergencySummary summary, JsonArray sections)
    {
        var words = lines.Words;
        var documents = summary.NotFound.Documents;
        List<string> told = [words.Warning, summary.NotFound.HiddenPossible];
        told.AddRange(summary.NotFound.Unread.Select(type => words.In(
            $"non lu{words.Colon}{type.Count} × {ShownText.Of(type.Type?.Display, 100)}",
            $"not read{words.Colon}{type.Count} × {ShownText.Of(type.Type?.Display, 100)}")));
        if (documents?.MoreDocuments == true)
        {
            told.Add(words.In("Des documents plus anciens n'ont pas été lus.", "Older documents were not read."));
        }

        return new JsonObject
        {
            ["resourceType"] = "Composition",
            ["language"] = words.LanguageCode,
            ["text"] = IpsSection.Narrative(told, isMore: true),
            ["status"] = "final",
            ["type"] = new JsonObject
            {
                ["coding"] = new JsonArray(new JsonObject
                {
                    ["system"] = Loinc,
                    ["code"] = "60591-5",
                    ["display"] = "Patient summary Document",
                }),
            },
            ["subject"] = IpsBundle.Reference(patient),
            ["date"] = IpsBundle.Instant(lines.At),
            ["author"] = new JsonArray(IpsBundle.Reference(assembler)),
            ["title"] = words.In(
                "Synthèse médicale (IPS), extrait automatique non signé", "Patient summary (IPS), extracted automatically and not signed"),
            ["confidentiality"] = "N",
            ["section"] = sections,
        };
    }

    /// <summary>Adds what is said with whose it is and who says it, and what it refers to.</summary>
    private static string Add(IpsBundle bundle, string patient, IpsStatement statement)
    {
        var body = statement.Body.DeepClone().AsObject();
        if (IpsValues.Identifiers(statement.Ids) is { } ids)
        {
            body["identifier"] = ids;
        }

        var type = body["resourceType"]!.GetValue<string>();
        body[type is "AllergyIntolerance" or "Immunization" ? "patient" : "subject"] = IpsBundle.Reference(patient);
        if (statement.Medicine is { } medicine)
        {
            body["medicationReference"] = IpsBundle.Reference(bundle.Add(medicine.DeepClone().AsObject()));
        }

        if (statement.Device is { } device)
        {
            var made = device.DeepClone().AsObject();
            made["patient"] = IpsBundle.Reference(patient);
            body["device"] = IpsBundle.Reference(bundle.Add(made));
        }

        if (statement.ByPatient)
        {
            ByPatient(body, type, patient);
        }

        return bundle.Add(body);
    }

    /// <summary>That nobody but the patient's side says it, in the element that the resource has for it.</summary>
    private static void ByPatient(JsonObject body, string type, string patient)
    {
        switch (type)
        {
            case "AllergyIntolerance" or "Condition" or "Procedure":
                body["asserter"] = IpsBundle.Reference(patient);
                break;
            case "MedicationStatement":
                body["informationSource"] = IpsBundle.Reference(patient);
                break;
            case "DeviceUseStatement":
                body["source"] = IpsBundle.Reference(patient);
                break;
            case "Observation":
                body["performer"] = new JsonArray(IpsBundle.Reference(patient));
                break;
            case "Immunization":
                body["primarySource"] = false;
                break;
            default:
                break;
        }
    }

    /// <summary>Documents of directives, to be opened: nothing of what they say.</summary>
    private static JsonObject? Directives(SummaryLines lines, IpsSources sources, EmergencySummary summary)
    {
        var named = summary.Wishes.Directives.Where(line => line.Document is { UniqueId.Length: > 0 }).ToList();
        return named.Count == 0 ? null : new JsonObject
        {
            ["title"] = lines.Words.In("Directives anticipées", "Advance directives"),
            ["code"] = new JsonObject
            {
                ["coding"] = new JsonArray(new JsonObject { ["system"] = Loinc, ["code"] = "42348-3", ["display"] = "Advance directives" }),
            },
            ["text"] = IpsSection.Narrative(named.Select(line => $"{line.Line.Title} ({line.Line.Origin})"), isMore: false),
            ["entry"] = new JsonArray([.. named.Select(line => sources.Document(line.Document)).Distinct()
                .Select(entry => (JsonNode)IpsBundle.Reference(entry))]),
        };
    }
}
