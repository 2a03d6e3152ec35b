using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Dmp.Samples;

/// <summary>
/// Builds CDA R2 documents with the header the CI-SIS asks of every document (<i>structuration minimale</i>). No model of
/// content is declared: the sections hold text, and the entries that say it in codes are few.
/// </summary>
internal sealed class ClinicalDocument(SamplePatient patient, SampleAuthor author, DocumentHead head)
{
    private const string SexSystem = "2.16.840.1.113883.5.1";
    private const string ProfessionalIdSystem = "1.2.250.1.71.4.2.1";
    private const string StructureIdSystem = "1.2.250.1.71.4.2.2";
    private const string CisisHeader = "1.2.250.1.213.1.1.1.1";
    private const string UnstructuredBodyTemplate = "1.3.6.1.4.1.19376.1.2.20";

    private static readonly XNamespace hl7 = "urn:hl7-org:v3";
    private static readonly XNamespace schemaInstance = "http://www.w3.org/2001/XMLSchema-instance";

    /// <summary>Level 3: a structured body with readable sections.</summary>
    public byte[] WithSections(IEnumerable<Section> sections) => Write(
        Element("structuredBody", sections.Select(section => Element("component", Element(
            "section",
            Code(section.LoincCode, DocumentTypes.Loinc, section.Title),
            Element("title", section.Title),
            Element("text", section.Rows is [] ? Element("paragraph", section.Text) : Table(section)),
            section.Medicines.Select((medicine, row) => Element("entry", Medication(medicine, row, section.Mood))),
            section.Results.Select((result, row) => Element("entry", Observation(result, row, head.ServiceStartTime))))))));

    /// <summary>Level 1: a file in base 64 instead of a body.</summary>
    public byte[] WithFile(string mediaType, byte[] content) => Write(
        Element(
            "nonXMLBody",
            Element(
                "text", new XAttribute("mediaType", mediaType), new XAttribute("representation", "B64"), Convert.ToBase64String(content))),
        UnstructuredBodyTemplate);

    private byte[] Write(XElement body, params string[] templates)
    {
        var document = Element(
            "ClinicalDocument",
            With("realmCode", ("code", "FR")),
            With("typeId", ("root", "2.16.840.1.113883.1.3"), ("extension", "POCD_HD000040")),
            new[] { "2.16.840.1.113883.2.8.2.1", CisisHeader }.Concat(templates).Select(root => With("templateId", ("root", root))),
            With("id", ("root", head.UniqueId)),
            Code(head.TypeCode, head.TypeSystem, head.Title),
            Element("title", head.Title),
            Time("effectiveTime", head.CreationTime),
            With("confidentialityCode", ("code", "N"), ("displayName", "Normal"), ("codeSystem", "2.16.840.1.113883.5.25")),
            With("languageCode", ("code", "fr-FR")),
            With("setId", ("root", head.UniqueId)),
            With("versionNumber", ("value", "1")),
            RecordTarget(),
            Element("author", Time("time", head.CreationTime), AssignedAuthor()),
            Element("custodian", Element("assignedCustodian", Structure("representedCustodianOrganization"))),
            Element("legalAuthenticator", Time("time", head.CreationTime), With("signatureCode", ("code", "S")), AssignedEntity()),
            Element("documentationOf", Element("serviceEvent", Element("effectiveTime", Time("low", head.ServiceStartTime)), Performer())),
            Element("componentOf", Element(
                "encompassingEncounter",
                Element("effectiveTime", Time("low", head.ServiceStartTime)),
                Element("location", Element(
                    "healthCareFacility", With("code", ("code", author.SectorCode), ("codeSystem", "1.2.250.1.71.4.2.4")))))),
            Element("component", body));
        using var buffer = new MemoryStream();
        var settings = new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, IndentChars = "  ", NewLineChars = "\n" };
        using (var xml = XmlWriter.Create(buffer, settings))
        {
            document.Save(xml);
        }

