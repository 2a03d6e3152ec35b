using System.Text;
using Dmp.Search.Text;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>The words of a document, by format.</summary>
public sealed class TextTests
{
    private const string Rtf =
        """
        {\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset238 Times;}}
        {\colortbl;\red0\green0\blue0;}{\stylesheet{\s0 Normal;}}{\info{\title cach\'e9}}{\*\generator Riched20;}
        \f0 Compte rendu d\rquote h\'e9mat\'e9m\'e8se\par
        Tension\tab 12/8 \u8805?\uc2\u233\'c3\'a9t\'e9\line\b gras\b0  fin{\f1\'b3}{\pict\pngblip 89504e47}\cell suite\par}
        """;

    [Fact]
    public void Sections_of_a_structured_document_are_told_with_code_and_title()
    {
        var text = ReadCda(
            """
            <component><section><code code="48765-2"/><title>Allergies et intolérances</title>
            <text><table><tbody><tr><td>Pénicilline</td><td>urticaire</td></tr><tr><td>Arachide</td></tr></tbody></table>
            <paragraph>H<sub>2</sub>O</paragraph></text>
            <entry><observation><code displayName="caché"/></observation></entry>
            <component><section><title>Chapitre</title><component><section><code code="1-8"/><text>mots</text></section></component>
            </section></component></section></component>
            """);
        Assert.Empty(text.Unread);
        Assert.Equal(
            [
                new TextSection("Allergies et intolérances", "48765-2", "Pénicilline urticaire\nArachide\nH2O"),
                new TextSection("", "1-8", "mots"),
                new TextSection("Chapitre", null, ""),
            ],
            text.Sections);
    }

    [Theory]
    [InlineData("application/pdf")]
    [InlineData("text/rtf")]
    [InlineData("text/plain")]
    public void The_file_of_a_document_of_level_1_is_read(string mediaType)
    {
        var file = mediaType switch
        {
            "application/pdf" => Pdfs.Of("Fracture du fémur"),
            "text/rtf" => @"{\rtf1\ansi Fracture du f\'e9mur}"u8.ToArray(),
            _ => Encoding.Latin1.GetBytes("Fracture du fémur"),
        };
        var base64 = Convert.ToBase64String(file, Base64FormattingOptions.InsertLineBreaks);
        var body = $"<nonXMLBody><text mediaType=\"{mediaType}\" representation=\"B64\">{base64}</text></nonXMLBody>";
        var text = Read(Body(body), "text/xml");
        Assert.Empty(text.Unread);
        var section = Assert.Single(text.Sections);
        Assert.Equal("Fracture du fémur", section.Text);
        Assert.Equal(mediaType == "application/pdf" ? 1 : null, section.Page);
    }

    [Fact]
    public void Words_without_base_64_are_the_body_of_level_1_too()
    {
        Assert.Equal("Bonjour", Assert.Single(Read(Body("<nonXMLBody><text>Bonjour</text></nonXMLBody>"), "text/xml").Sections).Text);
        var elsewhere = Read(Body("<nonXMLBody><text><reference value=\"http://x/y\"/></text></nonXMLBody>"), "text/xml");
        Assert.Equal([new UnreadText(UnreadReason.Elsewhere, 1)], elsewhere.Unread);
    }

    [Fact]
    public void A_copy_in_a_section_is_told_with_it_and_pictures_are_told_as_such()
    {
        var pdf = Convert.ToBase64String(Pdfs.Of("Une", "Deux"));
        var text = ReadCda(
            $"""
            <component><section><code code="55108-5"/><title>Copie</title><text>voir la copie</text>
            <entry><observationMedia><value mediaType="application/pdf" representation="B64">{pdf}</value></observationMedia></entry>
            <entry><observationMedia><value mediaType="image/jpeg" representation="B64">{pdf}</value></observationMedia></entry>
            <entry><observationMedia><value mediaType="text/html" representation="B64">{pdf}</value></observationMedia></entry>
            <entry><observationMedia><value mediaType="application/pdf" representation="B64">!</value></observationMedia></entry>
            <entry><observationMedia><value mediaType="application/pdf" representation="B64" compression="DF">{pdf}</value>
            </observationMedia></entry></section></component>
            """);
        Assert.Equal(
            [("voir la copie", (int?)null), ("Une", 1), ("Deux", 2)],
            text.Sections.Select(section => (section.Text, section.Page)));
        Assert.All(text.Sections, section => Assert.Equal(("Copie", "55108-5"), (section.Title, section.Code)));
        Assert.Equal(
            [
                new UnreadText(UnreadReason.Damaged, 1), new UnreadText(UnreadReason.NoText, 1),
                new UnreadText(UnreadReason.OtherFormat, 2),
            ],
            text.Unread);
    }

