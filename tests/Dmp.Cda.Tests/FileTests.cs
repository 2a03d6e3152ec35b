using System.Security.Cryptography;
using CsCheck;
using Xunit;

namespace Dmp.Cda.Tests;

/// <summary>Files that a document carries in base 64 are handed over as bytes, piece by piece.</summary>
public sealed class FileTests
{
    private const string Head = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2\"/><component>";

    private const string Tail = "</component></ClinicalDocument>";

    private static readonly byte[] content = RandomNumberGenerator.GetBytes(20_000);

    [Fact]
    public async Task The_body_of_level_1_and_each_value_among_sections_is_a_file()
    {
        var base64 = Convert.ToBase64String(content);
        var (body, _) = await ReadAsync(
            $"<nonXMLBody><text mediaType=\" Application/PDF \" representation=\"B64\">{base64}</text></nonXMLBody>");
        var file = Assert.Single(body);
        Assert.Equal(new CdaFile("/ClinicalDocument//text[@representation='B64'][1]", "application/pdf", IsBody: true), file.File);
        Assert.Equal(content, file.Bytes);

        var (values, document) = await ReadAsync(
            $"<structuredBody><a><value representation=\"B64\">{base64}</value><value representation=\"B64\"/>"
            + "<value representation=\"TXT\">QUJD</value><value>QUJD</value></a></structuredBody>");
        Assert.Equal(
            [
                ("/ClinicalDocument//value[@representation='B64'][1]", content.Length),
                ("/ClinicalDocument//value[@representation='B64'][2]", 0),
            ],
            values.Select(value => (value.File.Place, value.Bytes.Length)));
        Assert.All(values, value => Assert.Equal((null, false), (value.File.MediaType, value.File.IsBody)));
        Assert.Equal(2, document!.FileCount);
    }

    [Theory]
    [InlineData("QU JD\n\tRA ==", "ABCD")]
    [InlineData("<![CDATA[QUJ]]>D<!-- x --><br/>RA==", "ABCD")]
    [InlineData("&#81;UJDRA=&#x3D;", "ABCD")]
    [InlineData("<b>QUJD</b>RA", "ABCD")]
    [InlineData("QUJDREU", "ABCDE")]
    [InlineData("", "")]
    public async Task Base_64_is_read_however_it_is_written(string text, string bytes)
    {
        var (files, _) = await ReadAsync($"<nonXMLBody><text representation=\"B64\">{text}</text></nonXMLBody>");
        Assert.Equal(bytes, System.Text.Encoding.ASCII.GetString(Assert.Single(files).Bytes));
    }

    [Theory]
    [InlineData(
        "<nonXMLBody><text mediaType=\"text/plain\">\n Bonjour \u00e9t\u00e9</text></nonXMLBody>", "text/plain", true, true,
        "\n Bonjour \u00e9t\u00e9")]
    [InlineData("<nonXMLBody><text><reference value=\"http://ailleurs\"/></text></nonXMLBody>", null, true, true, "")]
    [InlineData(
        "<structuredBody><a><value mediaType=\"text/rtf\">{\\rtf1}</value></a></structuredBody>", "text/rtf", false, true, "{\\rtf1}")]
    [InlineData(
        "<structuredBody><a><linkHtml href=\" data:image/png;base64,QUJD\"/></a></structuredBody>", "image/png", false, false, "ABC")]
    [InlineData("<structuredBody><a><reference value=\"DATA:,A%20B\"/></a></structuredBody>", null, false, true, "A B")]
    [InlineData("<structuredBody><x:a xmlns:x=\"urn:x\" representation=\" b64 \">QUJD</x:a></structuredBody>", null, false, false, "ABC")]
    public async Task Files_that_are_written_otherwise_are_files(string body, string? mediaType, bool isBody, bool isText, string bytes)
    {
        var (files, _) = await ReadAsync(body);
        var (file, content) = Assert.Single(files);
        Assert.Equal(
            (mediaType, isBody, isText, bytes), (file.MediaType, file.IsBody, file.IsText, System.Text.Encoding.UTF8.GetString(content)));
    }

