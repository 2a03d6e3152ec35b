using System.IO.Compression;
using Dmp.Server.Media;
using Xunit;

namespace Dmp.Server.Tests.Media;

/// <summary>Bytes that two programs take for two different files.</summary>
public sealed class MixedContentTests
{
    private static readonly byte[] jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF"u8, .. new byte[3000], 0xFF, 0xD9];

    [Fact]
    public void A_picture_with_an_archive_behind_it_is_two_files()
    {
        foreach (var comment in (string[])["", new string('c', 60_000), new string('c', ushort.MaxValue)])
        {
            byte[] both = [.. jpeg, .. Zip(comment)];
            Assert.Equal("The bytes can be opened as a zip archive as well.", Check(SniffedForm.Jpeg, both)?.Text);
        }
    }

    [Fact]
    public void What_cameras_leave_behind_a_picture_is_none() =>
        Assert.All(
            (byte[][])
            [
                jpeg, [.. jpeg, .. new byte[100_000]], [.. jpeg, .. jpeg], [.. jpeg, .. "PK\x05\x06"u8, .. new byte[40]],
                [.. jpeg, .. "PK\x05\x06"u8],
            ],
            picture => Assert.Null(Check(SniffedForm.Jpeg, picture)));

    [Fact]
    public void A_PDF_hidden_in_the_head_of_another_format_is_found()
    {
        byte[] both = [.. jpeg.AsSpan(0, 900), .. PdfText.Write("", "")];
        Assert.Equal("The bytes can be opened as a PDF as well.", Check(SniffedForm.Jpeg, both)?.Text);
        Assert.Equal(MediaFaultKind.Ambiguous, Check(SniffedForm.Dicom, [.. new KosBytes().Bytes, .. "%PDF-1.7"u8])?.Kind);
        byte[] text = [.. "Lettre\n"u8, .. PdfText.Write("", "")];
        Assert.Equal("The bytes can be opened as a PDF as well.", Check(SniffedForm.PlainText, text)?.Text);
        foreach (var form in (SniffedForm[])[SniffedForm.Rtf, SniffedForm.Tiff, SniffedForm.CdaR2, SniffedForm.OtherXml])
        {
            Assert.Equal(MediaFaultKind.Ambiguous, Check(form, text)?.Kind);
        }

        Assert.Null(Check(SniffedForm.PlainText, [.. new string(' ', 1100).Select(blank => (byte)blank), .. "%PDF-1.7"u8]));
    }

    [Theory]
    [InlineData("<!DOCTYPE html><p>Bonjour")]
    [InlineData("  <HTML><script>x</script>")]
    [InlineData("<?xml version=\"1.0\"?><!-- a --><svg onload='x'/>")]
    [InlineData("<script>alert(1)</script>")]
    public void A_text_that_is_a_web_page_is_two_files(string text)
    {
        foreach (var form in (SniffedForm[])[SniffedForm.PlainText, SniffedForm.OtherXml])
        {
            Assert.Equal("The bytes can be opened as a web page as well.", Check(form, System.Text.Encoding.ASCII.GetBytes(text))?.Text);
        }
    }

    [Fact]
    public void A_text_that_mentions_a_web_page_is_none() =>
        Assert.All(
            (string[])["Voir <html>", "< html", "<htmlx/>", "<svgs/>", "<a/>"],
            text => Assert.Null(Check(SniffedForm.PlainText, System.Text.Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void A_TIFF_that_is_DICOM_as_well_is_two_files()
    {
        byte[] preamble = [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, .. new byte[120]];
        Assert.Equal(
            "The bytes can be opened as a DICOM file as well.",
            Check(SniffedForm.Tiff, (new KosBytes { Preamble = preamble }).Bytes)?.Text);
    }

    private static MediaFault? Check(SniffedForm form, byte[] content) => MixedContent.Check(
        form,
        content.AsSpan(0, Math.Min(content.Length, MixedContent.HeadBytes)),
        content.AsSpan(Math.Max(0, content.Length - MixedContent.TailBytes)));

    private static byte[] Zip(string comment)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("a.txt").Open();
            entry.Write("a"u8);
            zip.Comment = comment;
        }

        return bytes.ToArray();
    }
}
