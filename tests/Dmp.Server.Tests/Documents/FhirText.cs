using System.Security;
using System.Text;
using System.Text.Json.Nodes;
using Dmp.Server.Tests.Fixtures;

namespace Dmp.Server.Tests.Documents;

/// <summary>A small patient summary in FHIR about a patient, with what its tests change.</summary>
internal sealed record FhirText
{
    public required TestPatient Patient { get; init; }

    public required TestProfessional Author { get; init; }

    public string Id { get; init; } = $"urn:uuid:{Guid.NewGuid()}";

    public string Title { get; init; } = "Synthèse médicale";

    public string TypeCode { get; init; } = "60591-5";

    public string FamilyName { get; init; } = "ESSAI";

    public string? BirthDate { get; init; }

    public string? InsNumber { get; init; }

    /// <summary>The national identity; null for none.</summary>
    public string? InsSystem { get; init; } = $"urn:oid:{TestPatient.InsSystem}";

    /// <summary>Unique id of the document that this one replaces.</summary>
    public string? Replaces { get; init; }

    public string BundleType { get; init; } = "document";

    public string Status { get; init; } = "final";

    /// <summary>The markup of the section of treatments.</summary>
    public string Narrative { get; init; } = "<p>PLAVIX 75 mg le matin</p>";

    /// <summary>More members of the composition, each with a comma behind it.</summary>
    public string Composition { get; init; } = "";

    /// <summary>More members of the bundle, each with a comma behind it.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>More entries, each with a comma before it.</summary>
    public string Entries { get; init; } = "";

    public byte[] Bytes => Encoding.UTF8.GetBytes(ToString());

    /// <summary>The same in XML.</summary>
    public byte[] Xml => Encoding.UTF8.GetBytes(ToXml());

    public override string ToString()
    {
        var given = string.Join(',', Patient.Traits.BirthGivenNames.Select(name => $"\"{name}\""));
        var identity = InsSystem is null
            ? ""
            : $$"""
                "identifier":[{"system":"{{InsSystem}}","value":"{{InsNumber ?? Patient.Number}}"}],
                """;
        var related = Replaces is null
            ? ""
            : $$"""
                "relatesTo":[{"code":"replaces","targetIdentifier":{"system":"urn:ietf:rfc:3986","value":"{{Replaces}}"} }],
                """;
        var markup = JsonValue.Create($"<div xmlns=\"http://www.w3.org/1999/xhtml\">{Narrative}</div>").ToJsonString();
        return $$$"""
            {"resourceType":"Bundle","type":"{{{BundleType}}}","timestamp":"2026-05-04T12:00:00+02:00",{{{Bundle}}}
            "identifier":{"system":"urn:ietf:rfc:3986","value":"{{{Id}}}"},"entry":[
            {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{"resourceType":"Composition","status":"{{{Status}}}",
              "language":"fr-FR",{{{Composition}}}
              "type":{"coding":[{"system":"http://loinc.org","code":"{{{TypeCode}}}"}]},"title":"{{{Title}}}","confidentiality":"N",
              "date":"2026-05-04","subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000002"},
              "author":[{"reference":"urn:uuid:00000000-0000-4000-8000-000000000003"}],{{{related}}}
              "event":[{"period":{"start":"2026-05-01T08:00:00+02:00","end":"2026-05-04T10:00:00+02:00"}}],
              "section":[{"title":"Traitements","code":{"coding":[{"system":"http://loinc.org","code":"10160-0"}]},
                "text":{"status":"generated","div":{{{markup}}}},
                "entry":[{"reference":"urn:uuid:00000000-0000-4000-8000-000000000005"}]}]}},
            {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000002","resource":{"resourceType":"Patient",{{{identity}}}
              "name":[{"use":"official","family":"{{{FamilyName}}}","given":[{{{given}}}]}],
              "birthDate":"{{{BirthDate ?? Patient.Traits.BirthDate}}}","gender":"female"}},
            {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000003","resource":{"resourceType":"PractitionerRole",
              "practitioner":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000004"},
              "organization":{"display":"CABINET D'ESSAI",
                "identifier":{"system":"urn:oid:1.2.250.1.71.4.2.2","value":"{{{Author.StructureId}}}"} } } },
            {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000004","resource":{"resourceType":"Practitioner",
              "identifier":[{"system":"urn:oid:1.2.250.1.71.4.2.1","value":"{{{Author.Id}}}"}],
              "name":[{"family":"{{{Author.FamilyName}}}","given":["CLAIRE"]}]}},
            {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000005","resource":{"resourceType":"MedicationStatement","status":"active",
              "medicationCodeableConcept":{"coding":[{"system":"urn:oid:1.2.250.1.213.2.3.1","code":"63564053",
                "display":"PLAVIX 75 mg, comprimé pelliculé"}]},
              "subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000002"}}
            }{{{Entries}}}
            ]}
            """;
    }

    private string ToXml()
    {
        var xml = new StringBuilder();
        Resource(xml, JsonNode.Parse(ToString())!.AsObject(), " xmlns=\"http://hl7.org/fhir\"");
        return xml.ToString();
    }

    private static void Resource(StringBuilder xml, JsonObject resource, string space = "")
    {
        var type = resource["resourceType"]!.GetValue<string>();
        xml.Append('<').Append(type).Append(space).Append('>');
        Members(xml, resource);
        xml.Append("</").Append(type).Append('>');
    }

    private static void Members(StringBuilder xml, JsonObject members)
    {
        foreach (var (name, value) in members.Where(member => member.Key != "resourceType"))
        {
            foreach (var one in value is JsonArray array ? [.. array] : new[] { value })
            {
                Element(xml, name, one!);
            }
        }
    }

    private static void Element(StringBuilder xml, string name, JsonNode value)
    {
        if (name == "div")
        {
            xml.Append(value.GetValue<string>());
        }
        else if (value is not JsonObject members)
        {
            var text = value is JsonValue plain && plain.TryGetValue<string>(out var words) ? words : value.ToJsonString();
            xml.Append('<').Append(name).Append(" value=\"").Append(SecurityElement.Escape(text)).Append("\"/>");
        }
        else
        {
            xml.Append('<').Append(name).Append('>');
            if (members.ContainsKey("resourceType"))
            {
                Resource(xml, members);
            }
            else
            {
                Members(xml, members);
            }

            xml.Append("</").Append(name).Append('>');
        }
    }
}
