using System.Text;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;

namespace Dmp.Search.Tests;

/// <summary>PDFs made for tests.</summary>
internal static class Pdfs
{
    private const string Font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";

    private static readonly Encoding windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>A page for each text, one line for each of its lines, each word placed where it stands and no blank written.</summary>
    public static byte[] Of(params string[] pages)
    {
        var kids = string.Join(' ', pages.Select((_, i) => $"{4 + (i * 2)} 0 R"));
        List<byte[]> objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>"u8.ToArray(),
            Encoding.ASCII.GetBytes($"<< /Type /Pages /Count {pages.Length} /Kids [{kids}] >>"),
            Encoding.ASCII.GetBytes(Font),
        ];
        foreach (var page in pages)
        {
            objects.Add(Encoding.ASCII.GetBytes(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << /Font << /F 3 0 R >> >> "
                + $"/Contents {objects.Count + 2} 0 R >>"));
            var content = new StringBuilder("BT /F 10 Tf 40 780 Td\n");
            foreach (var line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                content.Append("0 -14 Td [").AppendJoin(" -300 ", line.Split(' ').Select(word => $"({word})")).Append("] TJ\n");
            }

            objects.Add(Stream("", windows1252.GetBytes(content.Append("ET").ToString())));
        }

        return Raw([.. objects]);
    }

    /// <summary>So many pages of the library's own builder.</summary>
    public static byte[] Built(int pages, string text)
    {
        var builder = new PdfDocumentBuilder();
        var font = builder.AddStandard14Font(Standard14Font.Helvetica);
        for (var i = 0; i < pages; i++)
        {
            builder.AddPage(PageSize.A4).AddText(text, 11, new PdfPoint(40, 700), font);
        }

        return builder.Build();
    }

    /// <summary>A PDF of objects as written, with a table of offsets. The first one is its catalogue.</summary>
    public static byte[] Raw(params byte[][] objects)
    {
        using var file = new MemoryStream();
        var offsets = new List<long>();
        void Write(string text) => file.Write(Encoding.Latin1.GetBytes(text));
        Write("%PDF-1.7\n");
        for (var i = 0; i < objects.Length; i++)
        {
            offsets.Add(file.Length);
            Write($"{i + 1} 0 obj\n");
            file.Write(objects[i]);
            Write("\nendobj\n");
        }

        var start = file.Length;
        Write($"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        offsets.ForEach(offset => Write($"{offset:0000000000} 00000 n \n"));
        Write($"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF");
        return file.ToArray();
    }

    /// <summary>A PDF of one page with this content, and with the objects behind it from number 6 on.</summary>
    public static byte[] Page(byte[] content, string resources = "", params byte[][] others) =>
        Raw(
        [
            "<< /Type /Catalog /Pages 2 0 R >>"u8.ToArray(), "<< /Type /Pages /Count 1 /Kids [4 0 R] >>"u8.ToArray(),
            Encoding.ASCII.GetBytes(Font),
            Encoding.ASCII.GetBytes(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R "
                + $"/Resources << /Font << /F 3 0 R >> {resources} >> >>"),
            content, .. others,
        ]);

    public static byte[] Stream(string dictionary, ReadOnlySpan<byte> content) =>
    [
        .. Encoding.ASCII.GetBytes($"<< {dictionary} /Length {content.Length} >>\nstream\n"), .. content, .. "\nendstream"u8,
    ];
}
