using Dmp.Facts.Model;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>Medicines and how they are taken, devices, stays.</summary>
public sealed class MedicationTests
{
    private const string Product = "\"medicationCodeableConcept\":{\"text\":\"x\"}";

    [Theory]
    [InlineData("MedicationStatement", "\"status\":\"active\"", "57828-6", MedicationRole.Listed, "EVN")]
    [InlineData("MedicationStatement", "\"status\":\"intended\"", "18776-5", MedicationRole.Planned, "INT")]
    [InlineData("MedicationRequest", "\"intent\":\"order\"", "57828-6", MedicationRole.Prescribed, "RQO")]
    [InlineData("MedicationRequest", "\"intent\":\"order\"", "10160-0", MedicationRole.Listed, "RQO")]
    [InlineData("MedicationRequest", "\"intent\":\"plan\"", "18776-5", MedicationRole.Planned, "INT")]
    [InlineData("MedicationRequest", "\"intent\":\"proposal\"", "57828-6", MedicationRole.Planned, "PRP")]
    [InlineData("MedicationDispense", "\"status\":\"completed\"", "10160-0", MedicationRole.Dispensed, "EVN")]
    [InlineData("MedicationAdministration", "\"status\":\"completed\"", "29549-3", MedicationRole.Administered, "EVN")]
    [InlineData("MedicationStatement", "\"status\":\"active\"", "48765-2", MedicationRole.Implicated, "EVN")]
    public void What_is_said_of_a_medicine(string type, string status, string section, MedicationRole role, string mood)
    {
        var fact = Only(section, $"{{\"resourceType\":\"{type}\",{status},{Product}}}");
        Assert.Equal((role, mood, "x"), (fact.Role, fact.Mood, fact.Product.Name));
    }

    [Theory]
    [InlineData("\"frequency\":1,\"period\":8,\"periodUnit\":\"h\"", "8 h")]
    [InlineData("\"frequency\":3,\"period\":1,\"periodUnit\":\"d\"", "8 h")]
    [InlineData("\"frequency\":2,\"period\":14,\"periodUnit\":\"d\"", "7 d")]
    [InlineData("\"frequency\":4,\"period\":1,\"periodUnit\":\"h\"", "15 min")]
    [InlineData("\"frequency\":5,\"period\":1,\"periodUnit\":\"d\"", "(1/5) d")]
    [InlineData("\"frequency\":1,\"frequencyMax\":2,\"period\":1,\"periodUnit\":\"d\"", "(1/1..2) d")]
    [InlineData("\"frequency\":1,\"period\":4,\"periodMax\":6,\"periodUnit\":\"h\"", "(4..6/1) h")]
    [InlineData("\"frequency\":0,\"period\":1,\"periodUnit\":\"d\"", "(1/0) d")]
    public void How_often_is_the_stretch_in_which_it_is_taken_once(string repeat, string every)
    {
        var fact = Only("10160-0", $$"""
            {"resourceType":"MedicationStatement",{{Product}},"dosage":[{"timing":{"repeat":{ {{repeat}} } } }]}
            """);
        var stated = Assert.Single(fact.Dosages).Every!;
        Assert.Equal(every, stated.Value is { } value ? $"{value} {stated.Unit}" : $"({stated.Written}) {stated.Unit}");
    }

