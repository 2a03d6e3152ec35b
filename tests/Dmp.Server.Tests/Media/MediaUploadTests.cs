using System.Text;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Media.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Media;

/// <summary>What is accepted by its bytes, and what a vendor is told of what is not.</summary>
public sealed class MediaUploadTests(Platform platform)
{
    private const string Script = "/OpenAction << /S /J#61vaScript /JS (app.alert\\('secret of the document'\\)) >>";

    private const string BodyPlace = "/ClinicalDocument//text[@representation='B64'][1]";

    private static readonly byte[] jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF"u8, .. new byte[3000], 0xFF, 0xD9];

    [Fact]
    public async Task A_key_object_selection_is_a_document_with_its_own_format()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var intent = Given.Intent(record.Id, "application/dicom");
        intent.Metadata.Type = new() { System = "1.2.250.1.213.1.1.4.12", Code = "IMG-KOS" };
        var content = new KosBytes().Bytes;
        var document = await api.UploadAsync(intent, content);
        Assert.Equal(
            (ContentForm.DicomKos, "application/dicom", "1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.2.6.1", "31"),
            (document.Content.Form, document.Metadata.MediaType, document.Metadata.Format.Code, document.Metadata.Format.System,
                document.Class.Code));
        Assert.Equal(content, await api.ReadAsync(document));
    }

    [Fact]
    public async Task Other_DICOM_is_refused_by_its_class()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var image = new KosBytes { MediaClass = "1.2.840.10008.5.1.4.1.1.2", DataClass = "1.2.840.10008.5.1.4.1.1.2" };
        await NotAcceptedAsync(
            "DicomNotAccepted", "document", () => api.UploadAsync(Given.Intent(record.Id, "application/dicom"), image.Bytes));
        await NotAcceptedAsync(
            "DicomMalformed", "document", () => api.UploadAsync(Given.Intent(record.Id, "application/dicom"), new KosBytes().Bytes[..200]));
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.MediaTypeMismatch,
            () => api.UploadAsync(Given.Intent(record.Id, "application/pdf"), new KosBytes().Bytes));
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public async Task A_PDF_that_acts_is_refused_with_the_kinds_and_nothing_of_its_content(int size)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        foreach (var pdf in (byte[][])
        [
            PdfText.Write($"/X ({new string('x', size)}) {Script}", ""), [.. Padding(size), .. PdfText.WritePacked(Script)],
        ])
        {
            var intent = Given.Intent(record.Id, "application/pdf");
            var status = await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.PdfActive, () => api.UploadAsync(intent, pdf));
            Assert.Equal(
                ("JavaScript", "document"),
                (status.GetDetail<ErrorInfo>()!.Metadata["found"], status.GetDetail<ErrorInfo>()!.Metadata["place"]));
            Assert.DoesNotContain("secret", status.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task An_encrypted_PDF_is_refused()
    {
        var record = await platform.RecordAsync();
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.PdfEncrypted,
            () => platform.As(record.Physician).UploadAsync(Given.Intent(record.Id, "application/pdf"), PdfText.Encrypted));
    }

    [Fact]
    public async Task Settings_accept_what_they_name_and_nothing_more()
    {
        await using var active = await ScanPlatform.StartAsync(platform, "--Dmp:Upload:AllowActivePdf=true");
        Assert.Equal(ContentForm.Pdf, (await active.SendAsync(PdfText.Write(Script, ""), "application/pdf")).Content.Form);
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.PdfEncrypted, () => active.SendAsync(PdfText.Encrypted, "application/pdf"));
        await using var encrypted = await ScanPlatform.StartAsync(platform, "--Dmp:Upload:AllowEncryptedPdf=true");
        Assert.Equal(ContentForm.Pdf, (await encrypted.SendAsync(PdfText.Encrypted, "application/pdf")).Content.Form);
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.PdfActive, () => encrypted.SendAsync(PdfText.Write(Script, ""), "application/pdf"));
    }

    [Fact]
    public async Task A_PDF_that_cannot_be_looked_into_is_refused()
    {
        var record = await platform.RecordAsync();
        var pdf = PdfText.WritePacked(Script, pack: bytes => PdfText.Deflate(PdfText.Deflate(bytes)));
        await NotAcceptedAsync(
            "PdfUnreadable", "document", () => platform.As(record.Physician).UploadAsync(Given.Intent(record.Id, "application/pdf"), pdf));
    }

    [Fact]
    public async Task Bytes_that_are_two_files_are_refused()
    {
        var record = await platform.RecordAsync();
        byte[] end = [.. "PK\x05\x06"u8, .. new byte[18]];
        foreach (var (mediaType, content) in ((string, byte[])[])
            [
                ("image/jpeg", [.. jpeg, .. end]), ("application/pdf", [.. PdfText.Write("", ""), .. end]),
                ("image/jpeg", [.. jpeg.AsSpan(0, 500), .. PdfText.Write("", "")]),
            ])
        {
            await NotAcceptedAsync(
                "Ambiguous", "document", () => platform.As(record.Physician).UploadAsync(Given.Intent(record.Id, mediaType), content));
        }

        Assert.Equal(
            ContentForm.Jpeg, (await platform.As(record.Physician).UploadAsync(Given.Intent(record.Id, "image/jpeg"), jpeg)).Content.Form);
    }

    [Theory]
    [InlineData("text/rtf", @"{\rtf1{\object\objemb{\*\objdata 0105}}}", "RtfActive")]
    [InlineData("text/rtf", @"{\rtf1{\field{\*\fldinst DDEAUTO c:\\windows\\cmd.exe}{\fldrslt x}}}", "RtfActive")]
    [InlineData("text/plain", "Compte rendu\n%PDF-1.7\n1 0 obj", "Ambiguous")]
    [InlineData("application/pdf", "%PDF-1.7\n", "Damaged")]
    [InlineData("application/pdf", "%PDF-1.7\n<html><body>404 Not Found</body></html>", "Damaged")]
    public async Task What_acts_is_two_files_or_cannot_be_opened_is_refused(string mediaType, string content, string fault)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await NotAcceptedAsync(
            fault, "document", () => api.UploadAsync(Given.Intent(record.Id, mediaType), Encoding.UTF8.GetBytes(content)));
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Theory]
    [InlineData("text/rtf", @"{\rtf1\ansi Bonjour\par{\pict\pngblip 89504e47}\trowd\cellx100\intbl x\cell\row}")]
    [InlineData("text/plain", "Le fichier PDF est joint.")]
    public async Task What_is_ordinary_is_kept(string mediaType, string content)
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(Given.Intent(record.Id, mediaType), Encoding.UTF8.GetBytes(content));
        Assert.Equal(content, Encoding.UTF8.GetString(await platform.As(record.Physician).ReadAsync(document)));
    }

    [Fact]
    public async Task The_file_inside_of_a_CDA_document_is_checked_by_the_same_rules()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await AcceptedAsync(api, record, Body("application/pdf", PdfText.WritePacked("")));
        await RefusedAsync(api, record, Body("application/pdf", PdfText.WritePacked(Script)), ErrorReason.PdfActive, BodyPlace);
        await RefusedAsync(api, record, Body("application/pdf", PdfText.Encrypted), ErrorReason.PdfEncrypted, BodyPlace);
        await RefusedAsync(
            api, record, Body("image/jpeg", [.. jpeg.AsSpan(0, 500), .. PdfText.Write("", "")]), ErrorReason.ContentNotAccepted, BodyPlace);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2_000_000)]
    public async Task A_file_among_sections_is_looked_into_however_far_it_is(int size)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var text = new string('x', size);
        string Sections(byte[] file) =>
            $"<structuredBody><component><section><text>{text}</text><entry><observationMedia>"
            + $"<value mediaType=\"application/pdf\" representation=\"B64\">{Base64(file)}</value></observationMedia></entry></section>"
            + "</component></structuredBody>";
        await AcceptedAsync(api, record, Sections(PdfText.WritePacked("")));
        await RefusedAsync(
            api, record, Sections(PdfText.WritePacked(Script)), ErrorReason.PdfActive,
            "/ClinicalDocument//value[@representation='B64'][1]");
    }

    [Fact]
    public async Task The_media_type_of_an_embedded_file_must_be_that_of_its_bytes()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        (string MediaType, byte[] Content)[] files =
        [
            ("application/pdf", PdfText.Write("", "")), ("image/jpeg", jpeg), ("image/tiff", [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0]),
            ("text/rtf", "{\\rtf1 Bonjour}"u8.ToArray()), ("text/plain", Encoding.Latin1.GetBytes("Temp\u00e9rature 38")),
        ];
        foreach (var (mediaType, content) in files)
        {
            await AcceptedAsync(api, record, Body(mediaType, content));
            foreach (var other in files.Where(file => file.MediaType != mediaType))
            {
                await RefusedAsync(api, record, Body(mediaType, other.Content), ErrorReason.ContentNotAccepted, BodyPlace, "EmbeddedFile");
            }

            await RefusedAsync(api, record, Body("application/zip", content), ErrorReason.ContentNotAccepted, BodyPlace, "EmbeddedFile");
        }
    }

    [Fact]
    public async Task An_embedded_file_is_in_base_64_and_text_may_stand_as_it_is()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await AcceptedAsync(api, record, "<nonXMLBody><text mediaType=\"text/plain\">Bonjour</text></nonXMLBody>");
        await RefusedAsync(
            api,
            record,
            $"<nonXMLBody><text mediaType=\"application/pdf\">{Base64(PdfText.Write(Script, ""))}</text></nonXMLBody>",
            ErrorReason.ContentNotAccepted,
            "/ClinicalDocument/component/nonXMLBody/text",
            "EmbeddedFile");
        await RefusedAsync(
            api,
            record,
            "<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">JVBERi0xLjcK*</text></nonXMLBody>",
            ErrorReason.CdaUnreadable,
            "/ClinicalDocument/component",
            "NotBase64");
    }

    private static byte[] Padding(int size) => [.. "%PDF-1.7\n"u8, .. Enumerable.Repeat((byte)' ', size)];

    private static string Base64(byte[] file) => Convert.ToBase64String(file, Base64FormattingOptions.InsertLineBreaks);

    private static string Body(string mediaType, byte[] file) =>
        $"<nonXMLBody><text mediaType=\"{mediaType}\" representation=\"B64\">{Base64(file)}</text></nonXMLBody>";

    private static Task<UploadDocumentResponse> SendAsync(DmpApi api, OpenedRecord record, string body) => CdaUploadTests.SendAsync(
        api, CdaUploadTests.Intent(record.Id), new CdaText { Patient = record.Patient, Author = record.Physician, Body = body }.Bytes);

    private static async Task AcceptedAsync(DmpApi api, OpenedRecord record, string body) =>
        Assert.Equal(1, (await SendAsync(api, record, body)).Document.Version);

    private static async Task RefusedAsync(
        DmpApi api, OpenedRecord record, string body, ErrorReason? reason, string place, string? fault = null)
    {
        if (reason is null)
        {
            await AcceptedAsync(api, record, body);
            return;
        }

        var status = await Refusals.RefusedAsync(StatusCode.InvalidArgument, reason.Value, () => SendAsync(api, record, body));
        var info = status.GetDetail<ErrorInfo>()!.Metadata;
        Assert.Equal(place, info["place"]);
        Assert.True(fault is null || info["fault"] == fault);
    }

    private static async Task NotAcceptedAsync(string fault, string place, Func<Task> call)
    {
        var status = await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ContentNotAccepted, call);
        var info = status.GetDetail<ErrorInfo>()!.Metadata;
        Assert.Equal((fault, place), (info["fault"], info["place"]));
        Assert.EndsWith(info["description"], status.Message, StringComparison.Ordinal);
    }
}
