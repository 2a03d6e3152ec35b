using System.Globalization;
using System.Security;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dmp.Entries.V1;
using Dmp.Fhir;
using Dmp.Record.V1;
using Dmp.Type.V1;
using RecordMessage = Dmp.Record.V1.Record;

namespace Dmp.Server.Entries;

/// <summary>
/// A statement of the patient's side as a FHIR R4 document: a composition with one section and one entry. The same request gives the same
/// bytes, so that a repeat is known.
/// </summary>
internal static class OwnEntryDocument
{
    public const string MediaType = "application/fhir+json";

    private const string Loinc = "http://loinc.org";
    private const string Types = "urn:oid:1.2.250.1.213.1.1.4.12";
    private const string Ucum = "http://unitsofmeasure.org";
    private const string Terms = "http://terminology.hl7.org/CodeSystem/";
    private const string PatientUrl = "urn:uuid:00000000-0000-4000-8000-000000000001";
    private const string CompositionUrl = "urn:uuid:00000000-0000-4000-8000-000000000002";
    private const string EntryUrl = "urn:uuid:00000000-0000-4000-8000-000000000003";
    private const string RelativeUrl = "urn:uuid:00000000-0000-4000-8000-000000000004";

    // Letters of French stay readable; what is markup in JSON inside of HTML is nobody's concern here.
    private static readonly JsonSerializerOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document. The request was checked.</summary>
    public static byte[] Write(AddOwnEntryRequest request, RecordMessage record, bool byPatient)
    {
        var said = Of(request);
        List<JsonNode> entries =
        [
            Entry(CompositionUrl, Composition(request, said, byPatient)),
            Entry(PatientUrl, PatientOf(record)),
            Entry(EntryUrl, said.Resource),
        ];
        if (!byPatient)
        {
            entries.Add(Entry(RelativeUrl, new JsonObject
            {
                ["resourceType"] = "RelatedPerson",
                ["patient"] = Reference(PatientUrl),

                // Who it was is the depositor of the document; a name here would be a claim of the document itself.
                ["name"] = new JsonArray(new JsonObject { ["family"] = "Entourage du patient" }),
            }));
        }

        JsonObject bundle = new()
        {
            ["resourceType"] = "Bundle",
            ["identifier"] = new JsonObject { ["system"] = "urn:ietf:rfc:3986", ["value"] = $"urn:uuid:{request.RequestId}" },
            ["type"] = "document",
            ["timestamp"] = Time(request.StateTime.ToDateTimeOffset()),
            ["entry"] = new JsonArray([.. entries]),
        };
        return Encoding.UTF8.GetBytes(bundle.ToJsonString(options));
    }

