using System.IO.Compression;
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
    public void A_pdf_of_5000_pages_is_read_up_to_the_limit()
    {
        var text = TextTests.Read(Pdfs.Built(5_000, "Compte rendu"), "application/pdf");
        Assert.Equal(2_000, text.Sections.Count);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 3_000)], text.Unread);
    }

    [Fact]
    public void Characters_of_a_pdf_are_read_up_to_the_limit()
    {
        var text = TextTests.Read(Pdfs.Of("abcdef", "ghijkl", "mnopqr", "stuvwx"), "application/pdf", new TextLimits { CharsMax = 10 });
        Assert.Equal(["abcdef", "ghij"], text.Sections.Select(section => section.Text));
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 3)], text.Unread);
    }

    [Fact]
    public void A_pdf_with_a_password_is_told()
    {
        const string encrypt = "<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 "
            + "/O <0102030405060708090a0b0c0d0e0f100102030405060708090a0b0c0d0e0f10> "
            + "/U <1102030405060708090a0b0c0d0e0f100102030405060708090a0b0c0d0e0f10> >>";
        var pdf = Encoding.Latin1.GetString(Pdfs.Of("secret")).Replace(
            "/Root 1 0 R >>", $"/Root 1 0 R /ID [<01><02>] /Encrypt {encrypt} >>", StringComparison.Ordinal);
        var text = TextTests.Read(Encoding.Latin1.GetBytes(pdf), "application/pdf");
        Assert.Empty(text.Sections);
        Assert.Equal([new UnreadText(UnreadReason.Encrypted, 1)], text.Unread);
    }

    [Fact]
    public void A_page_that_unpacks_to_a_gigabyte_is_not_unpacked()
    {
        var content = Pdfs.Stream("/Filter /FlateDecode", Packed(1024 * Megabyte));
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var text = TextTests.Read(Pdfs.Page(content), "application/pdf");
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 100 * Megabyte);
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], text.Unread);
    }

    /// <summary>What lies in streams beside pages: the table of offsets, and objects.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Objects_that_unpack_to_a_gigabyte_are_not_unpacked(bool isTable)
    {
        using var file = new MemoryStream();
        var offsets = new int[5];
        void Write(int number, byte[] content)
        {
            offsets[number] = (int)file.Length;
            file.Write([.. Encoding.ASCII.GetBytes($"{number} 0 obj\n"), .. content, .. "\nendobj\n"u8]);
        }

        file.Write("%PDF-1.7\n"u8);
        Write(1, "<< /Type /Catalog /Pages 2 0 R >>"u8.ToArray());
        var objects = Packed(1024 * Megabyte, "2 0 << /Type /Pages /Count 0 /Kids [] >>"u8);
        Write(3, Pdfs.Stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", objects));
        offsets[4] = (int)file.Length;
        byte[] Entry(int type, int where) => [(byte)type, (byte)(where >> 24), (byte)(where >> 16), (byte)(where >> 8), (byte)where, 0];
        byte[] table = [.. Entry(0, 0), .. Entry(1, offsets[1]), .. Entry(2, 3), .. Entry(1, offsets[3]), .. Entry(1, offsets[4])];
        var packed = isTable
            ? Pdfs.Stream("/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R /Filter /FlateDecode", Packed(1024 * Megabyte, table))
            : Pdfs.Stream("/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R", table);
        Write(4, packed);
        file.Write(Encoding.ASCII.GetBytes($"startxref\n{offsets[4]}\n%%EOF"));

        var before = GC.GetTotalAllocatedBytes(precise: true);
        var text = TextTests.Read(file.ToArray(), "application/pdf");
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 150 * Megabyte);
        Assert.Contains(Assert.Single(text.Unread).Reason, (UnreadReason[])[UnreadReason.TooLong, UnreadReason.Damaged]);
    }

    [Fact]
    public void A_page_that_is_too_much_does_not_hide_the_next_one()
    {
        var pdf = Encoding.Latin1.GetString(Pdfs.Of("avant", "(", "apr\u00e8s")).Replace(
            "[(()] TJ", string.Concat(Enumerable.Repeat("q ", 5_000)), StringComparison.Ordinal);
        var text = TextTests.Read(Encoding.Latin1.GetBytes(pdf), "application/pdf");
        Assert.Equal(["avant", "après"], text.Sections.Select(section => section.Text));
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], text.Unread);
    }

    [Theory]
    [InlineData(16, 17_000_000)]
    [InlineData(20, 300_000_000)]
    public void A_page_packed_twice_or_by_another_packing_is_not_unpacked_either(int kilobytes, long length)
    {
        var twice = Pdfs.Stream("/Filter [/FlateDecode /FlateDecode]", Zlib(Packed(length)));
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], TextTests.Read(Pdfs.Page(twice), "application/pdf").Unread);

        var runs = Pdfs.Stream("/Filter /RunLengthDecode", Enumerable.Repeat((byte)129, kilobytes * 1024 * 40).ToArray());
        Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], TextTests.Read(Pdfs.Page(runs), "application/pdf").Unread);
    }

    [Fact]
    public void Forms_that_show_forms_many_times_over_end_with_the_time()
    {
        // Ten to the power of eight showings: the clock of the test goes on by a second each time it is asked.
        var others = Enumerable.Range(0, 8).Select(i => Pdfs.Stream(
            $"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X {7 + i} 0 R >> >>",
            Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("/X Do ", 10)))))
            .Append(Pdfs.Stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", "q Q"u8)).ToArray();
        var pdf = Pdfs.Page(Pdfs.Stream("", "BT /F 9 Tf 9 9 Td (avant) Tj ET /X Do"u8), "/XObject << /X 6 0 R >>", others);
        var text = TextTests.Read(pdf, "application/pdf", new TextLimits { Time = new StepClock(), TimeMax = TimeSpan.FromSeconds(2_000) });
        Assert.Equal([new UnreadText(UnreadReason.TooSlow, 1)], text.Unread);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("<</A ", ">>")]
    public void Nesting_in_a_pdf_ends_no_process(string open, string close)
    {
        var deep = string.Concat(Enumerable.Repeat(open, 100_000)) + string.Concat(Enumerable.Repeat(close, 100_000));
        foreach (var pdf in new[]
        {
            Pdfs.Page(Pdfs.Stream("", Encoding.ASCII.GetBytes($"BT {deep} TJ ET"))),
            Pdfs.Page(Pdfs.Stream("", "q Q"u8), $"/Font {deep}"),
            Pdfs.Raw(Encoding.ASCII.GetBytes($"<< /Type /Catalog /Pages {deep} >>")),
        })
        {
            Assert.NotEmpty(TextTests.Read(pdf, "application/pdf").Unread);
        }
    }

    [Fact]
    public void Pages_within_pages_and_rings_of_them_end_no_process()
    {
        var deep = Enumerable.Range(0, 20_000).Select(i => Encoding.ASCII.GetBytes(
            $"<< /Type /Pages /Count 1 /Kids [{i + 3} 0 R] >>"));
        var ring = Encoding.ASCII.GetBytes("<< /Type /Pages /Count 1 /Kids [2 0 R] >>");
        Assert.NotEmpty(TextTests.Read(Pdfs.Raw(["<< /Type /Catalog /Pages 2 0 R >>"u8.ToArray(), .. deep]), "application/pdf").Unread);
        Assert.NotEmpty(TextTests.Read(Pdfs.Raw("<< /Type /Catalog /Pages 2 0 R >>"u8.ToArray(), ring), "application/pdf").Unread);
    }

    [Fact]
    public void A_pdf_with_any_byte_changed_or_cut_off_is_answered()
    {
        var pdf = Pdfs.Of("Hémoglobine 12,5 g/dL", "Créatinine");
        Gen.Select(Gen.Int[0, pdf.Length - 1], Gen.Byte, Gen.Bool).Sample(
            (place, value, isCut) =>
            {
                var changed = isCut ? pdf[..place] : [.. pdf];
                if (!isCut)
                {
                    changed[place] = value;
                }

                var text = TextTests.Read(changed, "application/pdf");
                return text.Sections.Count <= 2;
            },
            iter: 3_000);
    }

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

    /// <summary>Packed zeros, made without holding them.</summary>
    private static byte[] Packed(long length, ReadOnlySpan<byte> before = default)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(before);
            var zeros = new byte[Megabyte];
            for (; length > 0; length -= zeros.Length)
            {
                zlib.Write(zeros.AsSpan(0, (int)Math.Min(length, zeros.Length)));
            }
        }

        return packed.ToArray();
    }

    private static byte[] Zlib(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>A clock that goes on by a second each time it is asked.</summary>
    private sealed class StepClock : TimeProvider
    {
        private long steps;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => steps++;
    }
}
