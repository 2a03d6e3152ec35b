using Dmp.Cda;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>What a document says of itself, by small documents: what the samples do not have.</summary>
public sealed class HeaderTests
{
    private const string Identifier = "\"identifier\":{\"system\":\"urn:oid:1.2.250.1.999\",\"value\":\"A1\"},";

    [Theory]
    [InlineData("urn:ietf:rfc:3986", "urn:uuid:ABCDEF00-0000-4000-8000-000000000001", "urn:uuid:abcdef00-0000-4000-8000-000000000001")]
    [InlineData("urn:ietf:rfc:3986", "urn:oid:1.2.250.1.7", "1.2.250.1.7")]
    [InlineData("urn:oid:1.2.3", "42", "1.2.3^42")]
    [InlineData("https://finess.esante.gouv.fr", "750712184", "1.2.250.1.71.4.2.2^1750712184")]
    public void The_identifier_is_one_that_the_platform_keeps(string system, string value, string kept)
    {
        var header = Read(json => json.Replace(
            Identifier, $$"""
            "identifier":{"system":"{{system}}","value":"{{value}}"},
            """, StringComparison.Ordinal)).Header!;
        Assert.Equal(kept, header.UniqueId);
    }

    [Fact]
    public void An_identifier_under_an_address_becomes_a_uuid_that_is_always_the_same()
    {
        static string? Kept(string value) => FhirSystems.UniqueIdOf(FhirSystems.IdOf("http://hospital.example/documents", value));
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", Kept("1"));
        Assert.Equal(Kept("1"), Kept("1"));
        Assert.NotEqual(Kept("1"), Kept("2"));
    }

    [Fact]
    public void Professionals_structures_and_patients_have_their_national_identifiers()
    {
        const string practitioner = """
            {"resourceType":"Practitioner","id":"p","identifier":[{"system":"https://rpps.esante.gouv.fr","value":"10001234567"}],
            "name":[{"family":"Dupont","given":["Anne"],"prefix":["Dr"]}]}
            """;
        const string organization = """
            {"resourceType":"Organization","id":"o","name":"Clinique","identifier":[
            {"system":"https://finess.esante.gouv.fr","value":"750712184"},{"system":"https://sirene.fr","value":"12345678901234"}]}
            """;
        var role = $$"""
            {"resourceType":"PractitionerRole","practitioner":{"reference":"{{Documents.Address(0)}}"},
            "organization":{"reference":"{{Documents.Address(1)}}"},
            "specialty":[{"coding":[{"system":"urn:oid:1.2.250.1.71.4.2.5","code":"SM26"}]}]}
            """;
        var header = Read(
            json => json.Replace("[{\"display\":\"Dr Exemple\"}]", $$"""
                [{"reference":"{{Documents.Address(2)}}"},{"display":"Dr Exemple"},{"reference":"{{Documents.PatientAddress}}"}],
                "custodian":{"identifier":{"system":"https://finess.esante.gouv.fr","value":"750712184"},"display":"Siège"},
                "attester":[{"mode":"professional","party":{"display":"Autre"} },
                {"mode":"legal","time":"2026-05-02","party":{"reference":"{{Documents.Address(0)}}"} }]
                """, StringComparison.Ordinal)
                .Replace("\"birthDate\"", """
                "identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.10","value":"280022978515682"},{"system":"http://local","value":"7"}],
                "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"extension":[
                {"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code","valueCoding":{"code":"78515"}}]}}],
                "birthDate"
                """, StringComparison.Ordinal),
            practitioner, organization, role).Header!;
        var author = header.Authors[0].Actor;
        Assert.Equal(("810001234567", "Dupont", "Anne", "SM26"), (
            author.NationalId, author.Name!.BirthFamily, author.Name.FirstGiven, author.Specialty!.Code));
        Assert.Equal(("1750712184", "Clinique"), (author.Organization!.NationalId, author.Organization.Name));
        Assert.Equal("1.2.250.1.71.4.2.2^312345678901234", $"{author.Organization.Ids[1]}");
        Assert.Equal(["Dupont", "Dr Exemple", "EXEMPLE"], header.Authors.Select(
            one => one.Actor.Name!.BirthFamily ?? one.Actor.Name.Text));
        Assert.Equal(("1750712184", "Siège"), (header.Custodian!.NationalId, header.Custodian.Name));
        Assert.Equal(("810001234567", "2026-05-02"), (
            header.LegalAuthenticator!.Actor.NationalId, $"{header.LegalAuthenticator.Time!.Value.Date:yyyy-MM-dd}"));
        Assert.Equal(("280022978515682", "78515"), (Assert.Single(header.Patient!.InsIds).Extension, header.Patient.BirthPlaceCode));
        Assert.Equal("http://local^7", $"{Assert.Single(header.Patient.LocalIds)}");
    }

