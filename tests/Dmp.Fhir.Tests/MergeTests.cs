using System.Text;
using System.Text.Json;
using Dmp.Facts;
using Dmp.Facts.Model;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>The same statement in CDA and in FHIR is the same fact, but for what only one of both can say: so both can be merged.</summary>
public sealed class MergeTests
{
    private static readonly JsonSerializerOptions whole = new() { IncludeFields = true, WriteIndented = true };

    [Fact]
    public void A_result_of_both_is_one_fact()
    {
        var cda = Cda<Observation>("30954-2", """
            <observation classCode="OBS" moodCode="EVN"><id root="1.2.3" extension="R1"/>
            <code code="718-7" codeSystem="2.16.840.1.113883.6.1" displayName="Hémoglobine"/>
            <effectiveTime value="20260501100000+0200"/>
            <value xsi:type="PQ" value="13.50" unit="g/dL"/><interpretationCode code="H" codeSystem="2.16.840.1.113883.5.83"/>
            <referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="12" unit="g/dL"/><high value="16" unit="g/dL"/></value>
            </observationRange></referenceRange></observation>
            """);
        var fhir = Fhir<Observation>("30954-2", """
            {"resourceType":"Observation","identifier":[{"system":"urn:oid:1.2.3","value":"R1"}],
            "code":{"coding":[{"system":"http://loinc.org","code":"718-7","display":"Hémoglobine"}]},
            "effectiveDateTime":"2026-05-01T10:00:00+02:00",
            "valueQuantity":{"value":13.50,"unit":"gramme","system":"http://unitsofmeasure.org","code":"g/dL"},
            "interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"H"}]}],
            "referenceRange":[{"low":{"value":12,"unit":"g/dL"},"high":{"value":16,"unit":"g/dL"}}]}
            """);
        Assert.Equal(Written(cda), Written(fhir));
    }

    [Fact]
    public void A_treatment_of_both_is_one_fact()
    {
        var cda = Cda<Medication>("10160-0", """
            <substanceAdministration classCode="SBADM" moodCode="EVN"><id root="1.2.3" extension="M1"/><statusCode code="active"/>
            <effectiveTime xsi:type="IVL_TS"><low value="20260501"/></effectiveTime>
            <effectiveTime xsi:type="PIVL_TS" operator="A"><period value="8" unit="h"/></effectiveTime>
            <routeCode code="20053000" codeSystem="0.4.0.127.0.16.1.1.2.1"/><doseQuantity value="1" unit="{tablet}"/>
            <consumable><manufacturedProduct><manufacturedMaterial><code code="60234100" codeSystem="1.2.250.1.213.2.3.1"/>
            <name>DOLIPRANE 500 mg</name></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>
            """);
        var fhir = Fhir<Medication>("10160-0", """
            {"resourceType":"MedicationStatement","identifier":[{"system":"urn:oid:1.2.3","value":"M1"}],"status":"active",
            "medicationCodeableConcept":{"coding":[{"system":"urn:oid:1.2.250.1.213.2.3.1","code":"60234100"}],"text":"DOLIPRANE 500 mg"},
            "effectivePeriod":{"start":"2026-05-01"},"dosage":[{"timing":{"repeat":{"frequency":3,"period":1,"periodUnit":"d"}},
            "route":{"coding":[{"system":"http://standardterms.edqm.eu","code":"20053000"}]},
            "doseAndRate":[{"doseQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"{tablet}"}}]}]}
            """);
        Assert.Equal(Written(cda), Written(fhir));
    }

    [Fact]
    public void No_known_allergies_of_both_are_one_fact()
    {
        var cda = Cda<Allergy>("48765-2", """
            <observation classCode="OBS" moodCode="EVN"><participant typeCode="CSM"><participantRole><playingEntity>
            <code code="no-known-allergies" codeSystem="2.16.840.1.113883.5.1150.1"/></playingEntity></participantRole></participant>
            </observation>
            """);
        var fhir = Fhir<Allergy>("48765-2", """
            {"resourceType":"AllergyIntolerance","code":{"coding":[{"code":"no-known-allergies",
            "system":"http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"}]}}
            """);
        Assert.Equal(FactAbsence.NoneKnown, fhir.Absence);

        // A resource without an identifier has its address.
        Assert.Equal(Written(cda), Written(fhir with { Source = fhir.Source with { Ids = [] } }));
    }

    private static T Fhir<T>(string section, string resource)
        where T : Fact => Assert.IsType<T>(Assert.Single(Documents.Facts(Documents.Bundle(section, resource)).Reading.Facts));

    private static T Cda<T>(string section, string statement)
        where T : Fact
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(
            $"""
            <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><component><structuredBody>
            <component><section><code code="{section}"/><title>Section</title><entry>{statement}</entry></section></component>
            </structuredBody></component></ClinicalDocument>
            """));
        return Assert.IsType<T>(Assert.Single(CdaFactReader.Read(stream).Facts));
    }

    private static string Written(Fact fact) => JsonSerializer.Serialize(fact, fact.GetType(), whole);
}
