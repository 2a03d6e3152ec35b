using System.Globalization;
using System.Text;

namespace Dmp.Samples;

/// <summary>
/// A page of text as PDF 1.4. Written by hand because the PDF library in use (PdfPig) writes no accented letter without
/// an embedded font file, and French without accents is no real document; the tests read the result back with it.
/// </summary>
internal static class PdfPage
{
    private const int Margin = 56;
    private const int TopLine = 842 - Margin;

    // Every reader has Helvetica; WinAnsi agrees with Latin 1 in all letters of French but œ, Œ and Ÿ.
    private static readonly Encoding winAnsi =
        Encoding.GetEncoding("iso-8859-1", new EncoderReplacementFallback("?"), DecoderFallback.ExceptionFallback);

    public static byte[] Write(string title, IReadOnlyList<string> lines)
    {
        var text = new StringBuilder().Append(
            CultureInfo.InvariantCulture, $"BT /F2 16 Tf {Margin} {TopLine} Td ({Escape(title)}) Tj /F1 10 Tf 0 -32 Td 16 TL\n");
        foreach (var line in lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"({Escape(line)}) Tj T*\n");
        }

        text.Append("ET");
        var content = text.ToString();
        return Assemble(
            "<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
            $"<< /Length {winAnsi.GetByteCount(content)} >>\nstream\n{content}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>");
    }

    /// <summary>Numbers the objects and writes the table of their offsets, which readers start from.</summary>
    private static byte[] Assemble(params ReadOnlySpan<string> objects)
    {
        using var pdf = new MemoryStream();
        // Four bytes over 127 tell transports that this is binary.
        Append(pdf, "%PDF-1.4\n%âãÏÓ\n");
        var table = new StringBuilder().Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        for (var i = 0; i < objects.Length; i++)
        {
            table.Append(CultureInfo.InvariantCulture, $"{pdf.Position:0000000000} 00000 n \n");
            Append(pdf, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        Append(pdf, $"{table}trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{pdf.Position}\n%%EOF\n");
        return pdf.ToArray();
    }

    private static void Append(MemoryStream pdf, string text) => pdf.Write(winAnsi.GetBytes(text));

    private static string Escape(string text) => text
        .Replace("\\", @"\\", StringComparison.Ordinal)
        .Replace("(", @"\(", StringComparison.Ordinal)
        .Replace(")", @"\)", StringComparison.Ordinal);
}
