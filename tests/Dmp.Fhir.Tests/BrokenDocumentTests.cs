using System.Text;
using CsCheck;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>Bytes that are no document, or not quite one: each is answered by a result.</summary>
public sealed class BrokenDocumentTests
{
    private const string Observation =
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50,"unit":"g"}}""";

    [Theory]
    [InlineData("", FhirFaultKind.Empty)]
    [InlineData(" \n ", FhirFaultKind.Empty)]
    [InlineData("no document", FhirFaultKind.UnknownFormat)]
    [InlineData("[]", FhirFaultKind.UnknownFormat)]
    [InlineData("{\"resourceType\":\"Bundle\"", FhirFaultKind.Truncated)]
    [InlineData("{\"resourceType\":\"Bundle\",}", FhirFaultKind.NotWellFormed)]
    [InlineData("{\"resourceType\":\"Bundle\"} {}", FhirFaultKind.NotWellFormed)]
    [InlineData("{}", FhirFaultKind.WrongRoot)]
    [InlineData("{\"resourceType\":\"Patient\"}", FhirFaultKind.WrongRoot)]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"collection\"}", FhirFaultKind.NotADocument)]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"document\"}", FhirFaultKind.NoComposition)]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"document\",\"type\":\"batch\"}", FhirFaultKind.RepeatedName)]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"\\ud800\"}", FhirFaultKind.Encoding)]
    [InlineData("<Bundle xmlns=\"http://hl7.org/fhir\">", FhirFaultKind.Truncated)]
    [InlineData("<Bundle xmlns=\"http://hl7.org/fhir\"></Bundel>", FhirFaultKind.NotWellFormed)]
    [InlineData("<Bundle xmlns=\"urn:hl7-org:v3\"/>", FhirFaultKind.WrongRoot)]
    [InlineData("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>", FhirFaultKind.WrongRoot)]
    [InlineData("<!DOCTYPE a [<!ENTITY b \"c\">]><Bundle xmlns=\"http://hl7.org/fhir\">&b;</Bundle>", FhirFaultKind.DocumentType)]
    [InlineData("<?xml-stylesheet href=\"http://x\"?><Bundle xmlns=\"http://hl7.org/fhir\"/>", FhirFaultKind.Stylesheet)]
    [InlineData("<?other x?><Bundle xmlns=\"http://hl7.org/fhir\"><?other x?></Bundle>", FhirFaultKind.NotADocument)]
    [InlineData("<Bundle xmlns=\"http://hl7.org/fhir\">&b;</Bundle>", FhirFaultKind.NotWellFormed)]
    [InlineData("<?xml version=\"1.0\" encoding=\"utf-7\"?><Bundle/>", FhirFaultKind.Encoding)]
    public void What_is_no_document_is_told(string text, FhirFaultKind kind)
    {
        HostileTests.Refused(kind, Documents.Facts(text));
        var header = Documents.Header(text);
        Assert.Null(header.Header);
        Assert.Equal(kind, header.Faults[^1].Kind);
    }

    /// <summary>One software would show another patient than the next one.</summary>
    [Theory]
    [InlineData("\"subject\":{", "\"subject\":[{\"reference\":\"#other\"},{", "}],\"author\"", "},\"author\"")]
    [InlineData("\"birthDate\":\"1980-02-29\"", "\"birthDate\":[\"1980-02-29\",\"1931-01-01\"]")]
    [InlineData("\"title\":\"Synthèse\"", "\"title\":[\"Synthèse\",\"Autre\"]")]
    [InlineData("\"type\":\"document\"", "\"type\":[\"document\",\"message\"]")]
    [InlineData("urn:uuid:10000000-0000-4000-8000-000000000000", Documents.PatientAddress)]
    [InlineData("\"subject\":{\"reference\":\"", "\"subject\":{\"reference\":[\"#other\",\"", "\"]},\"author\"", "\"},\"author\"")]
    [InlineData("\"value\":\"A1\"", "\"value\":[\"A1\",\"A2\"]")]
    [InlineData(
        "\"name\":[{\"family\"", "\"identifier\":[{\"system\":\"urn:oid:1.2.3\",\"value\":[\"1\",\"2\"]}],\"name\":[{\"family\"")]
    public void What_decides_whose_document_it_is_stands_there_once(
        string written, string changed, string after = "", string before = "")
    {
        var json = Documents.Bundle("30954-2", Observation).Replace(written, changed, StringComparison.Ordinal);
        json = before.Length > 0 ? json.Replace(before, after, StringComparison.Ordinal) : json;
        HostileTests.Refused(FhirFaultKind.Repeated, Documents.Facts(json));
        Assert.Equal(FhirFaultKind.Repeated, Documents.Header(json).Faults[^1].Kind);
    }

    /// <summary>Whoever shows the document shows the first one.</summary>
    [Fact]
    public void Another_composition_does_not_stand_for_the_first_one()
    {
        const string second = """{"resourceType":"Composition","status":"final","title":"Autre"}""";
        var json = Documents.Bundle("30954-2", Observation, second);
        Assert.Equal("Synthèse", Documents.Header(json).Header!.Title);
        var hidden = json.Replace(
            "{\"resourceType\":\"Composition\",\"status\":\"final\",\n", "{\"resourceType\":\"Composition\",\"implicitRules\":\"urn:x\",\n",
            StringComparison.Ordinal);
        Assert.NotEqual(json, hidden);
        HostileTests.Refused(FhirFaultKind.Repeated, Documents.Facts(hidden));
    }

    /// <summary>An identifier beside the reference names the patient, too.</summary>
    [Fact]
    public void An_identifier_of_the_subject_is_one_of_the_patient()
    {
        var json = Documents.Bundle("30954-2", Observation).Replace(
            "\"subject\":{", "\"subject\":{\"identifier\":{\"system\":\"urn:oid:1.2.250.1.213.1.4.8\",\"value\":\"279035121518989\"},",
            StringComparison.Ordinal);
        Assert.Equal("279035121518989", Assert.Single(Documents.Header(json).Header!.Patient!.InsIds).Extension);
    }

    /// <summary>An extension beside a value is no second value.</summary>
    [Fact]
    public void Extensions_of_a_value_are_no_second_one()
    {
        const string extended = "\"_birthDate\":{\"extension\":[{\"url\":\"urn:x\",\"valueString\":\"x\"}]},\"birthDate\"";
        var json = Documents.Bundle("30954-2", Observation).Replace("\"birthDate\"", extended, StringComparison.Ordinal);
        Assert.NotNull(Documents.Header(json).Header);
    }

    [Fact]
    public void Marks_of_encodings_are_read_and_json_in_another_encoding_is_told()
    {
        var json = Documents.Bundle("30954-2", Observation);
        Assert.Single(FhirReader.ReadFacts((byte[])[0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(json)]).Reading.Facts);
        foreach (var encoding in new[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            HostileTests.Refused(FhirFaultKind.Encoding, FhirReader.ReadFacts(Marked(encoding, json)));
            HostileTests.Refused(FhirFaultKind.Encoding, FhirReader.ReadFacts(encoding.GetBytes(json)));
        }

        HostileTests.Refused(FhirFaultKind.Encoding, FhirReader.ReadFacts(Encoding.Latin1.GetBytes(json)));
        const string xml = "<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"collection\"/></Bundle>";
        foreach (var encoding in new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            HostileTests.Refused(FhirFaultKind.NotADocument, FhirReader.ReadFacts(Marked(encoding, xml)));
        }
    }

    [Fact]
    public void A_document_that_is_cut_off_anywhere_is_told()
    {
        var json = Documents.Sample("hdr/Bundle-1503bad6-cc06-4ee5-9366-ad2b4ecd07f6");
        for (var length = 1; length < json.AsSpan().TrimEnd(" \r\n"u8).Length; length += 100)
        {
            HostileTests.Refused(FhirFaultKind.Truncated, FhirReader.ReadFacts(json.AsMemory(0, length)));
        }
    }

    [Fact]
    public void A_document_with_any_byte_changed_is_answered()
    {
        var bytes = Encoding.UTF8.GetBytes(Documents.Bundle("30954-2", Observation));
        for (var place = 0; place < bytes.Length; place++)
        {
            foreach (var value in (byte[])[0, (byte)'"', (byte)'{', (byte)'\\', 0xFF])
            {
                Assert.True(Answered(bytes, place, value));
            }
        }

        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample((place, value) => Answered(bytes, place, value), iter: 20_000);
    }

    [Fact]
    public void A_document_in_xml_with_any_byte_changed_or_cut_off_is_answered()
    {
        var bytes = Encoding.UTF8.GetBytes(
            """
            <?xml version="1.0" encoding="UTF-8"?><Bundle xmlns="http://hl7.org/fhir"><type value="document"/><entry><resource><Composition>
            <status value="final"/><section><text><status value="generated"/>
            <div xmlns="http://www.w3.org/1999/xhtml"><p>mots&#160;é</p></div></text>
            <entry><reference value="urn:uuid:1"/></entry></section></Composition></resource></entry><entry>
            <fullUrl value="urn:uuid:1"/><resource><Observation><code><text value="x"/></code><valueQuantity>
            <value value="1.5"/></valueQuantity><!-- x --></Observation></resource></entry></Bundle>
            """);
        Assert.Equal(1.5m, Assert.IsType<Dmp.Facts.Model.Observation>(
            Assert.Single(FhirReader.ReadFacts(bytes).Reading.Facts)).Values[0].Quantity!.Low!.Value);
        for (var place = 0; place < bytes.Length; place++)
        {
            foreach (var value in (byte[])[0, (byte)'<', (byte)'&', (byte)'"', 0xFF])
            {
                Assert.True(Answered(bytes, place, value));
            }

            var cut = FhirReader.ReadFacts(bytes.AsMemory(0, place));
            Assert.True(cut.Faults[^1].IsRefusal);
            Assert.Empty(cut.Reading.Facts);
        }

        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample((place, value) => Answered(bytes, place, value), iter: 10_000);
    }

    /// <summary>Whatever members a resource has, of whatever types: each entry is a fact, a part, or counted.</summary>
    [Fact]
    public void Resources_of_any_members_are_answered()
    {
        string[] types =
        [
            "AllergyIntolerance", "CarePlan", "Condition", "Consent", "Device", "DeviceUseStatement", "DiagnosticReport", "Encounter",
            "FamilyMemberHistory", "ImagingStudy", "Immunization", "MedicationAdministration", "MedicationDispense", "MedicationRequest",
            "MedicationStatement", "Observation", "Procedure", "Specimen",
        ];
        string[] names =
        [
            "category", "class", "clinicalStatus", "code", "component", "conclusion", "contained", "dosage", "dosageInstruction",
            "effectivePeriod", "emptyReason", "hasMember", "identifier", "medicationReference", "medicationCodeableConcept", "note",
            "onsetAge", "performer", "protocolApplied", "reaction", "referenceRange", "result", "specimen", "status", "subject", "text",
            "type", "valueQuantity", "valueRatio", "vaccineCode", "verificationStatus", "extension", "condition", "timingTiming",
        ];
        string[] values =
        [
            "1", "true", "\"x\"", "null", "[]", "{}", "[null,{}]", "{\"coding\":[{\"code\":\"1\",\"system\":\"s\"}],\"text\":\"t\"}",
            $"{{\"reference\":\"{Documents.Address(0)}\"}}", "[{\"reference\":\"#\"}]", "{\"value\":\"1\",\"unit\":2,\"comparator\":\"<\"}",
            "[{\"timing\":{\"repeat\":{\"frequency\":0,\"period\":1,\"periodUnit\":\"d\"}},\"doseAndRate\":[{}]}]",
            "[{\"coding\":[{\"code\":\"1\"}]}]", "{\"start\":\"2026\",\"end\":3}", "[{\"text\":\"n\",\"detail\":{\"reference\":\"#x\"}}]",
            "{\"repeat\":{\"boundsDuration\":{\"value\":1}}}", "[{\"valueString\":\"v\",\"url\":\"u\"}]",
        ];
        var member = Gen.Select(One(names), One(values));
        Gen.Select(One(types), member.Array[0, 6]).Sample(
            (type, members) =>
            {
                var body = string.Concat(members.DistinctBy(one => one.Item1).Select(one => $",\"{one.Item1}\":{one.Item2}"));
                var result = Documents.Facts(Documents.Bundle("30954-2", $"{{\"resourceType\":\"{type}\"{body}}}"));
                var count = Assert.Single(result.Resources, resource => resource.Type == type);
                return result.Reading.Failure is null && count.Stated + count.Parts + count.Unread == 1
                    && Documents.Header(Documents.Bundle("30954-2", $"{{\"resourceType\":\"{type}\"{body}}}")).Header is not null;
            },
            iter: 20_000);
    }

    private static byte[] Marked(Encoding encoding, string text) => [.. encoding.GetPreamble(), .. encoding.GetBytes(text)];

    private static Gen<string> One(string[] items) => Gen.Int[0, items.Length - 1].Select(place => items[place]);

    private static bool Answered(byte[] bytes, int place, byte value)
    {
        var changed = bytes.ToArray();
        changed[place] = value;
        var result = FhirReader.ReadFacts(changed);
        var header = FhirReader.ReadHeader(changed);
        return (result.Reading.Failure is null) == (header.Header is not null)
            && result.Reading.Facts.Count + result.Reading.Unread.Sum(unread => unread.Count) <= 3;
    }
}