    [Theory]
    [InlineData("<legalAuthenticator><s:signatureText xmlns:s=\"urn:hl7-org:sdtc\" representation=\"B64\">QUJD</s:signatureText>"
        + "</legalAuthenticator>")]
    [InlineData("<informant><x representation=\"B64\">QUJD</x></informant>")]
    [InlineData("<title representation=\"B64\">QUJD</title>")]
    public async Task A_file_in_the_header_is_one_too(string part)
    {
        List<string> bytes = [];
        await SampleText.ReadAsync(
            $"<ClinicalDocument xmlns=\"urn:hl7-org:v3\">{part}{Head[Head.IndexOf("<component>", StringComparison.Ordinal)..]}{Tail}",
            new CdaReaderOptions
            {
                Files = (piece, _) =>
                {
                    bytes.Add(System.Text.Encoding.ASCII.GetString(piece.Bytes.Span));
                    return ValueTask.CompletedTask;
                },
            });
        Assert.Equal("ABC", string.Concat(bytes));
    }

    [Theory]
    [InlineData("<value representation=\"B64\">QUJD<thumbnail representation=\"B64\">QUJD</thumbnail></value>")]
    [InlineData("<value mediaType=\"application/pdf\">x<thumbnail representation=\"b64\">QUJD</thumbnail></value>")]
    [InlineData("<value representation=\"B64\">QUJD<reference value=\"data:,x\"/></value>")]
    public async Task A_file_inside_of_the_element_of_another_one_is_refused(string value)
    {
        var refused = await SampleText.ReadAsync(
            $"{Head}<structuredBody>{value}</structuredBody>{Tail}", new CdaReaderOptions { Files = (_, _) => ValueTask.CompletedTask });
        Assert.Null(refused.Document);
        Assert.Equal(CdaFaultKind.NestedFile, refused.Faults[^1].Kind);
    }

    [Fact]
    public async Task What_is_text_or_elsewhere_is_no_file()
    {
        var (files, document) = await ReadAsync(
            "<structuredBody><text mediaType=\"text/x-hl7-text+xml\">a<b>c</b></text>"
            + "<text mediaType=\"application/dicom\"> <reference value=\"http://pacs\"/> </text>"
            + "<originalText mediaType=\"text/plain\">x</originalText><value>QUJD</value></structuredBody>");
        Assert.Empty(files);
        Assert.Equal(1, document!.FileCount);
    }

    [Theory]
    [InlineData("QUJD*")]
    [InlineData("QUJDR")]
    [InlineData("QQ==QUJD")]
    [InlineData("QQ==QQ")]
    [InlineData("Q===")]
    [InlineData("QUJD-_-_")]
    public async Task What_is_no_base_64_is_refused(string text)
    {
        var refused = await SampleText.ReadAsync(
            $"{Head}<nonXMLBody><text representation=\"B64\">{text}</text></nonXMLBody>{Tail}",
            new CdaReaderOptions { Files = (_, _) => ValueTask.CompletedTask });
        Assert.Null(refused.Document);
        Assert.Equal(CdaFaultKind.NotBase64, refused.Faults[^1].Kind);
    }

    [Fact]
    public async Task Files_are_counted_when_nobody_asks_for_them_and_the_document_is_read_to_its_end()
    {
        var text = $"{Head}<structuredBody><value representation=\"B64\">*</value></structuredBody>{Tail}";
        Assert.Null((await SampleText.ReadAsync(text)).Document!.FileCount);
        Assert.Equal(1, (await SampleText.ReadAsync(text, new CdaReaderOptions { ReadWhole = true })).Document!.FileCount);
    }

    [Fact]
    public void Where_blanks_are_changes_nothing() =>
        Gen.Select(Gen.Byte.Array[0, 9000], Gen.Int[1, 200]).Sample(
            (bytes, width) =>
            {
                var lines = Convert.ToBase64String(bytes).Chunk(width).Select(line => new string(line));
                var (files, _) = ReadAsync(
                    $"<nonXMLBody><text representation=\"B64\">{string.Join("\r\n", lines)}</text></nonXMLBody>").GetAwaiter().GetResult();
                Assert.Equal(bytes, Assert.Single(files).Bytes);
            },
            iter: 100);

    private static async Task<(List<(CdaFile File, byte[] Bytes)> Files, CdaDocument? Document)> ReadAsync(string body)
    {
        List<(CdaFile, byte[])> files = [];
        using var bytes = new MemoryStream();
        var read = await SampleText.ReadAsync($"{Head}{body}{Tail}", new CdaReaderOptions
        {
            Files = (part, _) =>
            {
                bytes.Write(part.Bytes.Span);
                if (part.IsLast)
                {
                    files.Add((part.File, bytes.ToArray()));
                    bytes.SetLength(0);
                }

                return ValueTask.CompletedTask;
            },
        });
        Assert.NotNull(read.Document);
        return (files, read.Document);
    }
}
