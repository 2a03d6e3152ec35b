using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Dmp.Samples;
using Dmp.Server.Media;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Samples;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Tokens;
using UglyToad.PdfPig.Writer;
using Xunit;
using PdfDocument = UglyToad.PdfPig.PdfDocument;

namespace Dmp.Server.Tests.Media;

/// <summary>What a PDF bears is found wherever it is, and nothing is found that is not there.</summary>
public sealed partial class PdfScannerTests
{
    private const string Script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>";

    [Theory]
    [InlineData("JavaScript", Script)]
    [InlineData("JavaScript", "/OpenAction << /S /J#61va#53cript >>")]
    [InlineData("JavaScript", "/AA << /WC << /S /Rendition /#4a#53 (1) >> >>")]
    [InlineData("JavaScript", "/Names << /JavaScript << /Names [(a) 9 0 R] >> >>")]
    [InlineData("Launch", "/OpenAction<</S/Launch/F(calc.exe)>>")]
    [InlineData("", "/Names << /EmbeddedFiles << /Names [] >> >>")]
    [InlineData("EmbeddedFile", "/AF [<< /Type /Filespec /EF << /F 9 0 R >> >>]")]
    [InlineData("EmbeddedFile", "/Annots [<< /Subtype /FileAttachment >>]")]
    [InlineData("RichMedia", "/Annots [<< /Subtype /RichMedia >>]")]
    [InlineData("XFA", "/AcroForm << /XFA [] >>")]
    [InlineData("SubmitForm", "/OpenAction << /S /SubmitForm /F (https://example.org) >>")]
    [InlineData("JavaScript, Launch", "/OpenAction << /S /Launch /Next << /S /JavaScript >> >>")]
    [InlineData("", "/OpenAction [3 0 R /Fit] /Metadata 9 0 R /Lang (fr-FR)")]
    [InlineData("", "/Title (see /JavaScript and \\) /Launch) /X </4A53> % /XFA\n")]
    [InlineData("", "/JSX 1 /xJS 2 /js 3 /EF 4 /LaunchPad 5")]
    public void What_acts_is_found_as_it_stands_and_in_an_object_stream(string found, string catalog)
    {
        foreach (var pdf in (byte[][])
        [
            PdfText.Write(catalog, ""), PdfText.WritePacked(catalog), PdfText.WritePacked(catalog, keys: "/Kind /X"),
        ])
        {
            Assert.Equal((false, found, null), Facts(Scan(pdf)));
        }
    }

    [Fact]
    public void The_packed_example_is_a_PDF_to_others_too()
    {
        var pdf = PdfText.WritePacked(Script);
        Assert.DoesNotContain("JavaScript", Encoding.Latin1.GetString(pdf), StringComparison.Ordinal);
        using var document = PdfDocument.Open(pdf);
        Assert.True(document.Structure.Catalog.CatalogDictionary.TryGet<DictionaryToken>(NameToken.OpenAction, out var action));
        Assert.Equal("JavaScript", action.Get<NameToken>(NameToken.S, document.Structure.TokenScanner).Data);
    }

    /// <summary>A viewer follows the table of offsets into what looks like a stream, a string or a comment.</summary>
    [Theory]
    [InlineData("<< /Length 99999 >>\nstream\n")]
    [InlineData("(never closed ")]
    [InlineData("<4A\n")]
    [InlineData("% ")]
    [InlineData("<< /Length 99999 >> stream 7 0 obj <<>> (")]
    public void An_object_is_found_where_only_the_table_of_offsets_leads(string before)
    {
        var pdf = PdfText.Write(Script, before);
        Assert.Equal((false, "JavaScript", null), Facts(Scan(pdf)));
        using var document = PdfDocument.Open(pdf);
        Assert.True(document.Structure.Catalog.CatalogDictionary.ContainsKey(NameToken.OpenAction));
    }

    [Fact]
    public void A_commented_or_stretched_beginning_of_an_object_is_one()
    {
        foreach (var header in (string[])
        [
            "1 %c\n0 obj", "1 0 %c\nobj", $"1{new string(' ', 5000)}0{new string(' ', 5000)}obj", "1\u00000obj", "1\r0\tobj",
        ])
        {
            Assert.Equal("JavaScript", Facts(Scan(Encoding.Latin1.GetBytes($"%PDF-1.7\n<<>>\nstream\n{header}<</S/JavaScript>>"))).Found);
        }
    }

    /// <summary>What looks like the beginning of an object inside of its dictionary does not hide an object stream.</summary>
    [Theory]
    [InlineData("/X (9 0 obj >> << )")]
    [InlineData("/X 9 0 obj")]
    [InlineData("% 9 0 obj >> <<\n")]
    [InlineData("/X << /Y (trailer >> >> << ) >>")]
    [InlineData("/X [ << /Y [ << >> ] >> ]")]
    public void An_object_stream_is_one_whatever_else_its_dictionary_holds(string more)
    {
        var pdf = PdfText.WritePacked(Script, keys: more);
        Assert.Equal((false, "JavaScript", null), Facts(Scan(pdf)));
        Assert.Equal((false, "JavaScript", null), Facts(Scan([.. "%PDF-1.7\n<<>> stream\n"u8, .. pdf])));
        Assert.Equal((false, "JavaScript", null), Facts(Scan(pdf, chunk: 1)));
    }

