using System.Globalization;
using Dmp.Facts.Model;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>Where statements stand: in sections, in each other, in batteries and lists; and where references lead.</summary>
public sealed class PlaceTests
{
    [Fact]
    public void Components_members_remarks_and_batteries_stand_where_they_belong()
    {
        var report = $$$"""
            {"resourceType":"DiagnosticReport","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}]},
            "effectiveDateTime":"2026-05-01","conclusion":"Anémie","result":[{{{ReadingTests.Reference(1)}}}],
            "presentedForm":[{"contentType":"application/pdf"}]}
            """;
        var panel = $$$"""
            {"resourceType":"Observation","code":{"text":"panel"},"hasMember":[{{{ReadingTests.Reference(0)}}}],
            "component":[{"code":{"text":"a"},"valueInteger":1},
            {"code":{"text":"b"},"interpretation":[{"coding":[{"code":"H"}]}]},{"id":"e"}],
            "note":[{"text":"à contrôler","time":"2026-05-02","authorString":"Dr Exemple"}]}
            """;
        const string member = """{"resourceType":"Observation","code":{"text":"member"},"valueInteger":2}""";
        var reading = Documents.Facts(Documents.Bundle("30954-2", member, panel, report)).Reading;

        // The section lists the member first; it stands with what holds it all the same.
        Assert.Equal(
            ["1 1  Anémie", "1 2  ", "1 3 2 1", "1 4 2 ", "1 6 2 à contrôler", "1 7 2 2"],
            reading.Facts.Select(fact => string.Create(
                CultureInfo.InvariantCulture,
                $"{fact.Source.Entry} {fact.Source.Place} {fact.Source.Within} {fact switch
                {
                    Remark => fact.Text,
                    _ => ReadingTests.Of(Value(fact)),
                }}")));
        var observations = reading.Of<Observation>();
        Assert.Equal(["58410-2", "panel"], observations[^1].Panels.Select(code => code.Code ?? code.Text));
        Assert.Equal("20260501", observations[1].PanelTime!.Low!.Written);
        Assert.Equal(["COMP", "SUBJ"], new[] { observations[2], reading.Facts[4] }.Select(fact => fact.Source.Relation));
        Assert.Equal(("Dr Exemple", "20260502"), (reading.Of<Remark>()[0].Author!.Name, reading.Of<Remark>()[0].Time!.Low!.Written));
        Assert.Equal(
            [(UnreadReason.Linked, 1), (UnreadReason.SaysNothing, 1)], reading.Unread.Select(unread => (unread.Reason, unread.Count)));
    }

    [Fact]
    public void A_report_that_no_section_refers_to_is_the_battery_of_its_results()
    {
        var report = $$"""
            {"resourceType":"DiagnosticReport","code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}]},
            "result":[{{ReadingTests.Reference(0)}}] }
            """;
        var section = $$$"""{"title":"Chimie","code":{"coding":[{"code":"18719-5"}]},"entry":[{{{ReadingTests.Reference(0)}}}]}""";
        var observation = """{"resourceType":"Observation","code":{"text":"x"},"valueInteger":1}""";
        var result = Documents.Facts(Documents.Raw(section, observation, report));
        var fact = Assert.IsType<Observation>(Assert.Single(result.Reading.Facts));
        Assert.Equal(("18719-5", "Chimie", "58410-2"), (fact.Source.Section, fact.Source.SectionTitle, Assert.Single(fact.Panels).Code));
        Assert.Equal(1, Assert.Single(result.Resources, count => count.Type == "DiagnosticReport").Stated);

        // Without a section both are read, and told by none.
        result = Documents.Facts(Documents.Raw("""{"title":"Vide"}""", observation, report));
        fact = Assert.IsType<Observation>(Assert.Single(result.Reading.Facts));
        Assert.Equal((null, "", 2), (fact.Source.Section, fact.Source.SectionTitle, fact.Source.Place));
    }

    [Fact]
    public void What_two_sections_name_is_a_fact_in_both_and_what_one_names_is_one()
    {
        static string Section(string code, params int[] entries) => $$"""
            {"code":{"coding":[{"code":"{{code}}"}]},"entry":[{{string.Join(',', entries.Select(ReadingTests.Reference))}}] }
            """;
        var report = $$"""
            {"resourceType":"DiagnosticReport","code":{"text":"r"},"result":[{{ReadingTests.Reference(0)}},{{ReadingTests.Reference(2)}}] }
            """;
        static string Observation(string code) => $$"""{"resourceType":"Observation","code":{"text":"{{code}}"} }""";
        var facts = Documents.Facts(Documents.Raw(
            $"{Section("A", 1)},{Section("B", 0, 0)},{Section("C", 3)},{Section("D", 3)}",
            Observation("x"), report, Observation("y"), Observation("z"))).Reading.Of<Observation>();
        Assert.Equal(["A y r", "B x r", "C z ", "D z "], facts.Select(
            fact => $"{fact.Source.Section} {fact.Code!.Text} {(fact.Panels is [var panel] ? panel.Text : "")}"));
        Assert.Equal([1, 2, 3, 4], facts.Select(fact => fact.Source.Entry));
    }

    [Fact]
    public void References_lead_into_the_bundle_only()
    {
        const string statement = """
            {"resourceType":"MedicationStatement","id":"m","contained":[{"resourceType":"Medication","id":"c","code":{"text":"contenu"},
            "ingredient":[{"itemCodeableConcept":{"text":"paracétamol"},"strength":{"numerator":{"value":500,"unit":"mg"},
            "denominator":{"value":1}}}],"batch":{"lotNumber":"L1"}}],"medicationReference":{"reference":"TARGET"}}
            """;
        string? Name(string target, string address)
        {
            var json = Documents.Bundle(
                    "10160-0",
                    statement.Replace("TARGET", target, StringComparison.Ordinal),
                    """{"resourceType":"Medication","id":"7","code":{"text":"entrée"}}""")
                .Replace($"\"fullUrl\":\"{Documents.Address(1)}\"", $"\"fullUrl\":\"{address}\"", StringComparison.Ordinal)
                .Replace($",{{\"reference\":\"{Documents.Address(1)}\"}}", "", StringComparison.Ordinal);
            return Documents.Facts(json).Reading.Of<Medication>()[0].Product.Name;
        }

        Assert.Equal("contenu", Name("#c", "https://a.example/fhir/Medication/7"));
        Assert.Equal("entrée", Name("Medication/7", "https://a.example/fhir/Medication/7"));
        Assert.Equal("entrée", Name("Medication/7/_history/2", "https://a.example/fhir/Medication/7"));
        Assert.Equal("entrée", Name("https://a.example/fhir/Medication/7", "https://a.example/fhir/Medication/7"));
        Assert.Equal("entrée", Name("URN:UUID:20000000-0000-4000-8000-00000000000A", "urn:uuid:20000000-0000-4000-8000-00000000000a"));
        Assert.Null(Name("https://b.example/fhir/Medication/7", "https://a.example/fhir/Medication/7"));
        Assert.Null(Name("Medication?identifier=7", "https://a.example/fhir/Medication/7"));

        var contained = Only<Medication>("10160-0", statement.Replace("TARGET", "#c", StringComparison.Ordinal)).Product;
        var ingredient = Assert.Single(contained.Ingredients);
        Assert.Equal(
            ("paracétamol", "L1", 500m, "mg"),
            (ingredient.Name, contained.Lot, ingredient.Numerator!.Value, ingredient.Numerator.Unit));
    }

    [Fact]
    public void An_entry_that_leads_elsewhere_is_counted()
    {
        var result = Documents.Facts(Documents.Raw("""{"title":"x","entry":[{"reference":"https://b.example/fhir/Condition/1"}]}"""));
        Assert.Equal((null, "x", UnreadReason.Linked, 1), ReadingTests.Deconstructed(Assert.Single(result.Reading.Unread)));
        Assert.Equal("Bundle.entry[0].resource.section.entry[0]", Assert.Single(result.Faults).Path);
    }

    /// <summary>A result that does not say what was examined: its panel says it, or its report where that is of one thing.</summary>
    [Fact]
    public void What_was_examined_is_said_by_what_a_result_stands_in()
    {
        const string result = """{"resourceType":"Observation","code":{"text":"x"},"valueInteger":1}""";
        const string specimen = """{"resourceType":"Specimen","type":{"text":"sang"}}""";
        string Report(params int[] specimens) => $$"""
            {"resourceType":"DiagnosticReport","code":{"text":"r"},"result":[{{ReadingTests.Reference(0)}}],
            "specimen":[{{string.Join(',', specimens.Select(ReadingTests.Reference))}}] }
            """;
        var section = $$"""{"entry":[{{ReadingTests.Reference(0)}}]}""";
        string? Specimen(string report) => Documents.Facts(Documents.Raw(section, result, report, specimen, specimen))
            .Reading.Of<Observation>()[0].Specimen?.Text;
        Assert.Equal("sang", Specimen(Report(2)));
        Assert.Null(Specimen(Report(2, 3)));
        var panel = $$"""
            {"resourceType":"Observation","code":{"text":"p"},"hasMember":[{{ReadingTests.Reference(0)}}],"specimen":{"display":"urine"} }
            """;
        Assert.All(
            Documents.Facts(Documents.Bundle("30954-2", result, panel)).Reading.Of<Observation>(),
            fact => Assert.Equal("urine", fact.Specimen!.Text));
    }

    [Fact]
    public void A_list_holds_statements_and_states_nothing_itself()
    {
        const string condition = """{"resourceType":"Condition","code":{"text":"x"}}""";
        var list = $$"""
            {"resourceType":"List","entry":[{"item":{{ReadingTests.Reference(1)}} },{"deleted":true,"item":{{ReadingTests.Reference(2)}} }]}
            """;
        var section = $$$"""
            {"title":"Antécédents","code":{"coding":[{"code":"11348-0"}]},
            "entry":[{{{ReadingTests.Reference(0)}}},{{{ReadingTests.Reference(3)}}}]}
            """;
        var result = Documents.Facts(Documents.Raw(section, list, condition, condition, """{"resourceType":"DocumentReference"}"""));
        Assert.Equal([("11348-0", 2), (null, 1)], result.Reading.Facts.Select(fact => (fact.Source.Section, fact.Source.Place)));
        Assert.Equal(("11348-0", "Antécédents", UnreadReason.Linked, 1), ReadingTests.Deconstructed(Assert.Single(result.Reading.Unread)));
        Assert.Equal(["List 1 0 0", "DocumentReference 0 0 1"], result.Resources
            .Where(count => count.Type is "List" or "DocumentReference")
            .Select(count => $"{count.Type} {count.Stated} {count.Parts} {count.Unread}"));
    }

    /// <summary>A section may name what its statements are made of: that is neither a fact of its own nor unread.</summary>
    [Fact]
    public void Parts_that_a_section_names_are_parts()
    {
        var result = Documents.Facts(Documents.Bundle(
            "10160-0",
            """{"resourceType":"Medication","code":{"text":"x"}}""",
            $$"""{"resourceType":"MedicationStatement","medicationReference":{{ReadingTests.Reference(0)}} }""",
            """{"resourceType":"Device","type":{"text":"y"}}""",
            $$"""{"resourceType":"DeviceUseStatement","device":{{ReadingTests.Reference(2)}} }""",
            """{"resourceType":"Organization","name":"z"}""",
            """{"resourceType":"Dupont Jeanne"}"""));
        Assert.Equal(2, result.Reading.Facts.Count);
        Assert.Equal(("10160-0", "Section", UnreadReason.OtherKind, 2), ReadingTests.Deconstructed(Assert.Single(result.Reading.Unread)));
        Assert.Equal(
            ["Composition 0 1 0", "Patient 0 1 0", "Medication 0 1 0", "MedicationStatement 1 0 0", "Device 0 1 0",
                "DeviceUseStatement 1 0 0", "Organization 0 0 1", "? 0 0 1"],
            result.Resources.Select(count => $"{count.Type} {count.Stated} {count.Parts} {count.Unread}"));
    }

    private static T Only<T>(string section, string resource)
        where T : Fact => Assert.IsType<T>(Assert.Single(Documents.Facts(Documents.Bundle(section, resource)).Reading.Facts));

    private static ObservedValue? Value(Fact fact) => fact is Observation { Values: [var value, ..] } ? value : null;
}