    [Fact]
    public void Words_of_an_rtf_are_read_without_its_tables()
    {
        var text = Read(Encoding.ASCII.GetBytes(Rtf), "application/rtf");
        Assert.Empty(text.Unread);
        Assert.Equal(
            "Compte rendu d’hématémèse\nTension 12/8 ≥été\ngras finł suite", Assert.Single(text.Sections).Text);
    }

    [Fact]
    public void Rtf_counts_what_stands_for_readers_without_unicode_and_passes_over_bytes()
    {
        Assert.Equal("a\U0001F600b", Plain(@"{\rtf1 a\u-10179?\u-8704?b}"));
        Assert.Equal("ab", Plain("{\\rtf1 a\\bin5 {{{{}b}"));
        Assert.Equal("{a}\\b c-d", Plain(@"{\rtf1 \{a\}\\b\~c\_d}"));
        Assert.Equal("Привет", Plain(@"{\rtf1\ansicpg1252{\fonttbl{\f0\fcharset204 A;}}\f0\'cf\'f0\'e8\'e2\'e5\'f2}"));

        static string Plain(string rtf) => Assert.Single(Read(Encoding.Latin1.GetBytes(rtf), "text/rtf").Sections).Text;
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("iso-8859-1")]
    public void Plain_text_is_read_in_its_encoding(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes("Décès à 5 h\r\n\r\n  œdème?  é".Replace('œ', 'o'))];
        Assert.Equal("Décès à 5 h\nodème? é", Assert.Single(Read(bytes, "text/plain; charset=x").Sections).Text);
    }

    [Fact]
    public void Text_of_windows_is_no_latin_1()
    {
        Assert.Equal("cœur – 5 €", Assert.Single(Read([.. "c"u8, 0x9C, .. "ur "u8, 0x96, .. " 5 "u8, 0x80], "text/plain").Sections).Text);
        Assert.Equal([new UnreadText(UnreadReason.OtherFormat, 1)], Read([1, 0, 200, 0, 3], "text/plain").Unread);
    }

    [Fact]
    public void Words_of_a_pdf_stand_apart_and_lines_end()
    {
        var text = Read(Pdfs.Of("Hémoglobine 12,5 g/dL\nCréatinine 80 µmol/L", "", "Fin"), "application/pdf");
        Assert.Equal(
            [("Hémoglobine 12,5 g/dL\nCréatinine 80 µmol/L", (int?)1), ("Fin", 3)],
            text.Sections.Select(section => (section.Text, section.Page)));
        Assert.Equal([new UnreadText(UnreadReason.NoText, 1)], text.Unread);
    }

    [Theory]
    [InlineData("image/jpeg", UnreadReason.NoText)]
    [InlineData("application/dicom", UnreadReason.NoText)]
    [InlineData("application/zip", UnreadReason.OtherFormat)]
    [InlineData("text/rtf", UnreadReason.OtherFormat)]
    [InlineData("text/xml", UnreadReason.OtherFormat)]
    [InlineData("application/pdf", UnreadReason.Damaged)]
    public void What_has_no_words_is_told(string mimeType, UnreadReason reason)
    {
        var text = Read("<a>mots</a>"u8.ToArray(), mimeType);
        Assert.Empty(text.Sections);
        Assert.Equal([new UnreadText(reason, 1)], text.Unread);
    }

    internal static DocumentText Read(byte[] bytes, string mimeType, TextLimits? limits = null)
    {
        using var stream = new MemoryStream(bytes);
        return DocumentText.Read(stream, mimeType, limits, TestContext.Current.CancellationToken);
    }

    internal static DocumentText ReadCda(string sections, TextLimits? limits = null) =>
        Read(Body($"<structuredBody>{sections}</structuredBody>"), "text/xml", limits);

    internal static byte[] Body(string body) => Encoding.UTF8.GetBytes(
        $"<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>Titre</title><component>{body}</component></ClinicalDocument>");
}
