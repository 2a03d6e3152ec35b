using System.Diagnostics;
using System.Text;
using CsCheck;
using Dmp.Server.Media;
using Xunit;

namespace Dmp.Server.Tests.Content;

public sealed class ContentSnifferTests
{
    private const string Cda = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><realmCode code=\"FR\"/></ClinicalDocument>";

    private const string Wrapped =
        "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" xmlns:c=\"urn:hl7-org:v3\">"
        + "<d:box xmlns:d=\"urn:x\"><c:ClinicalDocument/></d:box></xsl:stylesheet>";

    public static TheoryData<string, byte[]> Forms => new()
    {
        { "Unknown", [] },
        { "Unknown", [0] },
        { "Unknown", [0x50, 0x4B, 3, 4, 20, 0] },
        { "Unknown", [0xFF] },
        { "Unknown", [.. Enumerable.Repeat((byte)0xE9, 50)] },
        { "Pdf", "%PDF-1.7\n%âãÏÓ"u8.ToArray() },
        { "Pdf", "\r\n%PDF-1.4"u8.ToArray() },
        { "PlainText", "see %PDF-1.7"u8.ToArray() },
        { "Jpeg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] },
        { "Tiff", [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0] },
        { "Tiff", [0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8] },
        { "Rtf", "{\\rtf1\\ansi Bonjour}"u8.ToArray() },
        { "Dicom", [.. new byte[128], .. "DICM"u8, 2, 0, 0, 0] },
        { "Unknown", [.. new byte[128], .. "DICM"u8, 8, 0, 0, 0] },
        { "Tiff", [0x49, 0x49, 0x2A, 0, .. new byte[124], .. "DICM"u8, 2, 0] },
        { "PlainText", "Compte rendu : température 38,2 °C\r\n"u8.ToArray() },
        { "PlainText", Encoding.Latin1.GetBytes("Temp\u00e9rature \u00e9lev\u00e9e ce matin, contr\u00f4le demain") },
        { "PlainText", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("Température")] },
        { "PlainText", "<3 pas du XML"u8.ToArray() },
        { "CdaR2", Encoding.UTF8.GetBytes(Cda) },
        { "CdaR2", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"utf-8\"?>" + Cda)] },
        { "CdaR2", Encoding.UTF8.GetBytes("\r\n <?xml version=\"1.0\"?><?xml-stylesheet href=\"x\"?><!-- c -->" + Cda) },
        { "CdaR2", Encoding.Latin1.GetBytes("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><!-- \u00e9 -->" + Cda) },
        { "CdaR2", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("<?xml version=\"1.0\" encoding=\"utf-16\"?>" + Cda)] },
        { "CdaR2", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Cda)] },
        { "CdaR2", Encoding.UTF8.GetBytes("<h:ClinicalDocument xmlns:h=\"urn:hl7-org:v3\">") },
        { "CdaSelfPresenting", Encoding.UTF8.GetBytes(Wrapped) },
        { "OtherXml", "<ClinicalDocument/>"u8.ToArray() },
        { "FhirXml", "<Bundle xmlns=\"http://hl7.org/fhir\"><entry/></Bundle>"u8.ToArray() },
        { "FhirXml", "\ufeff<?xml version=\"1.0\"?><f:Bundle xmlns:f=\"http://hl7.org/fhir\">"u8.ToArray() },
        { "OtherXml", "<Bundle/>"u8.ToArray() },
        { "OtherXml", "<Patient xmlns=\"http://hl7.org/fhir\"/>"u8.ToArray() },
        { "Json", "{\"resourceType\":\"Bundle\""u8.ToArray() },
        { "Json", "\ufeff \r\n{ \n\"a\":1}"u8.ToArray() },
        { "Json", "{}"u8.ToArray() },
        { "Unknown", [.. "{\"a\":"u8, 0, 1] },
        { "PlainText", "{ à revoir"u8.ToArray() },
        { "PlainText", "[1, 2]"u8.ToArray() },
        { "OtherXml", "<a xmlns:c=\"urn:hl7-org:v3\"><c:ClinicalDocument/></a>"u8.ToArray() },
        { "OtherXml", "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"/>"u8.ToArray() },
        { "OtherXml", "<?xml version=\"1.0\" encoding=\"no-such-thing\"?><a/>"u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Each_form_is_told_from_its_first_bytes(string form, byte[] content) =>
        Assert.Equal(Enum.Parse<SniffedForm>(form), Sniff(content, 7));

    [Fact]
    public void Chunking_changes_nothing() =>
        Gen.Select(Gen.OneOf(Cda, Wrapped, "%PDF-1.7", "texte", "<a><b>"), Gen.Int[0, 80_000], Gen.Int[1, 70_000]).Sample(
            (start, padding, chunkSize) =>
            {
                var content = Encoding.UTF8.GetBytes(start + new string(' ', padding));
                Assert.Equal(Sniff(content, content.Length), Sniff(content, chunkSize));
            },
            iter: 100);

    [Fact]
    public void Any_bytes_are_answered() =>
        Gen.Select(Gen.OneOf("", "<", "<?xml ", "<a ", "<!DOCTYPE ", "\uFEFF<"), Gen.Byte.Array[0, 300])
            .Sample((start, tail) => Enum.IsDefined(Sniff([.. Encoding.UTF8.GetBytes(start), .. tail], 64)), iter: 2000);

    [Fact]
    public void A_text_cut_inside_a_character_by_the_prefix_is_still_text()
    {
        var content = Encoding.UTF8.GetBytes("a" + new string('é', ContentSniffer.PrefixBytesMax));
        Assert.Equal(SniffedForm.PlainText, Sniff(content, 5000));
    }

    [Fact]
    public void A_document_cut_by_the_prefix_is_still_recognised()
    {
        var content = Encoding.UTF8.GetBytes(Cda[..^19] + "<a b=\"" + new string('x', 200_000));
        Assert.Equal(SniffedForm.CdaR2, Sniff(content, 64 * 1024));
    }

    public static TheoryData<string> HostileNames => [.. hostile.Keys];

    private static readonly Dictionary<string, Func<byte[]>> hostile = new()
    {
        ["document type before a CDA root"] = () => Encoding.UTF8.GetBytes("<!DOCTYPE ClinicalDocument>" + Cda),
        ["external entity"] = () => Encoding.UTF8.GetBytes(
            "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>"),
        ["billion laughs"] = () => Encoding.UTF8.GetBytes(
            "<!DOCTYPE a [<!ENTITY a \"ha\">"
                + string.Concat(Enumerable.Range(0, 40).Select(i => $"<!ENTITY a{i} \"&a;&a;\">"))
                + "]><a>&a39;</a>"),
        ["100 MB attribute"] = () => Encoding.UTF8.GetBytes("<a b=\"" + new string('x', 100_000_000)),
        ["deep nesting"] = () => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<a>", 500_000))),
        ["deep nesting in a stylesheet"] = () => Encoding.UTF8.GetBytes(
            "<x:stylesheet xmlns:x=\"http://www.w3.org/1999/XSL/Transform\">" + string.Concat(Enumerable.Repeat("<a>", 500_000))),
        ["thousands of attributes"] = () => Encoding.UTF8.GetBytes(
            "<a " + string.Join(' ', Enumerable.Range(0, 50_000).Select(i => $"b{i}=\"\"")) + "/>"),
        ["thousands of namespaces"] = () => Encoding.UTF8.GetBytes(
            "<a " + string.Join(' ', Enumerable.Range(0, 50_000).Select(i => $"xmlns:b{i}=\"u{i}\"")) + "/>"),
        ["endless comment"] = () => Encoding.UTF8.GetBytes("<!--" + new string('x', 10_000_000)),
        ["endless name"] = () => Encoding.UTF8.GetBytes("<" + new string('x', 10_000_000)),
        ["character references"] = () => Encoding.UTF8.GetBytes("<a>" + string.Concat(Enumerable.Repeat("&#x41;", 100_000)) + "</a>"),
        ["invalid UTF-8"] = () => [.. "<?xml version=\"1.0\"?><a>"u8, 0xC3, 0x28, 0xFF, 0xFE, (byte)'<'],
    };

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void Hostile_XML_costs_no_more_than_the_prefix(string name)
    {
        var content = hostile[name]();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        var form = Sniff(content, 64 * 1024);
        clock.Stop();
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.Contains(form, (SniffedForm[])[SniffedForm.OtherXml, SniffedForm.Unknown, SniffedForm.PlainText]);
        Assert.InRange(allocated, 0, 4 * 1024 * 1024);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Every_published_sample_is_recognised()
    {
        var files = Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml");
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(
            file.Contains("Auto-Presentable", StringComparison.Ordinal) ? SniffedForm.CdaSelfPresenting : SniffedForm.CdaR2,
            Sniff(File.ReadAllBytes(file), 32 * 1024)));
    }

    private static SniffedForm Sniff(byte[] content, int chunkSize)
    {
        var sniffer = new ContentSniffer();
        for (var offset = 0; offset < content.Length; offset += chunkSize)
        {
            sniffer.Observe(content.AsSpan(offset, Math.Min(chunkSize, content.Length - offset)));
        }

        return sniffer.Conclude();
    }
}
