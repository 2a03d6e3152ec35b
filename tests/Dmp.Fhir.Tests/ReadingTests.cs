using System.Globalization;
using Dmp.Facts.Model;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>Each kind of statement, by small documents: what the samples do not have.</summary>
public sealed class ReadingTests
{
    private const string Loinc = "2.16.840.1.113883.6.1";

    [Theory]
    [InlineData("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-known-allergies", FactAbsence.NoneKnown)]
    [InlineData("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-allergy-info", FactAbsence.NoInformation)]
    [InlineData("http://snomed.info/sct", "716186003", FactAbsence.NoneKnown)]
    [InlineData("http://snomed.info/sct", "91936005", FactAbsence.No)]
    public void None_is_told_from_something_by_the_codes_of_the_lists(string system, string code, FactAbsence absence)
    {
        var concept = $$"""{"coding":[{"system":"http://x","code":"y"},{"system":"{{system}}","code":"{{code}}"}]}""";
        Assert.Equal(absence, Only<Allergy>("48765-2", $$"""{"resourceType":"AllergyIntolerance","code":{{concept}}}""").Absence);
        Assert.Equal(absence, Only<Problem>("11450-4", $$"""{"resourceType":"Condition","code":{{concept}}}""").Absence);
        Assert.Equal(absence, Only<ClinicalAct>("47519-4", $$"""{"resourceType":"Procedure","code":{{concept}}}""").Absence);
        Assert.Equal(absence, Only<Medication>(
            "10160-0", $$"""{"resourceType":"MedicationStatement","medicationCodeableConcept":{{concept}}}""").Absence);
    }

    [Fact]
    public void Words_that_say_none_are_told_where_there_is_no_code() => Assert.Equal(
        FactAbsence.NoneByWords,
        Only<Allergy>("48765-2", """{"resourceType":"AllergyIntolerance","code":{"text":"Aucune allergie connue"}}""").Absence);

    [Theory]
    [InlineData("nilknown", FactAbsence.NoneKnown)]
    [InlineData("notasked", FactAbsence.NoInformation)]
    public void A_section_that_says_why_it_is_empty_states_that_there_is_nothing(string reason, FactAbsence absence)
    {
        var section = $$$"""
            {"title":"Allergies","code":{"coding":[{"system":"http://loinc.org","code":"48765-2"}]},
            "text":{"status":"generated","div":"<div><p>Aucune</p><p>allergie</p></div>"},
            "emptyReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/list-empty-reason","code":"{{{reason}}}"}]}}
            """;
        var reading = Documents.Facts(Documents.Raw(section)).Reading;
        var fact = Assert.IsType<Allergy>(Assert.Single(reading.Facts));
        Assert.Equal((absence, "Aucune allergie", reason), (fact.Absence, fact.Text, fact.Agent!.Code.Code));
        Assert.Empty(reading.Unread);

        var other = Documents.Facts(Documents.Raw(section.Replace("48765-2", "8648-8", StringComparison.Ordinal))).Reading;
        Assert.Empty(other.Facts);
        Assert.Equal(("8648-8", "Allergies", UnreadReason.TextOnly, 1), Deconstructed(Assert.Single(other.Unread)));
    }

    [Theory]
    [InlineData("""{"resourceType":"Procedure","status":"not-done","code":{"text":"x"}}""", true, "not-done", false)]
    [InlineData("""{"resourceType":"Procedure","status":"entered-in-error","code":{"text":"x"}}""", false, "nullified", true)]
    [InlineData("""{"resourceType":"Immunization","status":"not-done","vaccineCode":{"text":"x"}}""", true, "not-done", false)]
    [InlineData("""{"resourceType":"MedicationStatement","status":"not-taken","medicationCodeableConcept":{"text":"x"}}""", true,
        "not-taken", false)]
    [InlineData("""{"resourceType":"MedicationStatement","status":"stopped","medicationCodeableConcept":{"text":"x"}}""", false,
        "aborted", true)]
    [InlineData("""{"resourceType":"MedicationRequest","status":"on-hold","medicationCodeableConcept":{"text":"x"}}""", false,
        "suspended", false)]
    [InlineData("""{"resourceType":"MedicationRequest","doNotPerform":true,"medicationCodeableConcept":{"text":"x"}}""", true, null, false)]
    [InlineData("""{"resourceType":"Observation","status":"cancelled","code":{"text":"x"}}""", false, "cancelled", true)]
    [InlineData("""{"resourceType":"Condition","verificationStatus":{"coding":[{"code":"refuted"}]},"code":{"text":"x"}}""", true, null,
        false)]
    [InlineData("""{"resourceType":"Condition","verificationStatus":{"coding":[{"code":"entered-in-error"}]},"code":{"text":"x"}}""",
        false, "nullified", true)]
    public void What_is_not_so_and_what_was_taken_back(string resource, bool isNegated, string? state, bool isWithdrawn)
    {
        var fact = Assert.Single(Documents.Facts(Documents.Bundle("10160-0", resource)).Reading.Facts);
        Assert.Equal((isNegated, state, isWithdrawn), (fact.IsNegated, fact.State, fact.IsWithdrawn));
    }