    private static JsonObject Composition(AddOwnEntryRequest request, Said said, bool byPatient) => new()
    {
        ["resourceType"] = "Composition",
        ["language"] = "fr-FR",
        ["status"] = "final",
        ["type"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = Types, ["code"] = said.DocumentType }) },
        ["subject"] = Reference(PatientUrl),
        ["date"] = Time(request.StateTime.ToDateTimeOffset()),
        ["author"] = new JsonArray(Reference(byPatient ? PatientUrl : RelativeUrl)),
        ["title"] = said.Title,
        ["confidentiality"] = "N",
        ["event"] = new JsonArray(new JsonObject
        {
            ["period"] = new JsonObject { ["start"] = Time(request.StateTime.ToDateTimeOffset()) },
        }),
        ["section"] = new JsonArray(new JsonObject
        {
            ["title"] = said.SectionTitle,
            ["code"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = Loinc, ["code"] = said.SectionCode }) },
            ["text"] = new JsonObject
            {
                ["status"] = "generated",
                ["div"] = "<div xmlns=\"http://www.w3.org/1999/xhtml\">"
                    + string.Concat(said.Lines.Where(line => line.Length > 0).Select(line => $"<p>{SecurityElement.Escape(line)}</p>"))
                    + "</div>",
            },
            ["entry"] = new JsonArray(Reference(EntryUrl)),
        }),
    };

    private static Said Of(AddOwnEntryRequest request) => request.EntryCase switch
    {
        AddOwnEntryRequest.EntryOneofCase.Allergy => Of(request.Allergy, request.StateTime.ToDateTimeOffset()),
        AddOwnEntryRequest.EntryOneofCase.Treatment => Of(request.Treatment, request.StateTime.ToDateTimeOffset()),
        AddOwnEntryRequest.EntryOneofCase.Measure => Of(
            request.Measure, (request.Measure.MeasureTime ?? request.StateTime).ToDateTimeOffset()),
        _ => Of(request.Vaccination),
    };

    private static Said Of(OwnAllergy allergy, DateTimeOffset stated)
    {
        JsonObject resource = new()
        {
            ["resourceType"] = "AllergyIntolerance",
            ["clinicalStatus"] = Status("allergyintolerance-clinical", "active"),
            ["verificationStatus"] = Status("allergyintolerance-verification", "unconfirmed"),
            ["type"] = allergy.Kind == OwnAllergyKind.Allergy ? "allergy" : "intolerance",
            ["code"] = Concept(allergy.Text, allergy.Code),
            ["patient"] = Reference(PatientUrl),
            ["recordedDate"] = Time(stated),
            ["asserter"] = Reference(PatientUrl),
        };
        Add(resource, "onsetDateTime", allergy.SinceDate);
        if (allergy.Reaction.Length > 0)
        {
            JsonObject reaction = new() { ["manifestation"] = new JsonArray(new JsonObject { ["text"] = allergy.Reaction }) };
            Add(reaction, "severity", allergy.Severity switch
            {
                OwnSeverity.Mild => "mild",
                OwnSeverity.Moderate => "moderate",
                OwnSeverity.Severe => "severe",
                _ => "",
            });
            resource["reaction"] = new JsonArray(reaction);
        }

        return new Said(
            "DOCPAT08", "Déclaration du patient : allergie ou intolérance", "48765-2", "Allergies et intolérances",
            [allergy.Text, allergy.Reaction, allergy.SinceDate], resource);
    }

    private static Said Of(OwnTreatment treatment, DateTimeOffset stated)
    {
        JsonObject resource = new()
        {
            ["resourceType"] = "MedicationStatement",
            ["status"] = treatment.EndDate.Length > 0 ? "completed" : "active",
            ["medicationCodeableConcept"] = Concept(treatment.Text, treatment.Code),
            ["subject"] = Reference(PatientUrl),
            ["dateAsserted"] = Time(stated),
            ["informationSource"] = Reference(PatientUrl),
        };
        if (treatment.StartDate.Length + treatment.EndDate.Length > 0)
        {
            JsonObject period = [];
            Add(period, "start", treatment.StartDate);
            Add(period, "end", treatment.EndDate);
            resource["effectivePeriod"] = period;
        }

        if (treatment.Reason.Length > 0)
        {
            resource["reasonCode"] = new JsonArray(new JsonObject { ["text"] = treatment.Reason });
        }

        if (treatment.WithoutPrescription)
        {
            resource["note"] = new JsonArray(new JsonObject { ["text"] = "Pris sans ordonnance (automédication)." });
        }

        if (treatment.Dose.Length > 0)
        {
            resource["dosage"] = new JsonArray(new JsonObject { ["text"] = treatment.Dose });
        }

        return new Said(
            "DOCPAT02", "Déclaration du patient : traitement", "10160-0", "Traitements",
            [
                treatment.Text, treatment.Dose, treatment.Reason,
                treatment.WithoutPrescription ? "Pris sans ordonnance (automédication)." : "",
                $"{treatment.StartDate} - {treatment.EndDate}".Trim(' ', '-'),
            ],
            resource);
    }

    private static Said Of(OwnMeasure measure, DateTimeOffset measured)
    {
        var text = measure.Code.Display.Length > 0 ? measure.Code.Display : measure.Code.Code;
        JsonObject resource = new()
        {
            ["resourceType"] = "Observation",
            ["status"] = "final",
            ["code"] = Concept(text, measure.Code),
            ["subject"] = Reference(PatientUrl),
            ["effectiveDateTime"] = Time(measured),
            ["performer"] = new JsonArray(Reference(PatientUrl)),
            ["valueQuantity"] = new JsonObject
            {
                ["value"] = JsonNode.Parse(measure.Value),
                ["unit"] = measure.Unit,
                ["system"] = Ucum,
                ["code"] = measure.Unit,
            },
        };
        return new Said(
            "DOCPAT08", "Déclaration du patient : mesure", "8716-3", "Mesures", [$"{text} : {measure.Value} {measure.Unit}"], resource);
    }

    private static Said Of(OwnVaccination vaccination)
    {
        JsonObject resource = new()
        {
            ["resourceType"] = "Immunization",
            ["status"] = "completed",
            ["vaccineCode"] = Concept(vaccination.Text, vaccination.Code),
            ["patient"] = Reference(PatientUrl),
            ["occurrenceDateTime"] = vaccination.Date,
            ["primarySource"] = false,
        };
        Add(resource, "lotNumber", vaccination.Lot);
        return new Said(
            "DOCPAT06", "Déclaration du patient : vaccination", "11369-6", "Vaccinations",
            [vaccination.Text, vaccination.Date, vaccination.Lot], resource);
    }

    private static JsonObject PatientOf(RecordMessage record) => new()
    {
        ["resourceType"] = "Patient",
        ["identifier"] = new JsonArray(new JsonObject
        {
            ["system"] = $"urn:oid:{record.Ins.System}",
            ["value"] = record.Ins.Number,
        }),
        ["name"] = new JsonArray(new JsonObject
        {
            ["use"] = "official",
            ["family"] = record.Traits.BirthFamilyName,
            ["given"] = new JsonArray([.. record.Traits.BirthGivenNames.Select(name => JsonValue.Create(name))]),
        }),
        ["gender"] = record.Traits.Sex switch
        {
            Sex.Male => "male",
            Sex.Female => "female",
            _ => "unknown",
        },
        ["birthDate"] = record.Traits.BirthDate,
    };

    private static JsonObject Concept(string text, Coding? code)
    {
        JsonObject concept = [];
        if (code is not null)
        {
            JsonObject coding = new() { ["system"] = FhirSystems.UriOf(code.System), ["code"] = code.Code };
            Add(coding, "display", code.Display);
            concept["coding"] = new JsonArray(coding);
        }

        concept["text"] = text;
        return concept;
    }

    private static JsonObject Status(string list, string code) =>
        new() { ["coding"] = new JsonArray(new JsonObject { ["system"] = Terms + list, ["code"] = code }) };

    private static JsonObject Reference(string url) => new() { ["reference"] = url };

    private static JsonObject Entry(string url, JsonObject resource) => new() { ["fullUrl"] = url, ["resource"] = resource };

    private static void Add(JsonObject owner, string name, string value)
    {
        if (value.Length > 0)
        {
            owner[name] = value;
        }
    }

    private static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>What is said, in words and as a resource, and which document it makes.</summary>
    private sealed record Said(
        string DocumentType, string Title, string SectionCode, string SectionTitle, IReadOnlyList<string> Lines, JsonObject Resource);
}
