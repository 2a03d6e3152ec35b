using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dmp.Samples;

/// <summary>
/// A patient summary (LOINC 60591-5) as a FHIR R4 document in JSON: a composition with two sections of one entry each.
/// </summary>
public static class PatientSummary
{
    private const string Subject = "urn:uuid:00000000-0000-4000-8000-000000000001";
    private const string Role = "urn:uuid:00000000-0000-4000-8000-000000000002";
    private const string Physician = "urn:uuid:00000000-0000-4000-8000-000000000003";
    private const string Medicine = "urn:uuid:00000000-0000-4000-8000-000000000004";
    private const string Allergy = "urn:uuid:00000000-0000-4000-8000-000000000005";
    private const string Result = "urn:uuid:00000000-0000-4000-8000-000000000006";

    private static readonly SampleMedicine kardegic = new("64755969", "KARDEGIC 75 mg, poudre pour solution buvable en sachet-dose");
    private static readonly SampleMedicine coumadine = new("63245753", "COUMADINE 5 mg, comprimé sécable");

    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true };

    /// <summary>Makes the bytes of a summary.</summary>
    /// <param name="patient">Whom it is about.</param>
    /// <param name="author">Who signs.</param>
    /// <param name="identifier">Its own UUID: a depositor uses one once.</param>
    /// <param name="created">When it was written.</param>
    public static byte[] Create(SamplePatient patient, SampleAuthor author, Guid identifier, DateTimeOffset created) => Create(
        patient,
        author,
        identifier,
        created,
        (Section("Traitements", "10160-0", "KARDEGIC 75 mg, un sachet par jour", Medicine), Entry(Medicine, MedicationStatement(kardegic))),
        (Section("Allergies", "48765-2", "Allergie à la pénicilline : urticaire", Allergy), Entry(Allergy, AllergyIntolerance())));

    /// <summary>Makes the bytes of another one: an anticoagulant was begun, and its INR measured on that day.</summary>
    /// <param name="patient">Whom it is about.</param>
    /// <param name="author">Who signs.</param>
    /// <param name="identifier">Its own UUID.</param>
    /// <param name="created">When it was written, and the specimen taken.</param>
    public static byte[] CreateOfAnticoagulation(
        SamplePatient patient, SampleAuthor author, Guid identifier, DateTimeOffset created) => Create(
        patient,
        author,
        identifier,
        created,
        (Section("Traitements", "10160-0", "COUMADINE 5 mg, selon INR", Medicine), Entry(Medicine, MedicationStatement(coumadine))),
        (Section("Résultats", "30954-2", "INR 2,6", Result), Entry(Result, Inr(created))));

    private static byte[] Create(
        SamplePatient patient,
        SampleAuthor author,
        Guid identifier,
        DateTimeOffset created,
        params (JsonObject Section, JsonObject Entry)[] content)
    {
        ArgumentNullException.ThrowIfNull(patient);
        ArgumentNullException.ThrowIfNull(author);
        JsonObject bundle = new()
        {
            ["resourceType"] = "Bundle",
            ["type"] = "document",
            ["identifier"] = Identifier("urn:ietf:rfc:3986", $"urn:uuid:{identifier}"),
            ["timestamp"] = created.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
            ["entry"] = new JsonArray(
            [
                Entry("urn:uuid:00000000-0000-4000-8000-000000000000", Composition(created, content.Select(part => part.Section))),
                Entry(Subject, Patient(patient)),
                Entry(Role, PractitionerRole(author)),
                Entry(Physician, Practitioner(author)),
                .. content.Select(part => part.Entry),
            ]),
        };
        return JsonSerializer.SerializeToUtf8Bytes(bundle, indented);
    }

    private static JsonObject Composition(DateTimeOffset created, IEnumerable<JsonObject> sections) => new()
    {
        ["resourceType"] = "Composition",
        ["language"] = "fr-FR",
        ["status"] = "final",
        ["type"] = Concept("http://loinc.org", "60591-5", "Patient summary Document"),
        ["title"] = "Synthèse médicale",
        ["confidentiality"] = "N",
        ["date"] = created.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["subject"] = Reference(Subject),
        ["author"] = new JsonArray(Reference(Role)),
        ["section"] = new JsonArray([.. sections]),
    };

    private static JsonObject Section(string title, string code, string text, string entry) => new()
    {
        ["title"] = title,
        ["code"] = Concept("http://loinc.org", code, title),
        ["text"] = new JsonObject
        {
            ["status"] = "generated",
            ["div"] = $"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{text}</p></div>",
        },
        ["entry"] = new JsonArray(Reference(entry)),
    };

    private static JsonObject Patient(SamplePatient patient) => new()
    {
        ["resourceType"] = "Patient",
        ["identifier"] = new JsonArray(Identifier($"urn:oid:{patient.InsOid}", patient.Ins)),
        ["name"] = new JsonArray(Name(patient.FamilyName, patient.GivenNames.Split(' '))),
        ["gender"] = patient.Sex == "F" ? "female" : "male",
        ["birthDate"] = patient.BirthDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    private static JsonObject PractitionerRole(SampleAuthor author) => new()
    {
        ["resourceType"] = "PractitionerRole",
        ["practitioner"] = Reference(Physician),
        ["organization"] = new JsonObject
        {
            ["identifier"] = Identifier("urn:oid:1.2.250.1.71.4.2.2", author.StructureId),
            ["display"] = author.StructureName,
        },
    };

    private static JsonObject Practitioner(SampleAuthor author) => new()
    {
        ["resourceType"] = "Practitioner",
        ["identifier"] = new JsonArray(Identifier("urn:oid:1.2.250.1.71.4.2.1", author.ProfessionalId)),
        ["name"] = new JsonArray(Name(author.FamilyName, [author.GivenName])),
    };

    private static JsonObject MedicationStatement(SampleMedicine medicine) => new()
    {
        ["resourceType"] = "MedicationStatement",
        ["status"] = "active",
        ["medicationCodeableConcept"] = Concept("urn:oid:1.2.250.1.213.2.3.1", medicine.Cis, medicine.Name),
        ["subject"] = Reference(Subject),
    };

    private static JsonObject Inr(DateTimeOffset taken) => new()
    {
        ["resourceType"] = "Observation",
        ["status"] = "final",
        ["category"] = new JsonArray(
            Concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")),
        ["code"] = Concept("http://loinc.org", "6301-6", "INR"),
        ["subject"] = Reference(Subject),
        ["effectiveDateTime"] = taken.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["valueQuantity"] = new JsonObject { ["value"] = 2.6m, ["system"] = "http://unitsofmeasure.org", ["code"] = "1" },
    };

    private static JsonObject AllergyIntolerance() => new()
    {
        ["resourceType"] = "AllergyIntolerance",
        ["clinicalStatus"] = Concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", "Active"),
        ["code"] = new JsonObject { ["text"] = "Pénicilline" },
        ["patient"] = Reference(Subject),
        ["reaction"] = new JsonArray(new JsonObject
        {
            ["manifestation"] = new JsonArray(new JsonObject { ["text"] = "Urticaire" }),
        }),
    };

    private static JsonObject Entry(string address, JsonObject resource) => new() { ["fullUrl"] = address, ["resource"] = resource };

    private static JsonObject Reference(string address) => new() { ["reference"] = address };

    private static JsonObject Identifier(string system, string value) => new() { ["system"] = system, ["value"] = value };

    private static JsonObject Name(string family, IEnumerable<string> given) => new()
    {
        ["use"] = "official",
        ["family"] = family,
        ["given"] = new JsonArray([.. given.Select(name => (JsonNode)name)]),
    };

    private static JsonObject Concept(string system, string code, string display) => new()
    {
        ["coding"] = new JsonArray(new JsonObject { ["system"] = system, ["code"] = code, ["display"] = display }),
    };
}