        return buffer.ToArray();
    }

    private XElement RecordTarget()
    {
        var firstGiven = patient.GivenNames.Split(' ')[0];
        return Element("recordTarget", Element(
            "patientRole",
            With("id", ("extension", patient.Ins), ("root", patient.InsOid)),
            Element("addr", new XAttribute("nullFlavor", "NASK")),
            Element("telecom", new XAttribute("nullFlavor", "NASK")),
            Element(
                "patient",
                Element(
                    "name",
                    Element("family", new XAttribute("qualifier", "BR"), patient.FamilyName),
                    Element("given", patient.GivenNames),
                    Element("given", new XAttribute("qualifier", "BR"), firstGiven)),
                With("administrativeGenderCode", ("code", patient.Sex), ("codeSystem", SexSystem)),
                With("birthTime", ("value", patient.BirthDate.ToString("yyyyMMdd", CultureInfo.InvariantCulture))),
                Element("birthplace", Element("place", Element("addr", Element("county", patient.BirthPlace)))))));
    }

    private XElement AssignedAuthor() => Element(
        "assignedAuthor",
        ProfessionalId(),
        With("code", ("code", ProfessionAndSpecialty()), ("codeSystem", "1.2.250.1.213.1.1.4.5")),
        Person(),
        Structure("representedOrganization"));

    private XElement AssignedEntity() => Element("assignedEntity", ProfessionalId(), Person(), Structure("representedOrganization"));

    private XElement Performer() => Element("performer", new XAttribute("typeCode", "PRF"), AssignedEntity());

    private XElement ProfessionalId() => With("id", ("root", ProfessionalIdSystem), ("extension", author.ProfessionalId));

    private XElement Person() =>
        Element("assignedPerson", Element("name", Element("family", author.FamilyName), Element("given", author.GivenName)));

    private XElement Structure(string name) =>
        Element(name, With("id", ("root", StructureIdSystem), ("extension", author.StructureId)), Element("name", author.StructureName));

    private string ProfessionAndSpecialty() =>
        author.SpecialtyCode is null ? $"G15_{author.ProfessionCode}" : $"G15_{author.ProfessionCode}/{author.SpecialtyCode}";

    private static XElement Table(Section section) => Element(
        "table",
        Element("thead", Element("tr", section.Columns.Select(column => Element("th", column)))),
        Element("tbody", section.Rows.Select((row, number) => Element(
            "tr", new XAttribute("ID", RowId(number)), row.Select(cell => Element("td", cell))))));

    private static string RowId(int row) => string.Create(CultureInfo.InvariantCulture, $"ligne-{row + 1}");

    private static XElement Reference(int row) => Element("text", With("reference", ("value", $"#{RowId(row)}")));

    /// <summary>The system of the codes of products in the public medicines database (CIS).</summary>
    private const string Cis = "1.2.250.1.213.2.3.1";

    /// <summary>IHE PCC Medications.</summary>
    private static XElement Medication(SampleMedicine medicine, int row, string mood) => Element(
        "substanceAdministration",
        new XAttribute("classCode", "SBADM"),
        new XAttribute("moodCode", mood),
        With("templateId", ("root", "1.3.6.1.4.1.19376.1.5.3.1.4.7")),
        Reference(row),
        With("statusCode", ("code", mood == "INT" ? "active" : "completed")),
        Element("consumable", Element("manufacturedProduct", Element(
            "manufacturedMaterial", Code(medicine.Cis, Cis, medicine.Name), Element("name", medicine.Name)))));

    /// <summary>IHE XD-LAB Laboratory Observation.</summary>
    private static XElement Observation(LabResult result, int row, DateTimeOffset time) => Element(
        "observation",
        new XAttribute("classCode", "OBS"),
        new XAttribute("moodCode", "EVN"),
        With("templateId", ("root", "1.3.6.1.4.1.19376.1.3.1.6")),
        Code(result.LoincCode, DocumentTypes.Loinc, result.Name),
        Reference(row),
        With("statusCode", ("code", "completed")),
        Time("effectiveTime", time),
        Element(
            "value",
            new XAttribute(schemaInstance + "type", "PQ"),
            new XAttribute("value", result.Value),
            new XAttribute("unit", result.Unit)));

    private static XElement Code(string code, string system, string display) =>
        With("code", ("code", code), ("codeSystem", system), ("displayName", display));

    private static XElement Time(string name, DateTimeOffset time) =>
        With(name, ("value", time.ToString("yyyyMMddHHmmsszzz", CultureInfo.InvariantCulture)
            .Replace(":", "", StringComparison.Ordinal)));

    private static XElement With(string name, params (string Name, string Value)[] attributes) =>
        Element(name, attributes.Select(attribute => new XAttribute(attribute.Name, attribute.Value)));

    private static XElement Element(string name, params object?[] content) => new(hl7 + name, content);
}

/// <summary>What the head of a generated document says.</summary>
internal sealed record DocumentHead(
    string TypeCode, string TypeSystem, string Title, DateTimeOffset CreationTime, DateTimeOffset ServiceStartTime, string UniqueId);

/// <summary>A product by its code CIS, and its name.</summary>
internal sealed record SampleMedicine(string Cis, string Name);

/// <summary>A section of a structured body: a paragraph, or a table when there are rows.</summary>
internal sealed record Section(string LoincCode, string Title)
{
    public string Text { get; init; } = "";

    public IReadOnlyList<string> Columns { get; init; } = [];

    public IReadOnlyList<IReadOnlyList<string>> Rows { get; init; } = [];

    /// <summary>Medicines that the first rows name, for the entries.</summary>
    public IReadOnlyList<SampleMedicine> Medicines { get; init; } = [];

    /// <summary>Whether they are taken (<c>EVN</c>) or prescribed (<c>INT</c>).</summary>
    public string Mood { get; init; } = "EVN";

    /// <summary>Results that the first rows give, for the entries.</summary>
    public IReadOnlyList<LabResult> Results { get; init; } = [];
}

/// <summary>A result of a laboratory: a number with a point, and its unit in UCUM.</summary>
internal sealed record LabResult(string LoincCode, string Name, string Value, string Unit);
