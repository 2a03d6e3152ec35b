using System.Text;
using Xunit;

namespace Dmp.Cda.Tests;

/// <summary>Documents made to harm: each is refused for what it is, and costs no more memory than a good one may.</summary>
public sealed class HostileTests
{
    private const string Open = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">";
    private const string Close = "</ClinicalDocument>";

    // All that is allocated until a document of at most 4 MiB is given up, nearly all of it for a moment only.
    private const long MemoryMax = 80 * 1024 * 1024;

    public static TheoryData<string, CdaFaultKind> Refused => new()
    {
        { $"<!DOCTYPE ClinicalDocument SYSTEM \"http://127.0.0.1:1/a.dtd\">{Open}{Close}", CdaFaultKind.DocumentType },
        { $"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{Open}<title>&x;</title>{Close}", CdaFaultKind.DocumentType },
        {
            $"<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>{Open}<title>"
            + $"&c;</title>{Close}",
            CdaFaultKind.DocumentType
        },
        { $"<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/p\"> %p;]>{Open}{Close}", CdaFaultKind.DocumentType },
        { $"<!-- x --><!DOCTYPE a>{Open}{Close}", CdaFaultKind.DocumentType },
        { $"{Open}<title>&passwd;</title>{Close}", CdaFaultKind.UndeclaredEntity },
        {
            $"{Open}<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\" parse=\"text\"/>{Close}",
            CdaFaultKind.XInclude
        },
        { $"{Open}<author><x:include xmlns:x=\"http://www.w3.org/2001/XInclude\" href=\"a\"/></author>{Close}", CdaFaultKind.XInclude },
        { $"<?xml-stylesheet type=\"text/xsl\" href=\"http://127.0.0.1:1/a.xsl\"?>{Open}{Close}", CdaFaultKind.ForeignStylesheet },
        { $"<?xml-stylesheet href='//127.0.0.1/a.xsl'?>{Open}{Close}", CdaFaultKind.ForeignStylesheet },
        { $"<?xml-stylesheet href=\"javascript:alert(1)\"?>{Open}{Close}", CdaFaultKind.ForeignStylesheet },
        { $"<?xml-stylesheet href=\"&#104;ttp://127.0.0.1/a.xsl\"?>{Open}{Close}", CdaFaultKind.ForeignStylesheet },
        { "<html xmlns=\"http://www.w3.org/1999/xhtml\"/>", CdaFaultKind.WrongRoot },
        { "<ClinicalDocument/>", CdaFaultKind.WrongRoot },
        { $"<a>{Open}{Close}</a>", CdaFaultKind.WrongRoot },
        { "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:template/></xsl:stylesheet>", CdaFaultKind.WrongRoot },
        {
            $"<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">{Open}{Close}{Open}{Close}</xsl:stylesheet>",
            CdaFaultKind.SeveralDocuments
        },
        { $"{Open}<title>x", CdaFaultKind.Truncated },
        { Open, CdaFaultKind.Truncated },
        { "<ClinicalDocument xmlns=\"urn:hl7", CdaFaultKind.Truncated },
        { $"{Open}<title>x</id>{Close}", CdaFaultKind.NotWellFormed },
        { $"{Open}<title>\0</title>{Close}", CdaFaultKind.NotWellFormed },
        { $"{Open}<title>&#0;</title>{Close}", CdaFaultKind.NotWellFormed },
        { $"{Open}{Close}trailing", CdaFaultKind.NotWellFormed },
        { $"{Open}<title a=\"1\" a=\"2\"/>{Close}", CdaFaultKind.NotWellFormed },
        { $"<?xml version=\"1.1\"?>{Open}{Close}", CdaFaultKind.NotWellFormed },
        { $"<?xml version=\"1.0\" encoding=\"{new string('x', 2000)}\"?>{Open}{Close}", CdaFaultKind.NotWellFormed },
        { "", CdaFaultKind.Empty },
        { "   ", CdaFaultKind.NotXml },
        { "Bonjour", CdaFaultKind.NotXml },
        { "%PDF-1.7", CdaFaultKind.NotXml },
        { "{\\rtf1}", CdaFaultKind.NotXml },
        { "\0\0\0\0", CdaFaultKind.NotXml },
    };

