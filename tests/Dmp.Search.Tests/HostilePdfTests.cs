using System.IO.Compression;
using System.Text;
using CsCheck;
using Dmp.Search.Text;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>PDFs made to harm, most of which their library would unpack, or multiply, without end.</summary>
public sealed class HostilePdfTests
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
        var before = GC.GetAllocatedBytesForCurrentThread();
        var text = TextTests.Read(Pdfs.Page(content), "application/pdf");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * Megabyte);
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

        var before = GC.GetAllocatedBytesForCurrentThread();
        var text = TextTests.Read(file.ToArray(), "application/pdf");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 150 * Megabyte);
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

    /// <summary>Twenty bytes that become an entry for each of two thousand million characters.</summary>
    [Theory]
    [InlineData("/W [0 2000000000 500]", "")]
    [InlineData("/W2 [0 2000000000 1 2 3]", "")]
    [InlineData("", "1 beginbfrange <00000000> <7FFFFFFF> <0041> endbfrange")]
    [InlineData("", "2 beginbfrange <0000> <0001> [<0041> <0042>] % <0> \n <00000000>\n<7FFFFFFF> <0041> endbfrange")]
    public void Ranges_of_a_font_are_looked_at_before_it_is_loaded(string widths, string map)
    {
        var stream = Encoding.ASCII.GetBytes($"begincmap {map} endcmap");
        foreach (var toUnicode in new[] { Pdfs.Stream("", stream), Pdfs.Stream("/Filter /FlateDecode", Zlib(stream)) })
        {
            var pdf = Pdfs.Page(
                Pdfs.Stream("", "BT /F 9 Tf (avant) Tj /G 9 Tf (apres) Tj ET"u8),
                "/Font << /F 3 0 R /G 6 0 R >>",
                Encoding.ASCII.GetBytes(
                    "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [7 0 R] /ToUnicode 8 0 R >>"),
                Encoding.ASCII.GetBytes(
                    "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /FontDescriptor 9 0 R "
                    + $"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> {widths} >>"),
                toUnicode,
                "<< /Type /FontDescriptor /FontName /A /Flags 4 /FontBBox [0 0 1 1] /Ascent 1 /Descent 0 >>"u8.ToArray());
            Assert.Equal([new UnreadText(UnreadReason.TooLong, 1)], TextTests.Read(pdf, "application/pdf").Unread);
        }
    }

    [Fact]
    public void Names_of_a_font_that_share_their_bytes_are_counted()
    {
        const int names = 1_000;
        byte[] font =
        [
            0, 1, 0, 0, 0, 1, 0, 16, 0, 0, 0, 0, .. "name"u8, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0xFF, 0xFF,
            0, 0, names >> 8, names & 0xFF, 0, 6,
            .. Enumerable.Repeat((byte[])[0, 3, 0, 1, 4, 9, 0, 1, 0xFF, 0xFE, 0, 0], names).SelectMany(name => name),
        ];
        var pdf = Pdfs.Page(
            Pdfs.Stream("", "BT /G 9 Tf (a) Tj ET"u8),
            "/Font << /G 6 0 R >>",
            "<< /Type /Font /Subtype /TrueType /BaseFont /A /FirstChar 97 /LastChar 97 /Widths [500] /FontDescriptor 7 0 R >>"u8.ToArray(),
            "<< /Type /FontDescriptor /FontName /A /Flags 4 /FontBBox [0 0 1 1] /FontFile2 8 0 R >>"u8.ToArray(),
            Pdfs.Stream("/Filter /FlateDecode", Zlib(font)));
        Assert.Contains(UnreadReason.TooLong, TextTests.Read(pdf, "application/pdf").Unread.Select(unread => unread.Reason));
    }

    [Fact]
    public void A_table_of_more_objects_than_there_can_be_is_not_made()
    {
        var start = 9;
        byte[] pdf =
        [
            .. "%PDF-1.7\n4 0 obj\n"u8,
            .. Pdfs.Stream("/Type /XRef /Size 2000000000 /Index [0 2000000000] /W [1 4 1] /Root 1 0 R", new byte[60]),
            .. Encoding.ASCII.GetBytes($"\nendobj\nstartxref\n{start}\n%%EOF"),
        ];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotEmpty(TextTests.Read(pdf, "application/pdf").Unread);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50 * Megabyte);
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
}
