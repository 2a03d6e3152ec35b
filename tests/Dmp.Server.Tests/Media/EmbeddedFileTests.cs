using System.IO.Compression;
using Dmp.Error.V1;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Media;

/// <summary>What is inside of a CDA document is checked as what is outside, wherever and however it is in it.</summary>
public sealed class EmbeddedFileTests(Platform platform)
{
    private static readonly byte[] program =
        [.. "MZ"u8, 0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0xFF, 0xFF, .. new byte[200], .. "This program cannot be run in DOS mode"u8];

    private static readonly byte[] word = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[600]];

    private static readonly byte[] png = [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, .. new byte[40]];

    [Theory]
    [InlineData("program", "application/x-msdownload")]
    [InlineData("program", "application/pdf")]
    [InlineData("program", "text/plain")]
    [InlineData("program", null)]
    [InlineData("word", "application/msword")]
    [InlineData("zip", "application/zip")]
    [InlineData("zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    [InlineData("picture and zip", "image/jpeg")]
    [InlineData("png", "image/png")]
    [InlineData("cda", null)]
    public async Task What_is_no_document_outside_is_none_inside(string what, string? mediaType)
    {
        var record = await platform.RecordAsync();
        var file = FileOf(what, record);
        await NotAcceptedAsync(record, $"<nonXMLBody><text{Type(mediaType)} representation=\"B64\">{Base64(file)}</text></nonXMLBody>");
        if (what != "png")
        {
            await NotAcceptedAsync(record, Sections($"<value{Type(mediaType)} representation=\"B64\">{Base64(file)}</value>"));
        }
    }

    [Theory]
    [InlineData("<value mediaType=\"application/x-msdownload\" representation=\"b64\">{0}</value>")]
    [InlineData("<value representation=\" B64 \">\n{0}\n</value>")]
    [InlineData("<thumbnail representation=\"B64\">{0}</thumbnail>")]
    [InlineData("<x:value xmlns:x=\"urn:other\" representation=\"B64\">{0}</x:value>")]
    [InlineData("<reference value=\"data:application/octet-stream;base64,{0}\"/>")]
    [InlineData("<text><linkHtml href=\"DATA:application/x-msdownload;base64,{0}\">x</linkHtml></text>")]
    public async Task A_program_is_found_however_it_is_written(string element)
    {
        var record = await platform.RecordAsync();
        await NotAcceptedAsync(record, Sections(element.Replace("{0}", Convert.ToBase64String(program), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_program_is_found_behind_a_megabyte_and_in_the_header()
    {
        var record = await platform.RecordAsync();
        await NotAcceptedAsync(
            record, Sections($"<text>{new string('x', 1_500_000)}</text><value representation=\"B64\">{Base64(program)}</value>"));
        await NotAcceptedAsync(
            record,
            new CdaText
            {
                Patient = record.Patient,
                Author = record.Physician,
                MoreActs = $"<authorization><consent><code><originalText representation=\"B64\">{Base64(program)}</originalText></code>"
                    + "</consent></authorization>",
            });
    }

    [Theory]
    [InlineData(
        "<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\" compression=\"DF\">eJwDAAAAAAE=</text></nonXMLBody>")]
    [InlineData("<nonXMLBody><text mediaType=\"text/plain\" compression=\"GZ\">x</text></nonXMLBody>")]
    [InlineData(
        "<nonXMLBody><text mediaType=\"application/pdf\"><reference value=\"https://ailleurs.example/a.pdf\"/></text></nonXMLBody>")]
    [InlineData("<nonXMLBody><text><reference value=\"a.pdf\"/></text></nonXMLBody>")]
    [InlineData("<nonXMLBody><text representation=\"B64\"/></nonXMLBody>")]
    [InlineData("<nonXMLBody><text mediaType=\"text/html\">&lt;script&gt;</text></nonXMLBody>")]
    [InlineData("<nonXMLBody><text mediaType=\"text/rtf\">MZ no rtf</text></nonXMLBody>")]
    [InlineData("<nonXMLBody><text mediaType=\"text/plain\">%PDF-1.7 trailer</text></nonXMLBody>")]
    public async Task A_body_that_nobody_can_look_into_is_refused(string body)
    {
        var record = await platform.RecordAsync();
        await NotAcceptedAsync(record, body);
    }

    [Fact]
    public async Task A_file_inside_of_another_files_element_is_refused()
    {
        var record = await platform.RecordAsync();
        var text = new CdaText
        {
            Patient = record.Patient,
            Author = record.Physician,
            Body = Sections($"<value representation=\"B64\">QUJD<thumbnail representation=\"B64\">{Base64(program)}</thumbnail></value>"),
        };
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.CdaUnreadable,
            () => CdaUploadTests.SendAsync(platform.As(record.Physician), CdaUploadTests.Intent(record.Id), text.Bytes));
    }

    [Fact]
    public async Task What_is_good_outside_and_what_published_examples_hold_is_good_inside()
    {
        var record = await platform.RecordAsync();
        string[] bodies =
        [
            Sections($"<value mediaType=\"image/jpeg\" representation=\"B64\">{Base64(png)}</value>"),
            Sections($"<value mediaType=\"image/png\" representation=\"B64\">{Base64(png)}</value>"),
            Sections("<value mediaType=\"text/plain\" representation=\"B64\">Qm9uam91cg==</value><value representation=\"B64\"/>"),
            Sections("<text mediaType=\"application/dicom\">\n<reference value=\"https://pacs.example/wado?x=1\"/>\n</text>"),
            "<nonXMLBody><text>Bonjour</text></nonXMLBody>",
            "<nonXMLBody><text mediaType=\"text/plain; charset=utf-8\" representation=\"B64\">Qm9uam91cg==</text></nonXMLBody>",
        ];
        foreach (var body in bodies)
        {
            var text = new CdaText { Patient = record.Patient, Author = record.Physician, Body = body };
            Assert.Empty(
                (await CdaUploadTests.SendAsync(platform.As(record.Physician), CdaUploadTests.Intent(record.Id), text.Bytes)).Warnings);
        }
    }

    private Task NotAcceptedAsync(OpenedRecord record, string body) =>
        NotAcceptedAsync(record, new CdaText { Patient = record.Patient, Author = record.Physician, Body = body });

    private async Task NotAcceptedAsync(OpenedRecord record, CdaText text)
    {
        var api = platform.As(record.Physician);
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.ContentNotAccepted,
            () => CdaUploadTests.SendAsync(api, CdaUploadTests.Intent(record.Id), text.Bytes));
        Assert.StartsWith("/ClinicalDocument/", status.GetDetail<ErrorInfo>()!.Metadata["place"], StringComparison.Ordinal);
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    private static byte[] FileOf(string what, OpenedRecord record)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = archive.CreateEntry("a.txt", CompressionLevel.NoCompression).Open();
            entry.Write("Bonjour"u8);
        }

        return what switch
        {
            "program" => program,
            "word" => word,
            "zip" => zip.ToArray(),
            "png" => png,
            "cda" => new CdaText { Patient = record.Patient, Author = record.Physician }.Bytes,
            _ => [0xFF, 0xD8, 0xFF, 0xE0, .. new byte[2000], .. zip.ToArray()],
        };
    }

    private static string Sections(string inside) =>
        $"<structuredBody><component><section><text>Bien.</text><entry><observationMedia>{inside}</observationMedia></entry></section>"
        + "</component></structuredBody>";

    private static string Type(string? mediaType) => mediaType is null ? "" : $" mediaType=\"{mediaType}\"";

    private static string Base64(byte[] file) => Convert.ToBase64String(file, Base64FormattingOptions.InsertLineBreaks);
}