    [Fact]
    public void Of_a_document_in_error_every_fact_is_taken_back()
    {
        var json = Documents.Bundle("11450-4", """{"resourceType":"Condition","code":{"text":"x"}}""")
            .Replace("\"status\":\"final\",\n\"type\"", "\"status\":\"entered-in-error\",\n\"type\"", StringComparison.Ordinal);
        Assert.True(Assert.Single(Documents.Facts(json).Reading.Facts).IsWithdrawn);
        var header = Documents.Header(json);
        Assert.Equal(FhirDocumentStatus.EnteredInError, header.Header!.Status);
        Assert.Contains(header.Faults, fault => fault is { Kind: FhirFaultKind.EnteredInError, IsRefusal: false });
    }

    [Theory]
    [InlineData("\"valueQuantity\":{\"value\":5,\"comparator\":\"<\",\"unit\":\"mg\"}", "..5 excl mg")]
    [InlineData("\"valueQuantity\":{\"value\":5,\"comparator\":\">=\",\"unit\":\"mg\"}", "5.. mg")]
    [InlineData("\"valueQuantity\":{\"value\":5,\"unit\":\"tablet\",\"system\":\"http://snomed.info/sct\",\"code\":\"732936001\"}",
        "5 tablet")]
    [InlineData("\"valueQuantity\":{\"value\":5,\"unit\":\"per cent\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"%\"}", "5 %")]
    [InlineData("\"valueQuantity\":{\"value\":5,\"comparator\":\"ad\",\"unit\":\"mg\"}", "mg")]
    [InlineData("\"valueRange\":{\"low\":{\"value\":1},\"high\":{\"value\":2}}", "1..2")]
    [InlineData("\"valueRatio\":{\"numerator\":{\"value\":1},\"denominator\":{\"value\":128}}", "1 / 128")]
    [InlineData("\"valueInteger\":7", "7")]
    [InlineData("\"valueBoolean\":false", "False")]
    [InlineData("\"valueString\":\"trouble\"", "trouble")]
    [InlineData("\"valueTime\":\"10:30:00\"", "10:30:00")]
    [InlineData("\"valueDateTime\":\"2026-05\"", "202605")]
    [InlineData("\"valuePeriod\":{\"start\":\"2026-05-01T10:00:00.5+02:00\"}", "20260501100000.5+0200..")]
    [InlineData("\"valueCodeableConcept\":{\"text\":\"rare\"}", "rare")]
    [InlineData("\"dataAbsentReason\":{\"coding\":[{\"code\":\"not-asked\"}]}", "NASK")]
    [InlineData("\"dataAbsentReason\":{\"coding\":[{\"code\":\"not-performed\"}]}", "not-performed")]
    [InlineData("\"_valueString\":{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\","
        + "\"valueCode\":\"unknown\"}]}", "UNK")]
    public void Values_of_every_type_are_as_they_are_written(string value, string expected)
    {
        var fact = Only<Observation>("30954-2", $$"""{"resourceType":"Observation","code":{"text":"x"},{{value}}}""");
        Assert.Equal(expected, Of(Assert.Single(fact.Values)));
    }

    [Fact]
    public void Values_of_other_types_are_counted()
    {
        var result = Documents.Facts(Documents.Bundle(
            "30954-2", """{"resourceType":"Observation","code":{"text":"x"},"valueSampledData":{"data":"1 2 3"}}"""));
        Assert.Empty(Assert.IsType<Observation>(Assert.Single(result.Reading.Facts)).Values);
        Assert.Equal(UnreadReason.OtherKind, Assert.Single(result.Reading.Unread).Reason);
    }

    [Fact]
    public void Who_has_it_and_who_states_it()
    {
        const string others = """
            {"resourceType":"RelatedPerson","id":"r","relationship":[{"coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"MTH"}]}]}
            """;
        const string practitioner = """
            {"resourceType":"Practitioner","name":[{"family":"Dupont","given":["Anne"]}],"identifier":[
            {"system":"http://local","value":"7"},{"system":"https://rpps.esante.gouv.fr","value":"10001234567"}]}
            """;
        var condition = $$"""
            {"resourceType":"Condition","subject":{{Reference(1)}},"recorder":{{Reference(2)}},"recordedDate":"2026-05-01",
            "code":{"text":"x"} }
            """;
        var result = Documents.Facts(Documents.Bundle("11450-4", condition, others, practitioner));
        var fact = Assert.IsType<Problem>(Assert.Single(result.Reading.Facts));
        Assert.Equal(("MTH", "2.16.840.1.113883.5.111"), (fact.Subject!.Code, fact.Subject.System));
        Assert.Equal(
            ("1.2.250.1.71.4.2.1^810001234567", "Anne Dupont", "20260501"),
            (fact.Author!.Id, fact.Author.Name, fact.Author.Time!.Written));

        var family = Only<Observation>("10157-6", """
            {"resourceType":"FamilyMemberHistory","relationship":{"coding":[{"code":"MTH"}]},"condition":[
            {"code":{"text":"diabète"},"onsetAge":{"value":45,"unit":"a"}}]}
            """);
        Assert.Equal(
            (ObservationKind.FamilyHistory, "MTH", "diabète", "45 a"),
            (family.Kind, family.Subject!.Code, family.Values[0].Code!.Text, family.Time!.Low!.Written));
    }

