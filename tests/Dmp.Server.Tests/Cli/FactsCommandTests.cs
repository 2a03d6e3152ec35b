using Dmp.Cli;
using Xunit;

namespace Dmp.Server.Tests.Cli;

/// <summary><c>dmp facts read</c>, and the check of what a document states.</summary>
public sealed class FactsCommandTests : IDisposable
{
    private static readonly string small = Path.Combine(AppContext.BaseDirectory, "Small");
    private readonly string folder = Directory.CreateTempSubdirectory("dmp-facts-").FullName;

    [Fact]
    public async Task What_a_document_states_is_printed_and_what_is_not_read_is_counted()
    {
        var (code, output, _) = await CommandHome.RunAsync("facts", "read", Summary());
        Assert.Equal(DmpCommand.Done, code);
        Assert.Matches("10160-0 +listed +PLAVIX 75 mg, \\[60562855\\], 20190811, 1 \\{tablet\\} every 1 d", output);
        Assert.Matches("10160-0 +not listed +METFORMINE", output);
        Assert.Matches("48765-2 +allergy +allergie médicamenteuse, Paracétamol \\[N02BE01\\]", output);
        Assert.Matches("11450-4 +not read +1 of \"Problèmes\": of another kind", output);
    }

    [Fact]
    public async Task What_cannot_be_read_to_its_end_is_no_success()
    {
        var broken = Path.Combine(folder, "broken.xml");
        var text = await File.ReadAllTextAsync(Summary(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(broken, text[..^40], TestContext.Current.CancellationToken);
        var (code, output, _) = await CommandHome.RunAsync("facts", "read", broken);
        Assert.Equal(DmpCommand.Refused, code);
        Assert.Contains("ended: ", output, StringComparison.Ordinal);
        Assert.Contains("PLAVIX", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_fhir_document_states_is_printed_too()
    {
        var bundle = Path.Combine(folder, "bundle.json");
        await File.WriteAllTextAsync(
            bundle,
            """
            {"resourceType": "Bundle", "type": "document", "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"},
             "timestamp": "2026-05-04T10:00:00Z", "entry": [
              {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Composition", "status": "final", "date": "2026-05-04",
                "title": "Synthèse",
                "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]}, "author": [{"display": "Dr Essai"}],
                "subject": {"reference": "urn:uuid:3"},
                "section": [{"title": "Allergies", "code": {"coding": [{"system": "http://loinc.org", "code": "48765-2"}]},
                  "entry": [{"reference": "urn:uuid:2"}]}]}},
              {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "AllergyIntolerance", "patient": {"reference": "urn:uuid:3"},
                "code": {"coding": [{"system": "http://snomed.info/sct", "code": "764146007", "display": "Pénicilline"}]}}},
              {"fullUrl": "urn:uuid:3", "resource": {"resourceType": "Patient"}}]}
            """,
            TestContext.Current.CancellationToken);
        var (code, output, _) = await CommandHome.RunAsync("facts", "read", bundle);
        Assert.Equal(DmpCommand.Done, code);
        Assert.Matches("48765-2 +allergy .*Pénicilline", output);
        await File.WriteAllTextAsync(bundle, "{\"resourceType\": \"Patient\"}", TestContext.Current.CancellationToken);
        Assert.Equal(DmpCommand.Refused, (await CommandHome.RunAsync("facts", "read", bundle)).Code);
    }

    [Fact]
    public async Task The_medicines_of_documents_are_checked_with_where_each_stands()
    {
        string[] files = ["--thesaurus", Path.Combine(small, "thesaurus.txt"), "--medicines", small, "--document", Summary()];
        var (code, output, _) = await CommandHome.RunAsync(["interactions", "check", .. files, "warfarine"]);
        Assert.Equal(DmpCommand.Done, code);
        Assert.Contains("1  warfarine: warfarine", output, StringComparison.Ordinal);
        Assert.Contains("(PLAVIX 75 mg, listed in summary.xml, section 10160-0)", output, StringComparison.Ordinal);
        Assert.Contains("1 + 2: 1 rule", output, StringComparison.Ordinal);

        // What the patient does not take is not checked.
        Assert.DoesNotContain("METFORMINE", output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Summary()
    {
        var file = Path.Combine(folder, "summary.xml");
        File.WriteAllText(
            file,
            """
            <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><component><structuredBody>
            <component><section><code code="10160-0"/><title>Traitements</title>
              <entry><substanceAdministration moodCode="EVN">
                <effectiveTime xsi:type="IVL_TS"><low value="20190811"/><high nullFlavor="UNK"/></effectiveTime>
                <effectiveTime xsi:type="PIVL_TS" operator="A"><period value="1" unit="d"/></effectiveTime>
                <doseQuantity value="1" unit="{tablet}"/>
                <consumable><manufacturedProduct><manufacturedMaterial>
                  <code code="60562855" codeSystem="1.2.250.1.213.2.3.1"/><name>PLAVIX 75 mg</name>
                </manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
              <entry><substanceAdministration moodCode="EVN" negationInd="true">
                <consumable><manufacturedProduct><manufacturedMaterial><name>METFORMINE</name></manufacturedMaterial>
                </manufacturedProduct></consumable></substanceAdministration></entry>
            </section></component>
            <component><section><code code="48765-2"/><title>Allergies</title>
              <entry><act><entryRelationship><observation moodCode="EVN">
                <code code="416098002" codeSystem="2.16.840.1.113883.6.96" displayName="allergie médicamenteuse"/>
                <participant><participantRole><playingEntity><code code="N02BE01" codeSystem="2.16.840.1.113883.6.73"/>
                  <name>Paracétamol</name></playingEntity></participantRole></participant>
              </observation></entryRelationship></act></entry>
            </section></component>
            <component><section><code code="11450-4"/><title>Problèmes</title><entry><act/></entry></section></component>
            </structuredBody></component></ClinicalDocument>
            """);
        return file;
    }
}