    [Fact]
    public void A_dosage_has_its_doses_its_events_and_its_bounds()
    {
        var fact = Only("57828-6", $$"""
            {"resourceType":"MedicationRequest","intent":"order",{{Product}},"dosageInstruction":[
            {"sequence":2,"text":"puis un","doseAndRate":[{"doseQuantity":{"value":1,"unit":"cp"} }],
            "timing":{"repeat":{"boundsPeriod":{"start":"2026-05-10"},"when":["ACM","ACV"]} } },
            {"sequence":1,"text":"d'abord","asNeededCodeableConcept":{"text":"douleur"},"patientInstruction":"à jeun",
            "route":{"coding":[{"system":"http://standardterms.edqm.eu","code":"20053000"}]},
            "doseAndRate":[{"doseRange":{"low":{"value":1},"high":{"value":2} },"rateRatio":{"numerator":{"value":100,"unit":"mL"},
            "denominator":{"value":1,"unit":"h"} } }],"timing":{"repeat":{"boundsDuration":{"value":5,"unit":"d"} } },
            "maxDosePerPeriod":{"numerator":{"value":4},"denominator":{"value":1,"unit":"d"} } }],
            "dispenseRequest":{"numberOfRepeatsAllowed":3,"quantity":{"value":2,"unit":"boîtes"} } }
            """);
        Assert.Equal(["d'abord", "puis un", "puis un"], fact.Dosages.Select(dosage => dosage.Text));
        Assert.Equal([null, "ACM", "ACV"], fact.Dosages.Select(dosage => dosage.Event));
        var first = fact.Dosages[0];
        Assert.Equal((1m, 2m, 100m, "mL/h"), (first.Dose!.Low!.Value, first.Dose.High!.Value, first.Rate!.Low!.Value, first.Rate.Low.Unit));
        Assert.Equal((5m, "0.4.0.127.0.16.1.1.2.1"), (first.Period!.Width!.Value, first.Route!.System));
        Assert.Equal("20260510", fact.Dosages[1].Period!.Low!.Written);
        Assert.Equal((4m, 1m), (fact.Most!.Value.Numerator.Value, fact.Most.Value.Denominator.Value));
        Assert.Equal((3, 2m, "à jeun"), (fact.Renewals, fact.Supplied!.Value, fact.PatientInstructions));
        Assert.Equal(("PRCN", "douleur"), (Assert.Single(fact.References).Relation, fact.References[0].Code!.Text));
    }

    [Fact]
    public void A_dispensation_names_its_prescription_and_an_administration_its_dose()
    {
        var dispensed = Documents.Facts(Documents.Bundle(
            "60590-7",
            $$"""
            {"resourceType":"MedicationDispense","status":"completed",{{Product}},"quantity":{"value":2},
            "whenHandedOver":"2026-05-01T10:00:00Z","authorizingPrescription":[{"reference":"{{Documents.Address(1)}}"}]}
            """,
            $$"""
            {"resourceType":"MedicationRequest","intent":"order",{{Product}},"identifier":[{"system":"urn:oid:1.2.3","value":"P1"}]}
            """)).Reading.Of<Medication>()[0];
        Assert.Equal(
            ("1.2.3^P1", "20260501100000+0000", 2m),
            (dispensed.PrescriptionItem, dispensed.SuppliedAt!.Written, dispensed.Supplied!.Value));

        var given = Only("29549-3", $$"""
            {"resourceType":"MedicationAdministration","status":"completed",{{Product}},"effectiveDateTime":"2026-05-01",
            "dosage":{"dose":{"value":1,"unit":"g"},"text":"IV lente"} }
            """);
        Assert.Equal((1m, "IV lente", "20260501"), (
            Assert.Single(given.Dosages).Dose!.Low!.Value, given.Dosages[0].Text, given.Period!.Low!.Written));
    }

    [Fact]
    public void A_vaccination_has_its_dose_number_and_what_followed_it()
    {
        var facts = Documents.Facts(Documents.Bundle(
            "11369-6",
            $$"""
            {"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"x"},"occurrenceString":"enfance",
            "protocolApplied":[{"doseNumberPositiveInt":2,"targetDisease":[{"text":"rougeole"}]}],
            "reaction":[{"detail":{"reference":"{{Documents.Address(1)}}"} }]}
            """,
            """{"resourceType":"Observation","code":{"text":"fièvre"},"valueBoolean":true}""")).Reading.Facts;
        var vaccine = Assert.IsType<Medication>(facts[0]);
        Assert.Equal((true, "enfance", null), (vaccine.IsImmunization, vaccine.Period!.Low!.Written, vaccine.Period.Low.Time));
        Assert.Equal("rougeole", Assert.Single(vaccine.References).Code!.Text);
        Assert.Equal(
            [("30973-2", 1), ("fièvre", 1)],
            facts.OfType<Observation>().Select(fact => (fact.Code!.Code ?? fact.Code.Text!, fact.Source.Within!.Value)));
        Assert.Equal("CAUS", facts[^1].Source.Relation);
    }