    [Theory]
    [InlineData("A", false)]
    [InlineData("B", true)]
    public void Whom_an_identifier_names_is_the_patient_or_somebody_else(string value, bool isAnother)
    {
        var json = Documents.Bundle("11450-4", $$"""
            {"resourceType":"Condition","code":{"text":"x"},"subject":{"identifier":{"system":"urn:oid:1.2.3","value":"{{value}}"} } }
            """).Replace(
                "\"birthDate\"", "\"identifier\":[{\"system\":\"urn:oid:1.2.3\",\"value\":\"A\"}],\"birthDate\"", StringComparison.Ordinal);
        Assert.Equal(isAnother, Assert.Single(Documents.Facts(json).Reading.Facts).Subject is not null);
    }

    [Theory]
    [InlineData("""{"resourceType":"MedicationStatement","medication":{"concept":{"text":"x"}}}""", FhirFaultKind.EntryOfOtherRelease)]
    [InlineData("""{"resourceType":"Procedure","notDone":true,"code":{"text":"x"}}""", FhirFaultKind.EntryOfOtherRelease)]
    [InlineData("""{"resourceType":"Condition","code":{"text":"x"},"modifierExtension":[{"url":"http://x","valueBoolean":true}]}""",
        FhirFaultKind.Modified)]
    [InlineData("""{"resourceType":"Condition","code":{"text":"x"},"implicitRules":"http://x"}""", FhirFaultKind.Modified)]
    public void What_may_mean_something_else_is_passed_over_and_told(string resource, FhirFaultKind kind)
    {
        var result = Documents.Facts(Documents.Raw("""{"title":"x"}""", resource));
        Assert.Empty(result.Reading.Facts);
        Assert.Equal(("Bundle.entry[2].resource", kind), (Assert.Single(result.Faults).Path, result.Faults[0].Kind));
        Assert.Equal((UnreadReason.OtherKind, 1), (Assert.Single(result.Reading.Unread).Reason, result.Reading.Unread[0].Count));
    }

    [Fact]
    public void Codes_have_all_their_codings_and_systems_are_oids_where_one_is_known()
    {
        var code = Only<Observation>("30954-2", """
            {"resourceType":"Observation","code":{"text":"Hémoglobine","coding":[
            {"system":"http://loinc.org","code":"718-7","display":"Hb"},
            {"system":"urn:oid:1.2.3","code":"A"},{"system":"http://local.example/codes","code":"B"}]},"valueInteger":1}
            """).Code!;
        Assert.Equal(("718-7", Loinc, "Hb", "Hémoglobine"), (code.Code, code.System, code.Display, code.Text));
        Assert.Equal(
            [("A", "1.2.3"), ("B", "http://local.example/codes")], code.Translations.Select(other => (other.Code!, other.System!)));
        Assert.Equal("2.16.840.1.113883.12.203", FhirSystems.OidOf("http://terminology.hl7.org/CodeSystem/v2-0203"));
    }

    private static T Only<T>(string section, string resource)
        where T : Fact => Assert.IsType<T>(Assert.Single(Documents.Facts(Documents.Bundle(section, resource)).Reading.Facts));

    internal static string Reference(int number) => $"{{\"reference\":\"{Documents.Address(number)}\"}}";

    internal static string Of(ObservedValue? value) => value switch
    {
        null => "",
        { Per: { } per } => $"{Of(value with { Per = null })} / {per.Low!.Value}",
        { Quantity: { IsSingle: true } range } => $"{Number(range.Low)} {range.Low!.Unit}".Trim(),
        { Quantity: { } range } => $"{Number(range.Low)}..{Number(range.High)} {range.Low?.Unit ?? range.High?.Unit}".Trim(),
        { Time: { IsSingle: true } time } => time.Low!.Written!,
        { Time: { } time } => $"{time.Low?.Written}..{time.High?.Written}",
        _ => value.Code?.Text ?? value.Truth?.ToString() ?? value.Text ?? value.NullFlavor!,
    };

    private static string Number(Quantity? quantity) =>
        quantity is null ? "" : $"{quantity.Value?.ToString(CultureInfo.InvariantCulture)}{(quantity.IsExclusive ? " excl" : "")}";

    internal static (string? Section, string Title, UnreadReason Reason, int Count) Deconstructed(Unread unread) =>
        (unread.Section, unread.SectionTitle, unread.Reason, unread.Count);
}