    [Fact]
    public void Relations_events_orders_and_versions_are_those_of_a_cda_header()
    {
        var report = $$"""
            {"resourceType":"DiagnosticReport","code":{"text":"x"},"basedOn":[{"reference":"{{Documents.Address(1)}}"}],
            "identifier":[{"system":"urn:oid:1.2.8","value":"ACC1","type":{"coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"ACSN"}]} }]}
            """;
        const string order = """{"resourceType":"ServiceRequest","identifier":[{"system":"urn:oid:1.2.9","value":"O1"}]}""";
        var header = Read(
            json => json.Replace("\"title\":\"Synthèse\"", """
                "title":" Synthèse  médicale ","language":"fr-FR","confidentiality":"R","identifier":{"system":"urn:oid:1.2.3","value":"S"},
                "category":[{"coding":[{"system":"urn:oid:1.2.250.1.213.1.1.4.1","code":"11"}]}],
                "relatesTo":[{"code":"replaces","targetIdentifier":{"system":"urn:oid:1.2.3","value":"OLD"}},
                {"code":"replaces","targetReference":{"reference":"urn:uuid:abcdef00-0000-4000-8000-000000000001"}},
                {"code":"appends","targetIdentifier":{"system":"urn:oid:1.2.3","value":"X"}}],
                "event":[{"code":[{"coding":[{"system":"https://smt.esante.gouv.fr/terminologie-ccam","code":"JQGA003"}]}],
                "period":{"start":"2026-04-01T08:00:00+02:00","end":"2026-04-03"}}],
                "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber","valueString":"2"}]
                """, StringComparison.Ordinal),
            report, order).Header!;
        Assert.Equal(("Synthèse médicale", "fr-FR", "R", "11", 2), (
            header.Title, header.LanguageCode, header.Confidentiality!.Code, header.Category!.Code, header.VersionNumber));
        Assert.Equal("1.2.3^S", $"{header.SetId}");
        Assert.Equal(["1.2.3^OLD", "urn:uuid:abcdef00-0000-4000-8000-000000000001"], header.ReplacedIds);
        Assert.Equal(["RPLC", "RPLC", "APND"], header.RelatedDocuments.Select(document => document.Relation));
        Assert.Equal(("JQGA003", "1.2.250.1.213.2.5"), (Assert.Single(header.EventCodes).Code, header.EventCodes[0].System));
        Assert.Equal(
            (CdaPrecision.Second, CdaPrecision.Day),
            (header.ServiceStartTime!.Value.Precision, header.ServiceStopTime!.Value.Precision));
        Assert.Equal(("1.2.9^O1", "1.2.8^ACC1"), ($"{Assert.Single(header.Orders)}", $"{Assert.Single(header.AccessionNumbers)}"));
    }

    [Fact]
    public void A_fault_names_no_word_of_a_document_not_even_one_that_stands_for_a_name()
    {
        var result = Read(json => json.Replace("\"title\":\"Synthèse\"", """
            "title":"Synthèse","extension":[{"valueDUPONT":"x",
            "url":"http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber"}]
            """, StringComparison.Ordinal));
        Assert.Null(result.Header!.VersionNumber);
        Assert.DoesNotContain(result.Faults, fault => $"{fault.Path} {fault.Text}".Contains("DUPONT", StringComparison.Ordinal));
    }

    [Fact]
    public void The_type_is_that_of_loinc_and_its_class_follows()
    {
        var header = Read(json => json.Replace(
            "{\"system\":\"http://loinc.org\",\"code\":\"60591-5\"}",
            "{\"system\":\"http://local\",\"code\":\"L\"},{\"system\":\"http://loinc.org\",\"code\":\"11502-2\"}",
            StringComparison.Ordinal)).Header!;
        Assert.Equal(("11502-2", "L"), (header.Type!.Code, Assert.Single(header.Type.Translations).Code));
        Assert.Equal(CdaMetadata.From(new CdaDocument { Type = header.Type }).ClassCode, header.ClassCode);
        Assert.NotNull(header.ClassCode);
    }