    [Fact]
    public void An_outline_and_a_field_before_a_stream_do_not_make_it_an_object_stream()
    {
        var pdf = PdfText.Write("", "", "<< /First 5 0 R >>", "<< /AP << /N 6 0 R >> >>", "<< /Length 3 >>\nstream\nq Q\nendstream");
        Assert.Equal((false, "", null), Facts(Scan(pdf)));
    }

    [Fact]
    public void A_trailer_is_found_behind_what_was_never_closed()
    {
        foreach (var open in (string[])["(", "<4A", "%", "<<>> stream\n"])
        {
            Assert.True(Scan(Encoding.ASCII.GetBytes($"%PDF-1.7\n1 0 obj <<>> endobj\n{open} trailer << /Encrypt 5 0 R >>")).IsEncrypted);
        }
    }

    [Fact]
    public void Streams_of_pages_hold_no_objects()
    {
        var content = "BT (/JavaScript) Tj /JS gs /Launch Do ET";
        Assert.Equal(
            (false, "", null), Facts(Scan(PdfText.Write("", "", $"<< /Length {content.Length} >>\nstream\n{content}\nendstream"))));
    }

    [Fact]
    public void An_encrypted_PDF_is_known_also_when_it_opens_without_a_password()
    {
        using var document = PdfDocument.Open(PdfText.Encrypted);
        Assert.True(document.IsEncrypted);
        Assert.Equal((true, "", null), Facts(Scan(PdfText.Encrypted)));
    }

    [Fact]
    public void What_other_programs_write_is_accepted()
    {
        var builder = new PdfDocumentBuilder();
        var font = builder.AddStandard14Font(UglyToad.PdfPig.Fonts.Standard14Fonts.Standard14Font.Helvetica);
        builder.AddPage(PageSize.A4).AddText("Compte rendu /JavaScript", 12, new(50, 700), font);
        Assert.Equal((false, "", null), Facts(Scan(builder.Build())));
        var generated = SampleDocuments.Create(GeneratedDocumentsTests.Patient, GeneratedDocumentsTests.Author, 3, 8);
        Assert.Equal((false, "", null), Facts(Scan(generated.Single(document => document.MediaType == "application/pdf").Content)));
    }