    [Fact]
    public void A_medicine_without_a_name_is_told() => Assert.Equal(
        UnreadReason.NoProduct,
        Assert.Single(Documents.Facts(Documents.Bundle("10160-0", """{"resourceType":"MedicationStatement"}""")).Reading.Unread).Reason);

    [Fact]
    public void Devices_pictures_and_stays_are_acts_of_their_kind()
    {
        var facts = Documents.Facts(Documents.Bundle(
            "46264-8",
            $$"""
            {"resourceType":"DeviceUseStatement","status":"active","device":{"reference":"{{Documents.Address(1)}}"},
            "timingPeriod":{"start":"2026"} }
            """,
            """
            {"resourceType":"Device","type":{"text":"stimulateur"},"modelNumber":"M1","serialNumber":"S1",
            "udiCarrier":[{"issuer":"http://hl7.org/fhir/NamingSystem/gs1-di","deviceIdentifier":"0123"}]}
            """,
            """
            {"resourceType":"ImagingStudy","status":"available","started":"2026-05-01","description":"Scanner","modality":[
            {"system":"http://dicom.nema.org/resources/ontology/DCM","code":"CT"}],"identifier":[
            {"system":"urn:dicom:uid","value":"urn:oid:1.2.3.4"}]}
            """,
            """
            {"resourceType":"Encounter","status":"planned",
            "class":{"code":"AMB","system":"http://terminology.hl7.org/CodeSystem/v3-ActCode"},
            "location":[{"location":{"display":"Hôpital de jour"} }]}
            """)).Reading.Facts;
        var device = Assert.IsType<Device>(facts[0]);
        Assert.Equal(("stimulateur", "M1", "2026"), (device.Code!.Text, device.Model, device.Period!.Low!.Written));
        Assert.Equal(["http://hl7.org/fhir/NamingSystem/gs1-di^0123", "S1"], device.DeviceIds);
        var pictures = Assert.Single(facts.OfType<ClinicalAct>());
        Assert.Equal(("act", "CT", "Scanner"), (pictures.Element, Assert.Single(pictures.Methods).Code, pictures.Text));
        var stay = Assert.Single(facts.OfType<Encounter>());
        Assert.Equal(("AMB", "APT", "Hôpital de jour"), (stay.Code!.Code, stay.Mood, stay.Organization!.Name));
    }

    [Fact]
    public void An_allergy_has_its_kind_its_reactions_and_its_end()
    {
        var fact = Assert.IsType<Allergy>(Assert.Single(Documents.Facts(Documents.Bundle("48765-2", """
            {"resourceType":"AllergyIntolerance","type":"allergy","category":["food","medication"],"criticality":"high",
            "code":{"text":"arachide"},"onsetDateTime":"2001","extension":[
            {"url":"http://hl7.org/fhir/uv/ips/StructureDefinition/abatement-dateTime-uv-ips","valueDateTime":"2010-03"}],
            "reaction":[{"manifestation":[{"text":"urticaire"},{"text":"oedème"}],"severity":"severe","onset":"2005-01-01"},
            {"description":"malaise"}]}
            """)).Reading.Facts));
        Assert.Equal(("allergy", "high", "2001", "201003"), (
            fact.Type!.Code, fact.Criticality!.Code, fact.Period!.Low!.Written, fact.Period.High!.Written));
        Assert.Equal(["food", "medication"], fact.Type.Qualifiers.Select(qualifier => qualifier.Value.Code));
        Assert.Equal(
            [("urticaire", "severe"), ("oedème", "severe"), ("malaise", null)],
            fact.Reactions.Select(reaction => (reaction.Manifestation.Text, reaction.Severity?.Code)));
    }

    private static Medication Only(string section, string resource) =>
        Assert.IsType<Medication>(Assert.Single(Documents.Facts(Documents.Bundle(section, resource)).Reading.Facts));
}