    [Theory]
    [InlineData("\"identifier\":{\"system\":\"urn:oid:1.2.250.1.999\",\"value\":\"A1\"},", "", FhirFaultKind.Missing, "Bundle.identifier")]
    [InlineData("\"value\":\"A1\"", "\"value\":\"A1\",\"system2\":\"\"", null, null)]
    [InlineData("\"timestamp\":\"2026-05-01T10:00:00+02:00\",", "", null, null)]
    [InlineData("2026-05-01T10:00:00+02:00", "hier", FhirFaultKind.Malformed, "Bundle.timestamp")]
    [InlineData("\"title\":\"Synthèse\"", "\"title\":\" \"", FhirFaultKind.Missing, "Bundle.entry[0].resource.title")]
    [InlineData("\"author\":[{\"display\":\"Dr Exemple\"}],", "", FhirFaultKind.Missing, "Bundle.entry[0].resource.author")]
    [InlineData("\"subject\":{\"reference\":\"urn:uuid:0", "\"subject\":{\"reference\":\"urn:uuid:1", FhirFaultKind.Unresolved,
        "Bundle.entry[0].resource.subject")]
    [InlineData("\"status\":\"final\"", "\"status\":\"final\",\"language\":\"français de France\"", FhirFaultKind.Malformed,
        "Bundle.entry[0].resource.language")]
    [InlineData("\"status\":\"final\"", "\"status\":\"final\",\"event\":[{\"period\":{\"start\":\"2026-05-02\",\"end\":\"2026-05-01\"}}]",
        FhirFaultKind.Contradiction, "Bundle.entry[0].resource.event.period")]
    public void What_is_missing_or_wrong_is_told_with_its_place(string from, string to, FhirFaultKind? kind, string? path)
    {
        var result = Read(json => json.Replace(from, to, StringComparison.Ordinal));
        Assert.NotNull(result.Header);
        if (kind is null)
        {
            Assert.Empty(result.Faults);
        }
        else
        {
            Assert.Contains(result.Faults, fault => (fault.Kind, fault.Path, fault.IsRefusal) == (kind, path, false));
        }
    }

    [Theory]
    [InlineData("\"attester\":[{\"mode\":{\"coding\":[{\"code\":\"legal\"}]}}]")]
    [InlineData("\"relatesTo\":[{\"type\":\"replaces\",\"resourceReference\":{\"reference\":\"x\"}}]")]
    [InlineData("\"version\":\"1\"")]
    public void A_composition_of_another_release_is_refused(string member)
    {
        var result = Read(json => json.Replace("\"title\":\"Synthèse\"", $"\"title\":\"x\",{member}", StringComparison.Ordinal));
        Assert.Null(result.Header);
        Assert.Equal((FhirFaultKind.OtherRelease, true), (result.Faults[^1].Kind, result.Faults[^1].IsRefusal));
    }

    /// <summary>As of a CDA document whose act has an end alone.</summary>
    [Fact]
    public void An_end_without_a_begin_is_both()
    {
        var header = Read(json => json.Replace(
            "\"title\":\"Synthèse\"",
            "\"title\":\"x\",\"event\":[{\"period\":{\"end\":\"2026-05-04\"}}]",
            StringComparison.Ordinal)).Header!;
        Assert.Equal(new DateOnly(2026, 5, 4), header.ServiceStartTime!.Value.Date);
        Assert.Equal(header.ServiceStartTime, header.ServiceStopTime);
    }

    [Fact]
    public void A_time_of_day_without_an_offset_is_told()
    {
        var read = Read(json => json.Replace("2026-05-01T10:00:00+02:00", "2026-05-01T10:00:00", StringComparison.Ordinal));
        Assert.Equal(10, read.Header!.CreationTime!.Value.Time.UtcDateTime.Hour);
        Assert.Contains(read.Faults, fault => fault is { Kind: FhirFaultKind.Malformed, Path: "Bundle.timestamp" });
    }

    [Fact]
    public void A_begin_that_nobody_can_read_is_not_replaced_by_another_time()
    {
        var header = Read(json => json.Replace(
            "\"title\":\"Synthèse\"", "\"title\":\"x\",\"event\":[{\"period\":{\"start\":\"mardi\"}}]", StringComparison.Ordinal)).Header!;
        Assert.Null(header.ServiceStartTime);
    }

    private static FhirHeaderResult Read(Func<string, string> change, params string[] resources) =>
        Documents.Header(change(Documents.Raw("""{"title":"x"}""", resources)));
}