    public static TheoryData<string, string, string, CdaFaultKind> Endless => new()
    {
        { "10,000 deep and more", Open, "<a>", CdaFaultKind.TooDeep },
        { "An attribute", Open + "<title a=\"", "x", CdaFaultKind.MarkupTooLong },
        { "An attribute of the root", "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" a=\"", "x", CdaFaultKind.MarkupTooLong },
        { "A name", Open + "<", "x", CdaFaultKind.MarkupTooLong },
        { "A comment", Open + "<!--", "x", CdaFaultKind.MarkupTooLong },
        { "A comment before the root", "<!--", "x", CdaFaultKind.MarkupTooLong },
        { "A processing instruction", "<?p ", "x", CdaFaultKind.MarkupTooLong },
        { "A CDATA section", Open + "<title><![CDATA[", "x", CdaFaultKind.MarkupTooLong },
        { "Blanks", Open, " ", CdaFaultKind.HeaderTooLong },
        { "Comments", Open, "<!--x-->", CdaFaultKind.TooManyElements },
        { "Comments before the root", "", "<!--x-->", CdaFaultKind.TooManyElements },
        { "Comments between blanks", Open, " <!--x-->", CdaFaultKind.TooManyElements },
        { "Comments in an author", Open + "<author>", "<!--x-->", CdaFaultKind.TooManyElements },
        { "Processing instructions in the document", Open, "<?p?>", CdaFaultKind.TooManyElements },
        { "CDATA sections", Open + "<title>", "<![CDATA[ ]]>", CdaFaultKind.TooManyElements },
        { "Empty CDATA sections", Open + "<title>", "<![CDATA[]]>", CdaFaultKind.TooManyElements },
        { "Blanks as references", Open + "<title>", "&#32;", CdaFaultKind.HeaderTooLong },
        { "Letters as references", Open + "<title>", "&#120;&amp;", CdaFaultKind.HeaderTooLong },
        { "References in an attribute", Open + "<title a=\"", "&#120;&lt;", CdaFaultKind.MarkupTooLong },
        { "Brackets", Open + "<title>", "]]", CdaFaultKind.HeaderTooLong },
        { "Line ends", Open + "<title>x", "\r\n\r", CdaFaultKind.HeaderTooLong },
        { "Processing instructions", "", "<?p x?>", CdaFaultKind.TooManyElements },
        { "Text in the header", Open + "<title>", "x", CdaFaultKind.HeaderTooLong },
        { "Text that is not read", Open + "<informant>", "x", CdaFaultKind.HeaderTooLong },
        { "Informants", Open, "<informant><a/></informant>", CdaFaultKind.TooManyElements },
        { "Authors", Open, "<author/>", CdaFaultKind.TooManyElements },
        { "Identifiers of an author", Open + "<author><assignedAuthor>", "<id/>", CdaFaultKind.TooManyElements },
        {
            "A stylesheet",
            "<s:stylesheet xmlns:s=\"http://www.w3.org/1999/XSL/Transform\">",
            "<s:text>x</s:text>",
            CdaFaultKind.TooManyElements
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_hostile_document_is_refused_for_what_it_is(string text, CdaFaultKind kind)
    {
        var read = await SampleText.ReadAsync(text, new CdaReaderOptions { ReadWhole = true });
        Assert.Null(read.Document);
        var fault = read.Faults[^1];
        Assert.Equal(kind, fault.Kind);
        Assert.True(fault.IsRefusal);
        Assert.DoesNotContain("passwd", fault.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Endless))]
    public void An_endless_document_is_given_up_soon(string what, string start, string repeated, CdaFaultKind kind)
    {
        foreach (var whole in (bool[])[false, true])
        {
            using var stream = new EndlessStream(start, repeated, long.MaxValue / 2);
            var fault = RefusalOf(stream, new CdaReaderOptions { ReadWhole = whole });
            Assert.True(fault.Kind == kind, $"{what}: {fault.Kind}, {fault.Text}");
            Assert.InRange(stream.BytesRead, 1, 5 * 1024 * 1024);
        }
    }

    [Fact]
    public void New_names_without_end_are_refused()
    {
        var names = new StringBuilder(Open + "<component><structuredBody>");
        for (var i = 0; i < 30_000; i++)
        {
            names.Append("<n").Append(i).Append("/>");
        }

        var content = Encoding.UTF8.GetBytes(names.ToString());
        Assert.Equal(CdaFaultKind.TooManyNames, RefusalOf(content, new CdaReaderOptions { ReadWhole = true }).Kind);
    }

    [Theory]
    [InlineData(300, "a{0}=\"1\" ", CdaFaultKind.TooManyAttributes)]
    [InlineData(20_000, "a{0}=\"1\" ", CdaFaultKind.TooManyAttributes)]
    [InlineData(9_000, "xmlns:n{0}=\"urn:n{0}\" ", CdaFaultKind.TooManyAttributes)]
    [InlineData(100_000, "a{0}=\"1\" ", CdaFaultKind.MarkupTooLong)]
    public void Attributes_and_namespaces_without_number_are_refused(int count, string attribute, CdaFaultKind kind)
    {
        var text = new StringBuilder("<ClinicalDocument xmlns=\"urn:hl7-org:v3\" ");
        for (var i = 0; i < count; i++)
        {
            text.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, attribute, i);
        }

        var content = Encoding.UTF8.GetBytes(text.Append("/>").ToString());
        var fault = RefusalOf(content, new CdaReaderOptions { NamesMax = 1_000_000 });
        Assert.Equal(kind, fault.Kind);
    }

