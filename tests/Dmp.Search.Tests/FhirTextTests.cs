using System.Text;
using CsCheck;
using Dmp.Search.Index;
using Dmp.Search.Queries;
using Dmp.Search.Text;
using Dmp.Server.Tests.Content;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>The words of FHIR documents, and of the files that they carry.</summary>
public sealed class FhirTextTests
{
    private const string Json = "application/fhir+json";
    private const string Xml = "application/fhir+xml";

    [Theory]
    [InlineData(Json)]
    [InlineData("Application/FHIR+JSON; fhirVersion=4.0")]
    public void Sections_and_files_of_a_document_are_read(string mediaType)
    {
        var (pdf, rtf) = (Convert.ToBase64String(Pdfs.Of("Une", "Deux")), Convert.ToBase64String(@"{\rtf1 tr\'e8s}"u8));
        var text = TextTests.Read(
            Document(
                Attachment("application/pdf", pdf), Attachment("text/rtf", rtf.Replace("=", "\\u003D", StringComparison.Ordinal)),
                Attachment("text/plain; charset=utf-8", "w6l0w6k"), Attachment("image/png", pdf), Attachment("text/html", pdf),
                Attachment("application/pdf", "!"), Attachment("application/pdf", ""),
                """{"resourceType":"Observation","text":{"div":"<p>Dit ailleurs</p>"},"extension":[{"valueBase64Binary":"AAAA"}]}""",
                """{"resourceType":"Observation","text":{"div":"<p>infarctus</p>"}}"""),
            mediaType);
        Assert.Equal(
            [
                new TextSection("Problèmes", "11450-4", "Infarctus du myocarde\n2019 infarctus"), new TextSection("", null, "Dit ailleurs"),
                new TextSection("", null, "Une") { Page = 1 }, new TextSection("", null, "Deux") { Page = 2 },
                new TextSection("", null, "très"), new TextSection("", null, "été"),
            ],
            text.Sections);
        Assert.Equal(
            [
                new UnreadText(UnreadReason.Damaged, 1), new UnreadText(UnreadReason.NoText, 2),
                new UnreadText(UnreadReason.OtherFormat, 2),
            ],
            text.Unread);
    }

    [Theory]
    [InlineData(Xml)]
    [InlineData("application/fhir+xml;charset=utf-8")]
    public void A_document_in_xml_is_read_as_well(string mediaType)
    {
        var pdf = Convert.ToBase64String(Pdfs.Of("Copie"));
        var text = TextTests.Read(
            Encoding.UTF8.GetBytes(
                $"""
                <Bundle xmlns="http://hl7.org/fhir"><type value="document"/><entry><resource><Composition><section>
                <title value="Problèmes"/><code><coding><system value="http://loinc.org"/><code value="11450-4"/></coding></code>
                <text><div xmlns="http://www.w3.org/1999/xhtml"><table><tr><td>Infarctus</td><td>2019</td></tr></table></div></text>
                </section></Composition></resource></entry><entry><resource><DocumentReference><content><attachment>
                <contentType value="application/pdf"/><data value="{pdf}"/></attachment></content></DocumentReference></resource></entry>
                </Bundle>
                """),
            mediaType);
        Assert.Equal(
            [new TextSection("Problèmes", "11450-4", "Infarctus 2019"), new TextSection("", null, "Copie") { Page = 1 }], text.Sections);
        Assert.Empty(text.Unread);
    }

    [Fact]
    public void Words_of_a_section_and_of_a_pdf_are_found()
    {
        var text = TextTests.Read(Document(Attachment("application/pdf", Convert.ToBase64String(Pdfs.Of("", "Fracture du fémur")))), Json);
        var block = new SearchBlock("a", Finding.Day, DocumentIndex.Write(new IndexedDocument("", text)));
        var hit = Assert.Single(Finding.Run(Finding.Query("\"infarctus du myocarde\""), [block]).Hits);
        Assert.Equal(("Problèmes", "11450-4"), (hit.SectionTitle, hit.SectionCode));
        Assert.Equal(2, Assert.Single(Finding.Run(Finding.Query("fracture femur"), [block]).Hits).Page);
        Assert.Empty(Finding.Run(Finding.Query("pneumonie"), [block]).Hits);
    }

