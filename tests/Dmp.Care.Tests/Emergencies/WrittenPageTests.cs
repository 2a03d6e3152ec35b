using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>The page as HTML and as text.</summary>
public sealed partial class WrittenPageTests
{
    /// <summary>What a hostile document may hold.</summary>
    public static TheoryData<string> Hostile =>
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</style></head><base href='https://evil.example'>",
        "dose \u202E05\u202C mg \u2066x\u2069 \u200Fa\u200E \u061C",
        "zero\u200Bwidth\uFEFF \u0000\u0007\u001b[31m",
        "lone \uD800 half and \uDFFF and \uFFFE",
        new string('x', 10_000),
        string.Concat(Enumerable.Repeat("é😀 ", 3_000)),
        "line\nbreak\ttab\r\nand &amp; &#x3c;script&#x3e; ]]> <!-- -->",
        "{\\rtf1} %PDF-1.7 (a) Tj \\) ET endstream",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Whatever_a_document_says_is_text_and_nothing_else(string words)
    {
        var page = Filled(words);
        foreach (var language in new[] { SummaryLanguage.French, SummaryLanguage.English })
        {
            var html = HtmlPage.Write(EmergencySummaryBuilder.Build(page with { Language = language }));
            AssertHarmless(html);
            var text = TextPage.Write(EmergencySummaryBuilder.Build(page with { Language = language }));
            AssertClean(text);
            Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 78, line));
            Assert.InRange(text.Length, 1, 40_000);
        }
    }

    [Fact]
    public void The_page_has_landmarks_headings_and_a_language()
    {
        var english = Parse(HtmlPage.Write(EmergencySummaryBuilder.Build(Filled("x") with { Language = SummaryLanguage.English })));
        Assert.Equal("en", english.Root!.Attribute("lang")!.Value);
        var html = Parse(HtmlPage.Write(EmergencySummaryBuilder.Build(Filled("x"))));
        Assert.Equal("fr", html.Root!.Attribute("lang")!.Value);
        var body = html.Root.Element("body")!;
        Assert.Equal(["header", "main"], body.Elements().Select(element => element.Name.LocalName));
        Assert.Single(body.Descendants("h1"));
        var sections = body.Descendants("section").ToList();
        Assert.All(sections, section => Assert.Equal(
            section.Attribute("aria-labelledby")!.Value, Assert.Single(section.Elements("h2")).Attribute("id")!.Value));
        Assert.Equal(
            [
                "allergies", "dangerous", "interactions", "medicines", "problems", "visits", "results", "devices", "pregnancy",
                "blood-group", "people", "wishes", "not-found",
            ],
            sections.Select(section => section.Attribute("id")!.Value));
        Assert.Equal(sections.Count, sections.Select(section => section.Attribute("id")!.Value).Distinct().Count());
    }

    /// <summary>WCAG 1.4.6: 7 to 1, though AA asks for 4.5.</summary>
    [Fact]
    public void Every_colour_of_words_stands_out_from_every_background()
    {
        var style = HtmlPage.Write(Page());
        var words = TextColour().Matches(style).Select(match => match.Groups[1].Value).Distinct().ToList();
        var backgrounds = Background().Matches(style).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.Equal((3, 2), (words.Count, backgrounds.Count));
        Assert.All(
            from word in words from background in backgrounds select (word, background),
            pair => Assert.True(Contrast(pair.word, pair.background) >= 7, $"{pair}: {Contrast(pair.word, pair.background)}"));
    }

    [Fact]
    public void What_did_not_fit_is_opened_without_a_script()
    {
        var page = Page(Letter("1", "20260101", [.. Enumerable.Range(1, 9).Select(number => Allergy($"Allergène {number}", "active"))]));
        var html = Parse(HtmlPage.Write(page));
        var details = Assert.Single(html.Descendants("details"));
        Assert.Equal("+ 3 autres : Allergène 7, Allergène 8, Allergène 9", details.Element("summary")!.Value);
        Assert.Equal(3, details.Descendants("li").Count());
    }

    /// <summary>A page with these words everywhere that documents, the record and wishes have words.</summary>
    internal static SummaryInput Filled(string words)
    {
        CareDocument[] documents =
        [
            Paper(
                "1",
                "202610301000",
                "15507-7",
                [
                    Allergy(words, "active", change: allergy => allergy.Reactions.Add(new Facts.V1.Reaction
                    {
                        Manifestation = new Facts.V1.CodedValue { Display = words },
                    })),
                    NoAllergy(words),
                    Listed("COUMADINE " + words, dose: words),
                    Listed("KARDEGIC", dose: words),
                    Listed(words),
                    Problem(words, low: words),
                    Visit("IMP", "20250101", place: words),
                    Device(words, "20190101", "IRM " + words),
                    Observed("82810-3", Coded("77386006", words), words, Facts.V1.ObservationKind.Pregnancy),
                    Observed("75779-9", Coded("1", words), "", Facts.V1.ObservationKind.AdvanceDirective, words),
                ],
                title: words),
            Results(
                "2",
                "20261001",
                Measured("14682-9", words, words, "20261001", words),
                Observed("882-1", Coded("1", "A positif " + words), "", Facts.V1.ObservationKind.BloodGroup)),
        ];
        documents[0].Metadata.Authors[0].Person.FamilyName = words;
        documents[0].Metadata.Authors[0].Institution.Name = words;
        documents[0].Metadata.Type.Display = words;
        var input = Input(documents);
        var person = Person();
        person.Traits.BirthFamilyName = words;
        person.AdministrativeData.UsedGivenName = words;
        input = input with
        {
            Record = person,
            Unread = [Paper("3", "20260101", "11502-2", [], title: words)],
            Wishes = new SummaryWishes(
                [new SummaryPerson(SummaryPersonKind.TrustedPerson, words, words, words, Now)],
                [new SummaryDirective(new DateOnly(2026, 1, 1), words)],
                new SummaryDonation(SummaryDonationKind.OpposedInPart, words, Now)),
        };
        input.Unread[0].Metadata.Type.Display = words;
        input.Strip.Reader.Name = words;
        return input.WithRules((0, 1, [(Interactions.V1.InteractionLevel.Contraindication, words)]));
    }

    internal static void AssertClean(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            Assert.False(
                Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                || (Rune.IsControl(rune) && rune.Value != '\n'),
                $"U+{rune.Value:X4}");
        }
    }

    private static void AssertHarmless(string html)
    {
        var parsed = Parse(html);
        string[] known =
        [
            "html", "head", "meta", "title", "style", "body", "header", "main", "h1", "h2", "p", "section", "ul", "li", "span", "details",
            "summary",
        ];
        string[] attributes = ["lang", "charset", "name", "content", "http-equiv", "class", "id", "aria-labelledby"];
        Assert.All(parsed.Descendants(), element => Assert.Contains(element.Name.LocalName, known));
        Assert.All(
            parsed.Descendants().SelectMany(element => element.Attributes()),
            attribute => Assert.Contains(attribute.Name.LocalName, attributes));
        Assert.Empty(parsed.DescendantNodes().OfType<XComment>());
        AssertClean(string.Concat(parsed.Descendants("body").Select(body => body.Value)));
        Assert.DoesNotContain("url(", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", html, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(html.Length, 1, 120_000);
    }

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace);
    }

    private static double Contrast(string one, string other)
    {
        var (first, second) = (Luminance(one), Luminance(other));
        return (Math.Max(first, second) + 0.05) / (Math.Min(first, second) + 0.05);
    }

    private static double Luminance(string colour)
    {
        var digits = colour.Length == 3 ? string.Concat(colour.Select(digit => $"{digit}{digit}")) : colour;
        double Part(int place)
        {
            var value = int.Parse(digits.AsSpan(place * 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.03928 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Part(0)) + (0.7152 * Part(1)) + (0.0722 * Part(2));
    }

    [GeneratedRegex("[;{]color:#([0-9a-f]{3,6})")]
    private static partial Regex TextColour();

    [GeneratedRegex("background:#([0-9a-f]{3,6})")]
    private static partial Regex Background();
}
