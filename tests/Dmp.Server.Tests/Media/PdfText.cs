using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Dmp.Server.Tests.Media;

/// <summary>Small PDFs written by hand. Object 1 is the catalog, 2 the pages, 3 the page.</summary>
internal static class PdfText
{
    public const string Pages = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>";

    public const string Page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>";

    private const string Head = "%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n";

    /// <summary>With a table of offsets. <paramref name="before"/> comes in front of each object.</summary>
    public static byte[] Write(string catalog, string before, params ReadOnlySpan<string> more)
    {
        string[] objects = [$"<< /Type /Catalog /Pages 2 0 R {catalog} >>", Pages, Page, .. more];
        var pdf = new StringBuilder(Head);
        var table = new StringBuilder().Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        for (var i = 0; i < objects.Length; i++)
        {
            pdf.Append(before);
            table.Append(CultureInfo.InvariantCulture, $"{pdf.Length:0000000000} 00000 n \n");
            pdf.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        // Read before anything is appended: the handler of the string appends piece by piece.
        var start = pdf.Length;
        pdf.Append(
            CultureInfo.InvariantCulture, $"{table}trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        return Encoding.Latin1.GetBytes(pdf.ToString());
    }

    /// <summary>With catalog, pages and page in an object stream, found by a stream of offsets.</summary>
    public static byte[] WritePacked(string catalog, string keys = "/Type /ObjStm", Func<byte[], byte[]>? pack = null)
    {
        string[] objects = [$"<< /Type /Catalog /Pages 2 0 R {catalog} >>", Pages, Page];
        var (index, values) = (new StringBuilder(), new StringBuilder());
        for (var i = 0; i < objects.Length; i++)
        {
            index.Append(CultureInfo.InvariantCulture, $"{i + 1} {values.Length} ");
            values.Append(objects[i]).Append(' ');
        }

        var packed = (pack ?? Deflate)(Encoding.Latin1.GetBytes($"{index}{values}"));
        using var pdf = new MemoryStream();
        Append(pdf, Head);
        var streamOffset = pdf.Length;
        Append(pdf, $"4 0 obj\n<< {keys} /N 3 /First {index.Length} /Filter /FlateDecode /Length {packed.Length} >>\nstream\r\n");
        pdf.Write(packed);
        Append(pdf, "\nendstream\nendobj\n");
        var tableOffset = pdf.Length;
        using var rows = new MemoryStream();
        Row(rows, 0, 0, 255);
        for (var i = 0; i < 3; i++)
        {
            Row(rows, 2, 4, i);
        }

        Row(rows, 1, (int)streamOffset, 0);
        Row(rows, 1, (int)tableOffset, 0);
        Append(pdf, $"5 0 obj\n<< /Type /XRef /Size 6 /Root 1 0 R /W [1 4 1] /Length {rows.Length} >>\nstream\n");
        pdf.Write(rows.ToArray());
        Append(pdf, $"\nendstream\nendobj\nstartxref\n{tableOffset}\n%%EOF\n");
        return pdf.ToArray();
    }

    public static byte[] Deflate(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>
    /// Opens without a password, and yet is encrypted: AES of 256 bits with a password for the permissions, its objects in an object stream
    /// (qpdf --encrypt "" owner 256 -- of a page with nothing on it).
    /// </summary>
    public static byte[] Encrypted => Convert.FromBase64String(
        """
        JVBERi0xLjcKJb/3ov4KMSAwIG9iago8PCAvRXh0ZW5zaW9ucyA8PCAvQURCRSA8PCAvQmFzZVZlcnNpb24gLzEuNyAvRXh0ZW5zaW9uTGV2ZWwgOCA+PiA+
        PiAvUGFnZXMgMyAwIFIgL1R5cGUgL0NhdGFsb2cgPj4KZW5kb2JqCjIgMCBvYmoKPDwgL1R5cGUgL09ialN0bSAvTGVuZ3RoIDExMiAvRmlsdGVyIC9GbGF0
        ZURlY29kZSAvTiAyIC9GaXJzdCA5ID4+CnN0cmVhbQpdnUDMMH0vfDB4GOsc1Dp/i4TzrFqgP4eNLJI73O7qbXUxqitFbfeLuQBt62v6DTH3wMRKbpFj7JdL
        JLmwTDYijLZe41nqv5+1UcaDZKctbEoHdrBJYAwIPhV985/rE5YmFRAAn1Tvnx4fOImCW16WZW5kc3RyZWFtCmVuZG9iago1IDAgb2JqCjw8IC9DRiA8PCAv
        U3RkQ0YgPDwgL0F1dGhFdmVudCAvRG9jT3BlbiAvQ0ZNIC9BRVNWMyAvTGVuZ3RoIDMyID4+ID4+IC9GaWx0ZXIgL1N0YW5kYXJkIC9MZW5ndGggMjU2IC9P
        IDxmMGE3MTg4MGRkZjk4YWU1Y2Y0YmVlOWNlZWE2ZmNkYzc1YzA1MTllZGNkYmYyODI4YTI1YmZjYjUzZGEwY2U2ODI2NWI4MDJmODJhMzQ1NGM5MjNhMGVl
        MWI1NzUwMjg+IC9PRSA8ODg2OWRkMWY3YTE2Y2Y1MjQ4YmZkN2EwYjMxM2YyZDM3M2RjODVjMzJhM2FkNGM2N2RiY2VjNzViNDk5Yzg5Nj4gL1AgLTQgL1Bl
        cm1zIDxjYTNkYTQ1NzZmYzAwODAzODhhODcwNjkxNjBlMTUyMT4gL1IgNiAvU3RtRiAvU3RkQ0YgL1N0ckYgL1N0ZENGIC9VIDw0YmVhN2E2NjJiYmNkY2Qx
        Zjg4NWQ4YTdiNTU2MjQwYmYzZDU3NTZjMDljZjNiZGIyNzU0ZGE5ZDRhYTRiZGVhZjAyODVlOTFhNTg2OTk3MWRmZWIzNjQxYzBlMDU1Nzk+IC9VRSA8ODZm
        MzE5MWM4ZmQzZWVjNDI5ZDVkMmJiZDJiNDNjODkyNzVmMTM5ZmMzZDcxNDQyNjI0NmQ5ODMzNWUwZWM5NT4gL1YgNSA+PgplbmRvYmoKNiAwIG9iago8PCAv
        VHlwZSAvWFJlZiAvTGVuZ3RoIDM3IC9GaWx0ZXIgL0ZsYXRlRGVjb2RlIC9EZWNvZGVQYXJtcyA8PCAvQ29sdW1ucyA0IC9QcmVkaWN0b3IgMTIgPj4gL1cg
        WyAxIDIgMSBdIC9Sb290IDEgMCBSIC9TaXplIDcgL0lEIFs8NjRiOTYwOTc2MzRmZTdmMGVkOGUyZTM4NzJmOGI4ZjY+PDY0Yjk2MDk3NjM0ZmU3ZjBlZDhl
        MmUzODcyZjhiOGY2Pl0gL0VuY3J5cHQgNSAwIFIgPj4Kc3RyZWFtCnicY2IAAiZGBn4GJgaGYhCrAcRiYGT6zxj8n4mBSZkBACb3A4sKZW5kc3RyZWFtCmVu
        ZG9iagpzdGFydHhyZWYKODg4CiUlRU9GCg==
        """);

    private static void Row(MemoryStream rows, byte kind, int value, int last) =>
        rows.Write([kind, (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value, (byte)last]);

    private static void Append(MemoryStream pdf, string text) => pdf.Write(Encoding.Latin1.GetBytes(text));
}
