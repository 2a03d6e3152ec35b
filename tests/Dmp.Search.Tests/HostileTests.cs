using System.Text;
using CsCheck;
using Dmp.Search.Text;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>Documents made to harm, and documents that are none: bounded, told, and never thrown.</summary>
public sealed class HostileTests
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public void Groups_of_an_rtf_are_passed_over_beyond_the_limit()
    {
        var rtf = $"{{\\rtf1 avant {new string('{', 1_000_000)} dedans {new string('}', 1_000_000)} apr\\'e8s}}";
        var text = TextTests.Read(Encoding.ASCII.GetBytes(rtf), "text/rtf");
        Assert.Equal("avant après", Assert.Single(text.Sections).Text);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], text.Unread);
    }

    [Fact]
    public void An_rtf_with_any_byte_changed_is_answered()
    {
        var rtf = Encoding.ASCII.GetBytes(@"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}}\f0\uc1 a\u233?b\'e9\bin3 abc\par{\*\x y}}");
        Gen.Select(Gen.Int[0, rtf.Length - 1], Gen.Byte).Sample(
            (place, value) =>
            {
                var changed = rtf.ToArray();
                changed[place] = value;
                return TextTests.Read(changed, "text/rtf").Sections.Count <= 1;
            },
            iter: 20_000);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/rtf")]
    [InlineData("text/xml")]
    public void One_line_of_ten_megabytes_is_cut(string mimeType)
    {
        var line = new string('x', 10 * 1024 * 1024);
        var bytes = mimeType switch
        {
            "text/rtf" => Encoding.ASCII.GetBytes($"{{\\rtf1 {line}}}"),
            "text/xml" => TextTests.Body($"<structuredBody><component><section><text>{line}</text></section></component></structuredBody>"),
            _ => Encoding.ASCII.GetBytes(line),
        };
        var text = TextTests.Read(bytes, mimeType);
        Assert.Equal(4_000_000, Assert.Single(text.Sections).Text.Length);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], text.Unread);
        var block = Finding.Block(text.Sections[0].Text);
        Assert.InRange(block.Length, 1, Megabyte);
    }

    [Fact]
    public void Nested_elements_end_the_reading_and_keep_what_came_before()
    {
        var deep = string.Concat(Enumerable.Repeat("<component><section>", 5_000))
            + string.Concat(Enumerable.Repeat("</section></component>", 5_000));
        var text = TextTests.ReadCda($"<component><section><text>avant</text></section></component>{deep}");
        Assert.Equal("avant", Assert.Single(text.Sections).Text);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], text.Unread);

        var lists = string.Concat(Enumerable.Repeat("<list><item>", 5_000)) + string.Concat(Enumerable.Repeat("</item></list>", 5_000));
        text = TextTests.ReadCda($"<component><section><text>avant</text></section><section><text>{lists}</text></section></component>");
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], text.Unread);
    }

    [Fact]
    public void Entries_and_sections_without_number_are_gone_through()
    {
        var entries = string.Concat(Enumerable.Repeat("<entry><observation/></entry>", 200_000));
        var text = TextTests.ReadCda($"<component><section><text>avant</text>{entries}</section></component>");
        Assert.Equal("avant", Assert.Single(text.Sections).Text);
        Assert.Empty(text.Unread);

        text = TextTests.ReadCda(string.Concat(Enumerable.Repeat("<component><section><text>a</text></section></component>", 200_000)));
        Assert.Equal(5_000, text.Sections.Count);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 195_000)], text.Unread);
    }

    [Fact]
    public void Files_without_number_are_read_up_to_the_limit()
    {
        var file = $"<value mediaType=\"text/plain\" representation=\"B64\">{Convert.ToBase64String("mots"u8)}</value>";
        var text = TextTests.ReadCda($"<component><section>{string.Concat(Enumerable.Repeat(file, 60))}</section></component>");
        Assert.Equal(50, text.Sections.Count);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 10)], text.Unread);
    }

    [Theory]
    [InlineData("application/pdf", UnreadReason.TooLong, 0)]
    [InlineData("text/plain", UnreadReason.TooLong, 1)]
    public void A_file_is_taken_into_memory_up_to_the_limit(string mediaType, UnreadReason reason, int sections)
    {
        var limits = new TextLimits { FileBytesMax = 1_000 };
        var text = TextTests.Read(new string('é', 2_000).Select(letter => (byte)letter).ToArray(), mediaType, limits);
        Assert.Equal([new UnreadText(reason, 1)], text.Unread);
        Assert.Equal(sections, text.Sections.Count);

        var inside = Convert.ToBase64String(new byte[5_000]);
        text = TextTests.Read(TextTests.Body(
            $"<nonXMLBody><text mediaType=\"{mediaType}\" representation=\"B64\">{inside}</text></nonXMLBody>"), "text/xml", limits);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], text.Unread);
    }

    [Fact]
    public void Time_that_is_over_ends_the_reading_of_each_format()
    {
        var limits = new TextLimits { Time = new StepClock(), TimeMax = TimeSpan.FromSeconds(1) };
        foreach (var (bytes, mimeType) in new[]
        {
            (Pdfs.Of("a", "b", "c"), "application/pdf"),
            (Encoding.ASCII.GetBytes($"{{\\rtf1 {new string('x', 50_000)}}}"), "text/rtf"),
            (new byte[200_000], "text/plain"),
            (TextTests.Body($"<structuredBody>{string.Concat(Enumerable.Repeat("<component/>", 2_000))}</structuredBody>"), "text/xml"),
        })
        {
            Assert.Contains(UnreadReason.TooSlow, TextTests.Read(bytes, mimeType, limits).Unread.Select(unread => unread.Reason));
        }
    }

    [Fact]
    public void Who_gives_up_is_heard()
    {
        using var stream = new MemoryStream(Pdfs.Of("a"));
        Assert.Throws<OperationCanceledException>(
            () => DocumentText.Read(stream, "application/pdf", null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_cda_document_with_any_byte_changed_is_answered()
    {
        var bytes = TextTests.Body(
            $"""
            <structuredBody><component><section><code code="1-8"/><title>T</title><text>mots <br/>é</text><entry><observationMedia>
            <value mediaType="text/plain" representation="B64">{Convert.ToBase64String("mots"u8)}</value></observationMedia></entry>
            </section></component></structuredBody>
            """);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample(
            (place, value) =>
            {
                var changed = bytes.ToArray();
                changed[place] = value;
                return TextTests.Read(changed, "text/xml").Sections.Count <= 3;
            },
            iter: 20_000);
    }
}