    [Fact]
    public void Each_section_of_the_published_documents_is_told_with_its_code()
    {
        var read = 0;
        foreach (var file in Directory.EnumerateFiles(
            SharedSamples.Folder(Path.Combine("samples", "fhir")), "*.json", SearchOption.AllDirectories))
        {
            var text = TextTests.Read(File.ReadAllBytes(file), Json);
            Assert.Empty(text.Unread);
            var block = new SearchBlock(file, Finding.Day, DocumentIndex.Write(new IndexedDocument("", text)));
            foreach (var section in text.Sections.Where(section => section.Code is not null && section.Text.Length > 0))
            {
                Assert.NotEmpty(section.Title);
                var word = section.Text.Split([' ', '\n', ',', '(', ')']).FirstOrDefault(
                    word => word.Length > 6 && word.All(char.IsAsciiLetter));
                var answer = Finding.Run(Finding.Query(word ?? section.Title), [block]);
                Assert.True(answer.Count == 1, $"{Path.GetFileName(file)}: {word} is not found");
                read++;
            }
        }

        Assert.InRange(read, 100, 10_000);
    }

    [Theory]
    [InlineData("{\"resourceType\":\"Patient\"}", UnreadReason.OtherFormat)]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"collection\"}", UnreadReason.OtherFormat)]
    [InlineData("{\"a\":1}", UnreadReason.OtherFormat)]
    [InlineData("%PDF-1.7", UnreadReason.OtherFormat)]
    [InlineData("", UnreadReason.OtherFormat)]
    [InlineData("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>", UnreadReason.OtherFormat)]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"docu", UnreadReason.Damaged)]
    [InlineData("<Bundle xmlns=\"http://hl7.org/fhir\"><entry>", UnreadReason.Damaged)]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"document\",\"entry\":[[[[[[[[[[", UnreadReason.Damaged)]
    public void What_is_no_document_is_told(string content, UnreadReason reason)
    {
        var text = TextTests.Read(Encoding.UTF8.GetBytes(content), Json);
        Assert.Empty(text.Sections);
        Assert.Equal([new UnreadText(reason, 1)], text.Unread);
    }

    [Fact]
    public void Bounds_of_bytes_files_characters_and_time_hold()
    {
        var document = Document([.. Enumerable.Repeat(Attachment("text/plain", "bW90cw=="), 60)]);
        var text = TextTests.Read(document, Json);
        Assert.Equal(51, text.Sections.Count);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 10)], text.Unread);

        text = TextTests.Read(document, Json, new TextLimits { FileBytesMax = document.Length - 1 });
        Assert.Empty(text.Sections);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], text.Unread);
        Assert.Equal(51, TextTests.Read(document, Json, new TextLimits { FileBytesMax = document.Length }).Sections.Count);

        text = TextTests.Read(document, Json, new TextLimits { CharsMax = 10 });
        Assert.Equal("Infarctus", Assert.Single(text.Sections).Text.TrimEnd());
        Assert.Contains(UnreadReason.TooLong, text.Unread.Select(unread => unread.Reason));

        var limits = new TextLimits { Time = new StepClock(), TimeMax = TimeSpan.FromSeconds(1) };
        Assert.Contains(UnreadReason.TooSlow, TextTests.Read(document, Json, limits).Unread.Select(unread => unread.Reason));
        Assert.Throws<OperationCanceledException>(
            () => DocumentText.Read(new MemoryStream(document), Json, null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_section_of_a_megabyte_is_read_whole_and_entries_beyond_their_bound_are_told()
    {
        var words = string.Join(' ', Enumerable.Range(0, 150_000));
        var large = Encoding.UTF8.GetString(Document()).Replace("Infarctus du myocarde", words, StringComparison.Ordinal);
        var section = Assert.Single(TextTests.Read(Encoding.UTF8.GetBytes(large), Json).Sections);
        Assert.StartsWith(words, section.Text, StringComparison.Ordinal);

        var many = TextTests.Read(Document([.. Enumerable.Repeat("{\"resourceType\":\"Basic\"}", 20_005)]), Json);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 6)], many.Unread);
    }

    [Fact]
    public void A_document_with_any_byte_changed_is_answered()
    {
        var bytes = Document(Attachment("text/plain", "bW90cw=="));
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample(
            (place, value) =>
            {
                var changed = bytes.ToArray();
                changed[place] = value;
                return TextTests.Read(changed, Json).Sections.Count <= 3;
            },
            iter: 10_000);
    }

    private static string Attachment(string mediaType, string data) =>
        $$$"""
        {"resourceType":"DocumentReference","content":[{"attachment":{"data":"{{{data}}}","contentType":"{{{mediaType}}}"}}]}
        """;

    private static byte[] Document(params string[] resources) => Encoding.UTF8.GetBytes(
        $$$"""
        {"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","section":[{"title":"Problèmes",
        "code":{"coding":[{"system":"http://loinc.org","code":"11450-4"}]},
        "text":{"div":"<div><p>Infarctus du myocarde</p>2019 <b>inf</b>arctus</div>"}}]}}
        {{{string.Concat(resources.Select(resource => $",{{\"resource\":{resource}}}"))}}}]}
        """);
}