    [Fact]
    public void A_gzip_file_is_not_unpacked()
    {
        byte[] content = [0x1F, 0x8B, 8, 0, .. new byte[1000]];
        var fault = RefusalOf(content, new CdaReaderOptions());
        Assert.Equal(CdaFaultKind.NotXml, fault.Kind);
        Assert.Contains("gzip", fault.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Half_a_gibibyte_in_base_64_is_read_in_bounded_memory(bool whole)
    {
        // The header is read at once; reading the whole is shortened, because its time grows with the size and its memory does not.
        var start = SampleText.Whole[..SampleText.Whole.IndexOf("<structuredBody>", StringComparison.Ordinal)]
            + "<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">";
        await using var stream = new EndlessStream(
            start, "QUJD\n", whole ? 64L * 1024 * 1024 : 512L * 1024 * 1024, "</text></nonXMLBody></component></ClinicalDocument>");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = CdaReader.ReadAsync(stream, new CdaReaderOptions { ReadWhole = whole }, TestContext.Current.CancellationToken);
        Assert.True(reading.IsCompleted);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1024 * 1024);
        var read = await reading;
        Assert.Empty(read.Faults);
        Assert.Equal(new CdaBody(1, "application/pdf", true), read.Document!.Body);
        Assert.Equal(whole, stream.BytesRead > 60 * 1024 * 1024);
    }

    [Fact]
    public void A_document_over_the_limit_is_refused()
    {
        var start = Open + "<component><nonXMLBody><text>";
        using var stream = new EndlessStream(start, "QUJD", long.MaxValue / 2);
        var fault = RefusalOf(stream, new CdaReaderOptions { ReadWhole = true, DocumentBytesMax = 1_000_000 });
        Assert.Equal(CdaFaultKind.DocumentTooLong, fault.Kind);
    }

    [Fact]
    public async Task A_stream_that_never_answers_is_given_up()
    {
        using var stream = new SilentStream();
        var read = await CdaReader.ReadAsync(
            stream, new CdaReaderOptions { TimeMax = TimeSpan.FromMilliseconds(50) }, TestContext.Current.CancellationToken);
        Assert.Equal(CdaFaultKind.TooSlow, Assert.Single(read.Faults).Kind);
    }

    [Fact]
    public async Task Cancellation_is_thrown_and_is_no_fault()
    {
        using var cancelled = new CancellationTokenSource();
        using var stream = new SilentStream();
        var reading = CdaReader.ReadAsync(stream, null, cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task A_failure_of_the_stream_is_thrown_and_is_no_fault()
    {
        await using var stream = new BrokenStream();
        await Assert.ThrowsAsync<IOException>(() => CdaReader.ReadAsync(stream, null, TestContext.Current.CancellationToken));
    }

    private static CdaFault RefusalOf(byte[] content, CdaReaderOptions options)
    {
        using var memory = new MemoryStream(content, writable: false);
        using var waiting = SampleText.Waiting(content);
        var fault = RefusalOf(memory, options);
        Assert.Equal(RefusalOf(waiting, options), fault);
        return fault;
    }

    private static CdaFault RefusalOf(Stream stream, CdaReaderOptions options)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = CdaReader.ReadAsync(stream, options, TestContext.Current.CancellationToken);
        // All on this thread, so that the count of its allocations is the whole.
        Assert.True(reading.IsCompleted);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MemoryMax);
        Assert.Null(reading.Result.Document);
        return reading.Result.Faults[^1];
    }

    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return 0;
        }
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("The disk is gone.");
    }
}
