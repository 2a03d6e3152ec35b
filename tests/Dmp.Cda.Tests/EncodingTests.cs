using System.Text;
using Xunit;

namespace Dmp.Cda.Tests;

public sealed class EncodingTests
{
    public static TheoryData<string, int, bool> Good => new()
    {
        { "UTF-8", 65001, false },
        { "utf-8", 65001, true },
        { "", 65001, false },
        { "", 65001, true },
        { "UTF-16", 1200, true },
        { "UTF-16", 1201, true },
        { "utf-16le", 1200, false },
        { "UTF-16BE", 1201, false },
        { "", 1200, true },
        { "ISO-8859-1", 28591, false },
        { "iso-8859-15", 28605, false },
        { "windows-1252", 1252, false },
    };

    public static TheoryData<string, int, bool> Bad => new()
    {
        { "UTF-16", 65001, false },
        { "UTF-8", 1200, true },
        { "UTF-8", 1201, true },
        { "UTF-16BE", 1200, true },
        { "ISO-8859-1", 65001, true },
        { "UTF-8", 28591, false },
        { "", 28591, false },
        { "US-ASCII", 28591, false },
        { "UTF-7", 65001, false },
        { "UTF-32", 65001, false },
        { "ebcdic-cp-fr", 65001, false },
        { "no-such", 65001, false },
        { "UTF-32", 12000, true },
        { "", 12001, true },
        { "", 12000, false },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public async Task Accents_are_read_in_every_encoding_of_the_list(string declared, int codePage, bool hasMark)
    {
        var read = await SampleText.ReadAsync(
            Encode(declared, codePage, hasMark, "Compte rendu d'été à l'hôpital"), new CdaReaderOptions { ReadWhole = true });
        Assert.Empty(read.Faults);
        Assert.Equal("Compte rendu d'été à l'hôpital", read.Document!.Title);
    }

    [Fact]
    public async Task The_euro_tells_the_fifteenth_alphabet_from_the_first() =>
        Assert.Equal("12 €", (await SampleText.ReadAsync(Encode("ISO-8859-15", 28605, false, "12 €"))).Document!.Title);

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task An_encoding_that_does_not_fit_or_is_not_read_is_refused(string declared, int codePage, bool hasMark)
    {
        var read = await SampleText.ReadAsync(Encode(declared, codePage, hasMark, "été"));
        Assert.Null(read.Document);
        Assert.Equal(CdaFaultKind.Encoding, Assert.Single(read.Faults).Kind);
    }

    [Fact]
    public async Task Two_byte_order_marks_are_refused()
    {
        byte[] content = [0xEF, 0xBB, 0xBF, .. Encode("UTF-8", 65001, true, "x")];
        Assert.Equal(CdaFaultKind.Encoding, Assert.Single((await SampleText.ReadAsync(content)).Faults).Kind);
    }

    [Fact]
    public async Task UTF_7_is_refused()
    {
        var content = "+ADw-ClinicalDocument xmlns=+ACI-urn:hl7-org:v3+ACI-/+AD4-"u8.ToArray();
        Assert.Equal(CdaFaultKind.Encoding, Assert.Single((await SampleText.ReadAsync(content)).Faults).Kind);
    }

    [Theory]
    [InlineData("\n\n  ")]
    [InlineData("\t\r\n")]
    public async Task Blanks_before_the_declaration_are_passed_by(string blanks) =>
        Assert.Empty((await SampleText.ReadAsync(blanks + SampleText.Whole)).Faults);

    [Fact]
    public async Task Any_prefix_may_stand_for_the_namespace()
    {
        var text = System.Text.RegularExpressions.Regex.Replace(SampleText.Whole, "<(/?)([A-Za-z]+)(?=[ />])(?!:)", "<$1h:$2")
            .Replace("xmlns=\"urn:hl7-org:v3\"", "xmlns:h=\"urn:hl7-org:v3\"", StringComparison.Ordinal);
        Assert.Contains("<h:ClinicalDocument", text, StringComparison.Ordinal);
        var read = await SampleText.ReadAsync(text, new CdaReaderOptions { ReadWhole = true });
        Assert.Empty(read.Faults);
        Assert.Equal("Lettre de sortie", read.Document!.Title);
    }

    [Fact]
    public async Task A_stylesheet_around_the_document_is_read_as_data()
    {
        var bare = SampleText.Whole[SampleText.Whole.IndexOf("<ClinicalDocument", StringComparison.Ordinal)..];
        var read = await SampleText.ReadAsync(
            "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:template match=\"/\">"
            + "<xsl:message terminate=\"yes\">never</xsl:message></xsl:template>"
            + $"<d:data xmlns:d=\"urn:data\">{bare}</d:data><xsl:include href=\"http://127.0.0.1:1/x\"/></xsl:stylesheet>",
            new CdaReaderOptions { ReadWhole = true });
        Assert.Empty(read.Faults);
        Assert.True(read.Document!.IsSelfPresenting);
        Assert.Equal("Lettre de sortie", read.Document.Title);
        Assert.Equal("application/xslt+xml", CdaMetadata.From(read.Document).MediaType);
    }

    private static byte[] Encode(string declared, int codePage, bool hasMark, string title)
    {
        var text = SampleText.With("Lettre de\n    sortie", title)
            .Replace(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>", declared.Length == 0 ? "" : $"<?xml version='1.0' encoding='{declared}' ?>",
                StringComparison.Ordinal)
            .Replace("<!-- Essai -->", "", StringComparison.Ordinal);
        text = codePage is 28591 or 28605 or 1252 ? text : text.Replace("ÉTÉ", "ÉTÉ Ω", StringComparison.Ordinal);
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? Encoding.GetEncoding(codePage);
        return [.. hasMark ? encoding.GetPreamble() : [], .. encoding.GetBytes(text.TrimStart())];
    }
}
