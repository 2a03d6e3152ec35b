using System.Text;
using System.Text.Json;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>The words that a document has for people.</summary>
public sealed class NarrativeTests
{
    public static TheoryData<string> Samples => [.. Documents.Samples()];

    [Fact]
    public void Sections_come_first_and_what_they_repeat_is_left_out()
    {
        var result = Read(Documents.Raw(
            $$$"""
            {"title":"Allergies\net intolérances","code":{"coding":[{"code":"x"},{"system":"http://loinc.org","code":"48765-2"}]},
            "text":{"div":"{{{Div(
                "<table><tr><td>Pénicilline</td><td>urti<b>caire</b></td></tr><tr><td>H<sub>2</sub>O</td></tr></table>")}}}"},
            "section":[{"title":"Dedans","text":{"div":"{{{Div("<p>Un</p><ul><li>deux</li><li>trois</li></ul>quatre<br/>cinq")}}}"}}]},
            {"title":"Sans mots"},{"code":{"coding":[{"system":"urn:x","code":"1"}]},"text":{"div":"<p>sans titre</p>"}}
            """,
            Resource("<p>Pénicilline urticaire</p>"),
            Resource("<p>urticaire Pénicilline</p>"),
            Resource("<p>deux</p>"),
            "{\"resourceType\":\"Basic\",\"modifierExtension\":[{\"url\":\"u\"}],\"text\":{\"div\":\"<p>autre</p>\"}}"));
        Assert.DoesNotContain(result.Faults, fault => fault.IsRefusal);
        Assert.Equal(
            [
                new FhirNarrative("Allergies et intolérances", "48765-2", "Pénicilline urticaire\nH2O", false),
                new FhirNarrative("Dedans", null, "Un\ndeux\ntrois\nquatre\ncinq", false),
                new FhirNarrative("Sans mots", null, "", false),
                new FhirNarrative("", null, "sans titre", false),
                new FhirNarrative("", null, "urticaire Pénicilline", false),
                new FhirNarrative("", null, "autre", false),
            ],
            result.Narratives);
    }

    [Theory]
    [InlineData("<p>a&nbsp;b &eacute;&bad;</p>", "a b é&bad;")]
    [InlineData("<p>un<br>deux<p>trois", "un\ndeux\ntrois")]
    [InlineData("1 < 2 <3 a<!-- caché --><![CDATA[<b>]]>", "1 < 2 <3 a<b>")]
    [InlineData("<p title=\"a > b\">mots</p><p a='>suite", "mots\nsuite")]
    [InlineData("<", "<")]
    [InlineData("</", "</")]
    public void Markup_need_not_be_well_formed(string div, string words)
    {
        var result = Read(Documents.Raw($"{{\"text\":{{\"div\":{JsonSerializer.Serialize(div)}}}}}"));
        Assert.Equal(words, Assert.Single(result.Narratives).Text);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Both_formats_have_the_same_words(string sample)
    {
        var json = Documents.Sample(sample);
        var (narratives, others) = (FhirReader.ReadNarratives(json), FhirReader.ReadNarratives(LibraryTests.Xml(json)));
        Assert.NotEmpty(narratives.Narratives);
        Assert.Equal(narratives.Narratives, others.Narratives);
        Assert.All(narratives.Narratives, narrative => Assert.False(narrative.IsCut));
    }

    [Fact]
    public void A_section_of_a_sample_is_told_with_its_code()
    {
        var narratives = FhirReader.ReadNarratives(Documents.Sample("eps/Bundle-06a6d546-9900-486f-838f-86e7e179618c")).Narratives;
        Assert.Contains(narratives,
            narrative => narrative is { Code: "11450-4", Title.Length: > 0 } && narrative.Text.Contains('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void A_section_of_a_megabyte_is_read_whole_where_the_caller_allows_it()
    {
        var words = string.Join(' ', Enumerable.Range(0, 150_000));
        var json = Encoding.UTF8.GetBytes(Documents.Raw($"{{\"text\":{{\"div\":\"<div>{words}</div>\"}}}}"));
        var xml = Encoding.UTF8.GetBytes(
            $"""
            <Bundle xmlns="http://hl7.org/fhir"><type value="document"/><entry><resource><Composition><section><text>
            <div xmlns="http://www.w3.org/1999/xhtml">{words}</div></text></section></Composition></resource></entry></Bundle>
            """);
        var options = new FhirReaderOptions { ValueCharsMax = 10_000_000 };
        foreach (var bytes in new[] { json, xml })
        {
            Assert.Equal(words, Assert.Single(FhirReader.ReadNarratives(bytes, options).Narratives).Text);
            Assert.True(Assert.Single(FhirReader.ReadNarratives(bytes).Narratives).IsCut);
        }
    }

    [Fact]
    public void Narratives_that_repeat_without_end_are_answered()
    {
        var again = string.Concat(Enumerable.Repeat("a ", 200_000));
        var result = FhirReader.ReadNarratives(
            Encoding.UTF8.GetBytes(Documents.Raw(
                $"{{\"text\":{{\"div\":\"{again}\"}}}}", [.. Enumerable.Repeat(Resource($"{again[..20_000]}b"), 500)])),
            new FhirReaderOptions { ValueCharsMax = 1_000_000 });
        Assert.Equal(501, result.Narratives.Count);
        Assert.True(FhirReader.ReadNarratives("{}"u8.ToArray()).Faults[^1].IsRefusal);
    }

    private static FhirNarrativeResult Read(string json) => FhirReader.ReadNarratives(Encoding.UTF8.GetBytes(json));

    private static string Div(string markup) => $"<div>{markup}</div>";

    private static string Resource(string div) => $"{{\"resourceType\":\"Basic\",\"text\":{{\"div\":\"{div}\"}}}}";
}