    [Fact]
    public void The_files_in_published_documents_are_accepted()
    {
        var count = 0;
        foreach (var file in Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml"))
        {
            foreach (Match match in EmbeddedPdf().Matches(File.ReadAllText(file)))
            {
                count++;
                Assert.Equal((false, "", null), Facts(Scan(Convert.FromBase64String(match.Groups[1].Value))));
            }
        }

        Assert.InRange(count, 10, int.MaxValue);
    }

    [Fact]
    public void An_object_stream_that_cannot_be_looked_into_is_told()
    {
        var good = PdfText.Deflate(Encoding.Latin1.GetBytes("1 0 2 0 3 0 " + new string(' ', 500) + "<< /A /B >>"));
        Assert.Null(Scan(PdfText.WritePacked("", pack: _ => good)).Unreadable);
        Assert.Contains("damaged", Scan(PdfText.WritePacked("", pack: _ => good[..^8])).Unreadable, StringComparison.Ordinal);
        Assert.Contains("damaged", Scan(PdfText.WritePacked("", pack: _ => [0x78, 0x9C, 7, 7, 7])).Unreadable, StringComparison.Ordinal);
        foreach (var other in (Func<byte[], byte[]>[])
            [
                bytes => PdfText.Deflate(PdfText.Deflate(bytes)),
                bytes => Encoding.ASCII.GetBytes(Convert.ToHexString(PdfText.Deflate(bytes)) + ">"),
                bytes => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes) + ">"),
                bytes => [2, .. bytes],
                bytes => PdfText.Deflate([2, .. bytes]),
            ])
        {
            Assert.NotNull(Scan(PdfText.WritePacked(Script, pack: other)).Unreadable);
        }
    }

    public static TheoryData<string> HostileNames => [.. hostile.Keys];

    private static readonly Dictionary<string, Func<byte[]>> hostile = new()
    {
        ["deep arrays"] = () => Encoding.ASCII.GetBytes("%PDF-1.7\n1 0 obj\n" + new string('[', 5_000_000)),
        ["deep dictionaries"] = () => Encoding.ASCII.GetBytes("%PDF-1.7\n1 0 obj\n" + string.Concat(Enumerable.Repeat("<</A", 2_000_000))),
        ["deep strings"] = () => Encoding.ASCII.GetBytes("%PDF-1.7\n1 0 obj\n" + new string('(', 5_000_000)),
        ["deep object stream"] = () =>
            PdfText.WritePacked("", pack: _ => PdfText.Deflate([.. "1 0 "u8, .. Enumerable.Repeat((byte)'[', 20_000_000)])),
        ["tables of offsets in a ring"] = () => Encoding.ASCII.GetBytes(
            "%PDF-1.7\n" + string.Concat(Enumerable.Repeat("xref\n0 0\ntrailer << /Prev 9 >>\nstartxref\n9\n%%EOF\n", 50_000))),
        ["100 MB object stream in 100 KB"] = () => PdfText.WritePacked("", pack: _ => PdfText.Deflate(new byte[100_000_000])),
        ["100 MB page in 100 KB"] = () =>
        [
            .. "%PDF-1.7\n4 0 obj\n<< /Filter /FlateDecode >>\nstream\n"u8, .. PdfText.Deflate(new byte[100_000_000]),
            .. "\nendstream\nendobj"u8,
        ],
        ["many object streams"] = () =>
            Encoding.ASCII.GetBytes("%PDF-1.7\n" + string.Concat(Enumerable.Repeat("/ObjStm stream\nx\u009c\nendstream ", 100_000))),
        ["endless name"] = () => Encoding.ASCII.GetBytes("%PDF-1.7\n/" + new string('J', 10_000_000)),
        ["many beginnings"] = () =>
            Encoding.ASCII.GetBytes("%PDF-1.7\n<<>>stream " + string.Concat(Enumerable.Repeat(new string(' ', 1000) + "obj", 10_000))),
        ["runs of one byte"] = () => PdfCorpus.WithRuns(20_000_000),
        ["actions that lead to each other"] = () => PdfCorpus.Table(
        [
            "<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R >>", PdfText.Pages, PdfText.Page,
            $"<< /S /GoTo /Next [{string.Concat(Enumerable.Repeat("4 0 R ", 2000))}] >>",
        ]),
        ["references to many versions"] = () => Encoding.ASCII.GetBytes(
            "%PDF-1.7\n" + string.Concat(Enumerable.Repeat("5 0 obj 5 0 R endobj\n6 0 obj << /S 5 0 R >> endobj\n", 20_000))),
        ["object stream without an end"] = () => [.. "%PDF-1.7\n4 0 obj\n<< /Type /ObjStm >>\nstream\n"u8, .. new byte[50_000_000]],
    };

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void Hostile_files_cost_little(string name)
    {
        var content = hostile[name]();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        var findings = Scan(content);
        clock.Stop();
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.Empty(findings.Active);
        Assert.Equal(
            name is "100 MB object stream in 100 KB" or "object stream without an end" or "runs of one byte"
                or "actions that lead to each other" or "references to many versions"
                || name.StartsWith("deep", StringComparison.Ordinal) && name != "deep strings",
            findings.Unreadable is not null);
        // All that was ever taken, most of it given back at once.
        Assert.InRange(allocated, 0, 384 * 1024 * 1024);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, PdfBudget.TimeMax + TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Chunking_changes_nothing() =>
        Gen.Select(Gen.Int[1, 400], Gen.Int[0, 40_000], Gen.Bool, Gen.Bool).Sample(
            (chunk, padding, isPacked, acts) =>
            {
                var catalog = $"/X ({new string('x', padding)}) {(acts ? "/OpenAction << /S /J#61vaScript >>" : "")}";
                var pdf = isPacked ? PdfText.WritePacked(catalog) : PdfText.Write(catalog, "");
                Assert.Equal((false, acts ? "JavaScript" : "", null), Facts(Scan(pdf, chunk)));
            },
            iter: 200);

    [Fact]
    public void Any_bytes_are_answered() =>
        Gen.Select(
            Gen.OneOf("/ObjStm stream\n", "(", "<", "<<", "%", "/", "1 0 obj ", "endstream", "\\", "#4").Array[0, 12],
            Gen.Byte.Array[0, 200], Gen.Int[1, 64])
            .Sample(
                (starts, noise, chunk) =>
                    Scan([.. Encoding.ASCII.GetBytes(string.Concat(starts)), .. noise, .. "endstream"u8], chunk) is not null, iter: 3000);

    internal static PdfFindings Scan(byte[] content, int chunk = 64 * 1024)
    {
        var scanner = new PdfScanner();
        for (var offset = 0; offset < content.Length; offset += chunk)
        {
            scanner.Write(content.AsSpan(offset, Math.Min(chunk, content.Length - offset)));
        }

        return scanner.Conclude();
    }

    private static (bool IsEncrypted, string Found, string? Unreadable) Facts(PdfFindings findings) =>
        (findings.IsEncrypted, string.Join(", ", findings.Active), findings.Unreadable);

    [GeneratedRegex("""representation="B64"[^>]*>(\s*JVBER[^<]*)<""")]
    private static partial Regex EmbeddedPdf();
}
