using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Media;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Media;

/// <summary>What is inside of a FHIR document is checked as what is outside, wherever and however it is in it.</summary>
public sealed class FhirCarriedTests(Platform platform)
{
    private static readonly byte[] png = [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, .. new byte[40]];

    private static readonly byte[] program = [.. "MZ"u8, 0x90, 0, 3, 0, 0, 0, .. new byte[200], .. "This program cannot be run"u8];

    [Fact]
    public async Task Files_of_the_kinds_of_documents_and_pictures_pass()
    {
        var record = await platform.RecordAsync();
        var entries = Binary("application/pdf", LongPdf) + Binary("image/png", png) + Binary("text/plain", "Bonjour"u8)
            + Binary("text/plain; charset=utf-8", "Bonjour"u8)
            + """
              ,{"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000099","resource":{"resourceType":"DiagnosticReport","status":"final",
              "presentedForm":[{"contentType":"application/pdf","url":"https://labo.example/1.pdf","title":"ailleurs"}]}}
              """;
        var text = Text(record) with { Entries = entries };
        foreach (var content in new[] { text.Bytes, (text with { Id = $"urn:uuid:{Guid.NewGuid()}" }).Xml })
        {
            var stored = await CdaUploadTests.SendAsync(platform.As(record.Physician), CdaUploadTests.Intent(record.Id), content);
            Assert.True(stored.Document.Content.Form is ContentForm.FhirJson or ContentForm.FhirXml);
            Assert.Empty(stored.Warnings);
        }
    }

    [Theory]
    [InlineData("application/x-msdownload")]
    [InlineData("application/pdf")]
    [InlineData("text/plain")]
    [InlineData("text/html")]
    [InlineData(null)]
    public async Task A_program_is_found(string? mediaType)
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with { Entries = Binary(mediaType, program) };
        Assert.Equal("EmbeddedFile", await FaultAsync(record, text.Bytes));
        Assert.Equal("EmbeddedFile", await FaultAsync(record, text.Xml));
    }

    [Fact]
    public async Task A_document_of_its_own_is_none_inside_whatever_its_label()
    {
        var record = await platform.RecordAsync();
        var own = Text(record);
        CdaText cda = new() { Patient = record.Patient, Author = record.Physician };
        byte[][] documents = [own.Bytes, own.Xml, cda.Bytes, "<html><p>x</p></html>"u8.ToArray()];
        foreach (var document in documents)
        {
            foreach (var mediaType in new[] { null, "text/plain", "text/xml", "application/fhir+json", "text/html" })
            {
                var fault = await FaultAsync(record, (own with { Entries = Binary(mediaType, document) }).Bytes);
                Assert.True(fault is "EmbeddedFile" or "Ambiguous", fault);
            }
        }
    }

    [Fact]
    public async Task A_PDF_that_acts_is_found_behind_its_type_and_before_it_in_an_extension_and_in_a_signature()
    {
        var record = await platform.RecordAsync();
        var base64 = Convert.ToBase64String(PdfText.Write("/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", ""));
        string[] entries =
        [
            Entry($$"""{"resourceType":"Binary","contentType":"application/pdf","data":"{{base64}}"}"""),
            Entry($$"""{"resourceType":"Binary","data":"{{base64}}","contentType":"application/pdf"}"""),
            Entry($$"""{"resourceType":"Binary","data":"{{base64.Replace("/", "\\/", StringComparison.Ordinal)}}"}"""),
            Entry($$"""{"resourceType":"Basic","extension":[{"url":"urn:x","valueBase64Binary":"{{base64}}"}]}"""),
            Entry($$"""{"resourceType":"Provenance","signature":[{"sigFormat":"application/jose","data":"{{base64}}"}]}"""),
            Entry($$"""{"resourceType":"Media","content":{"url":"data:application/pdf;base64,{{base64}}"} }"""),
        ];
        foreach (var entry in entries)
        {
            foreach (var content in new[] { (Text(record) with { Entries = entry }).Bytes, (Text(record) with { Entries = entry }).Xml })
            {
                var status = await Refusals.RefusedAsync(
                    StatusCode.InvalidArgument, ErrorReason.PdfActive,
                    () => CdaUploadTests.SendAsync(platform.As(record.Physician), CdaUploadTests.Intent(record.Id), content));
                Assert.StartsWith("Bundle.entry[5].resource", status.GetDetail<ErrorInfo>()!.Metadata["place"], StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<p onclick=\"alert(1)\">x</p>")]
    [InlineData("<a href=\"java&#9;script:alert(1)\">x</a>")]
    [InlineData("<iframe src=\"https://example.org\"/>")]
    public async Task A_narrative_that_acts_is_refused(string markup)
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with { Narrative = markup };
        Assert.Equal("NarrativeActive", await FaultAsync(record, text.Bytes));
        Assert.Equal("NarrativeActive", await FaultAsync(record, text.Xml));
    }

    [Fact]
    public async Task What_is_no_base64_and_what_is_too_many_is_refused()
    {
        var record = await platform.RecordAsync();
        var broken = Text(record) with { Entries = Entry("""{"resourceType":"Binary","contentType":"application/pdf","data":"%%%"}""") };
        Assert.Equal("EmbeddedFile", await FaultAsync(record, broken.Bytes));
        var many = string.Concat(Enumerable.Repeat(Binary("text/plain", "Bonjour"u8), FhirCarried.FilesMax + 1));
        Assert.Equal("EmbeddedFile", await FaultAsync(record, (Text(record) with { Entries = many }).Bytes));
    }

    private async Task<string> FaultAsync(OpenedRecord record, byte[] content)
    {
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.ContentNotAccepted,
            () => CdaUploadTests.SendAsync(platform.As(record.Physician), CdaUploadTests.Intent(record.Id), content));
        Assert.Empty(await platform.As(record.Physician).SearchIdsAsync(record.Id));
        return status.GetDetail<ErrorInfo>()!.Metadata["fault"];
    }

    /// <summary>Longer than any value that is kept of a document.</summary>
    private static byte[] LongPdf => PdfText.Write("", "", $"<< /A ({new string('x', 150_000)}) >>");

    private static FhirText Text(OpenedRecord record) => new() { Patient = record.Patient, Author = record.Physician };

    private static string Binary(string? mediaType, ReadOnlySpan<byte> bytes)
    {
        var type = mediaType is null ? "" : $"\"contentType\":\"{mediaType}\",";
        return Entry($$"""{"resourceType":"Binary",{{type}}"data":"{{Convert.ToBase64String(bytes)}}"}""");
    }

    private static string Entry(string resource) => $$"""
        ,{"fullUrl":"urn:uuid:{{Guid.NewGuid()}}","resource":{{resource}}}
        """;
}
