using System.Globalization;
using System.Text;

namespace Dmp.Server.Tests.Media;

/// <summary>A PDF of the corpus.</summary>
/// <param name="Name">What it is made of.</param>
/// <param name="Bytes">The file.</param>
/// <param name="IsActive">It acts or carries files when a viewer opens it as it stands; null when that is for another reader to
/// say.</param>
internal sealed record CorpusFile(string Name, byte[] Bytes, bool? IsActive);

/// <summary>Hundreds of small PDFs: what acts and what does not, each written in the ways in which PDFs are written.</summary>
internal static class PdfCorpus
{
    private const string Script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>";

    private const string Invoice =
        "<?xml version=\"1.0\"?><rsm:CrossIndustryInvoice xmlns:rsm=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\"/>";

    private static readonly (string Name, string Catalog, string Page, string[] More)[] active =
    [
        ("script on opening", Script, "", []),
        ("escaped names", "/OpenAction << /#53 /J#61vaScript /#4A#53 (1) >>", "", []),
        ("script in a hexadecimal string", "/OpenAction << /S /JavaScript /JS <6170702E616C657274283129> >>", "", []),
        ("indirect name of the action", "/OpenAction << /S 4 0 R /JS (1) >>", "", ["/JavaScript"]),
        ("indirect action", "/OpenAction 4 0 R", "", ["<< /S /JavaScript /JS 5 0 R >>", "(1)"]),
        ("next of a jump", "/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next [4 0 R] >>", "", ["<< /S /JavaScript /JS (1) >>"]),
        ("trigger of the document", "/AA << /WC << /S /JavaScript /JS (1) >> >>", "", []),
        ("trigger of the page", "", "/AA << /O 4 0 R >>", ["<< /S /JavaScript /JS (1) >>"]),
        ("trigger of a note", "", "/Annots [<< /Subtype /Widget /Rect [0 0 9 9] /AA << /E << /S /JavaScript /JS (1) >> >> >>]", []),
        ("trigger of a field", "/AcroForm << /Fields [4 0 R] >>", "", ["<< /FT /Tx /T (a) /AA << /K << /S /JavaScript /JS (1) >> >> >>"]),
        ("names of scripts", "/Names << /JavaScript << /Names [(a) 4 0 R] >> >>", "", ["<< /S /JavaScript /JS (1) >>"]),
        ("program", "/OpenAction << /S /Launch /F (calc.exe) >>", "", []),
        ("program behind a link", "", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Launch /Win << /F (calc.exe) >> >> >>]", []),
        ("form sent away", "", "/Annots [<< /Subtype /Widget /Rect [0 0 9 9] /A << /S /SubmitForm /F (https://example.org) >> >>]", []),
        ("form filled from a file", "", "/Annots [<< /Subtype /Widget /Rect [0 0 9 9] /A << /S /ImportData /F (a.fdf) >> >>]", []),
        ("form of XML", "/AcroForm << /Fields [] /XFA 4 0 R >>", "", ["[(template) 5 0 R]", Stream("<template><script/></template>")]),
        ("rich media", "", "/Annots [<< /Subtype /RichMedia /Rect [0 0 9 9] >>]", []),
        ("screen", "", "/Annots [<< /Subtype /Screen /Rect [0 0 9 9] /A << /S /Rendition /JS (1) >> >>]", []),
        ("film", "", "/Annots [<< /Subtype /Movie /Rect [0 0 9 9] /Movie << /F (a.avi) >> >>]", []),
        ("sound", "", "/Annots [<< /Subtype /Sound /Rect [0 0 9 9] >>]", []),
        ("space", "", "/Annots [<< /Subtype /3D /Rect [0 0 9 9] >>]", []),
        ("attached program", Attached("run.exe"), "", [Stream("MZ", "/Type /EmbeddedFile")]),
        ("attached program named as an invoice", Attached("factur-x.xml"), "", [Stream("MZ", "/Type /EmbeddedFile")]),
        ("attached invoice named as a program", Attached("factur-x.xml.exe"), "", [Stream(Invoice, "/Type /EmbeddedFile")]),
        ("attached web page", Attached("page.xml"), "", [Stream("<html xmlns=\"http://www.w3.org/1999/xhtml\"/>", "/Type /EmbeddedFile")]),
        ("attached stylesheet", Attached("a.xml"), "", [Stream("<?xml-stylesheet href=\"a.xsl\"?><a/>", "/Type /EmbeddedFile")]),
        ("file in a note", "", "/Annots [<< /Subtype /FileAttachment /Rect [0 0 9 9] /FS << /EF << /F 4 0 R >> /F (a.doc) >> >>]",
            [Stream("x", "/Type /EmbeddedFile")]),
        ("associated file", "/AF [<< /Type /Filespec /F (a.doc) /EF << /F 4 0 R >> >>]", "", [Stream("x", "/Type /EmbeddedFile")]),
        ("jump into an attached file", "/OpenAction << /S /GoToE /T << /R /C /N (a) >> >>", "", []),
        ("page of the net on opening", "/OpenAction << /S /URI /URI (https://example.org) >>", "", []),
        ("file of the net on opening", "/OpenAction << /S /GoToR /F (\\\\\\\\example.org\\\\a.pdf) >>", "", []),
    ];

    private static readonly (string Name, string Catalog, string Page, string[] More)[] harmless =
    [
        ("nothing", "", "", []),
        ("font named JS", "",
            "/Resources << /Font << /JS 4 0 R /S 4 0 R /JavaScript 4 0 R /XFA 4 0 R /EF 4 0 R /AA 4 0 R /OpenAction 4 0 R >> >>", [Font]),
        ("states named as actions", "",
            "/Resources << /ExtGState << /Launch << /LW 1 >> /EmbeddedFile << /LW 2 >> /RichMedia << /LW 3 >> >> >>", []),
        ("text like an object", "", "/Contents 4 0 R", [Stream("BT (Lot 1 0 obj /JavaScript) Tj ET")]),
        ("text like an action", "", "/Contents 4 0 R", [Stream("BT (7 0 obj << /S /JavaScript /JS (1) >> endobj) Tj ET")]),
        ("name as a value", "/Lot /JavaScript /Kind [/Launch /XFA]", "", []),
        ("style of a text", "/StructTreeRoot << /Type /StructTreeRoot /K 4 0 R >>", "",
            ["<< /Type /StructElem /S /JavaScript /P 1 0 R /K 0 /T (Launch) >>"]),
        ("words", "/Lang (see /JavaScript and << /S /Launch >>) /Other <2F4A53>", "", []),
        ("metadata", "/Metadata 4 0 R", "",
            [Stream("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">/S /JavaScript /JS (1)</x:xmpmeta>", "/Type /Metadata /Subtype /XML")]),
        ("form", "/AcroForm << /Fields [4 0 R] /NeedAppearances true >>", "/Annots [4 0 R]",
            ["<< /FT /Tx /T (a) /Subtype /Widget /Rect [0 0 9 9] /V (x) >>"]),
        ("form that clears itself", "/AcroForm << /Fields [4 0 R] >>", "",
            ["<< /FT /Btn /T (a) /Subtype /Widget /Rect [0 0 9 9] /A << /S /ResetForm >> >>"]),
        ("link", "", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org) >> >>]", []),
        ("link to a file", "", "/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /GoToR /F (annexe.pdf) /D [0 /Fit] >> >>]", []),
        ("signature", "/AcroForm << /SigFlags 3 /Fields [4 0 R] >>", "", ["<< /FT /Sig /T (s) /V << /Type /Sig /Filter /Adobe.PPKLite "
            + "/SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] /Contents <00> >> >>"]),
        ("outlines", "/Outlines 4 0 R", "",
            [
                "<< /Type /Outlines /First 5 0 R /Last 5 0 R /Count 1 >>",
                "<< /Title (a) /Parent 4 0 R /A << /S /GoTo /D [3 0 R /Fit] >> >>",
            ]),
        ("opening at a page", "/OpenAction [3 0 R /Fit] /PageMode /UseNone", "", []),
        ("invoice", Attached("factur-x.xml"), "", [Stream(Invoice, "/Type /EmbeddedFile /Subtype /text#2Fxml")]),
        ("no attached files", "/Names << /EmbeddedFiles << /Names [] >> /Dests << /Names [] >> >>", "", []),
        ("transition", "", "/Trans << /S /Split >> /Dur 1", []),
        ("comments", "% /JavaScript << /S /Launch >>\n", "", []),
        ("PDF 2.0", "/Version /2.0 /Extensions << /ISO_ << /BaseVersion /2.0 /ExtensionLevel 32001 >> >>", "", []),
        ("action nobody leads to", "", "", ["<< /S /JavaScript /JS (1) >>"]),
    ];

    private static readonly (string Name, string Filter, Func<byte[], byte[]> Pack)[] filters =
    [
        ("plain", "", data => data),
        ("ASCIIHex", "/Filter /ASCIIHexDecode", Hexadecimal),
        ("AHx", "/Filter /AHx", Hexadecimal),
        ("ASCII85", "/Filter /ASCII85Decode", Ascii85),
        ("A85", "/Filter [/A85]", Ascii85),
        ("escaped name", "/Filter /ASCII#38#35Decode", Ascii85),
        ("LZW", "/Filter /LZWDecode", data => Lzw(data, 1)),
        ("late LZW", "/Filter /LZWDecode /DecodeParms << /EarlyChange 0 >>", data => Lzw(data, 0)),
        ("Flate", "/Filter /FlateDecode", PdfText.Deflate),
        ("Fl", "/Filter [/Fl] /DecodeParms [null]", PdfText.Deflate),
        ("RunLength", "/Filter /RunLengthDecode", RunLength),
        ("RL", "/Filter /RL", RunLength),
        ("PNG", "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 5 >>", data => PdfText.Deflate(Rows(data, 5))),
        ("PNG of LZW", "/Filter /LZWDecode /DecodeParms [<< /Predictor 15 /Columns 3 /Colors 2 >>]", data => Lzw(Rows(data, 6), 1)),
        ("TIFF", "/Filter /FlateDecode /DecodeParms << /Predictor 2 /Columns 4 >>", data => PdfText.Deflate(Differences(data, 4))),
        ("Flate in ASCII85", "/Filter [/ASCII85Decode /FlateDecode]", data => Ascii85(PdfText.Deflate(data))),
        ("Flate twice", "/Filter [/FlateDecode /FlateDecode]", data => PdfText.Deflate(PdfText.Deflate(data))),
        ("RunLength in ASCIIHex", "/Filter [/AHx /RL]", data => Hexadecimal(RunLength(data))),
        ("PNG in LZW in ASCII85", "/Filter [/A85 /LZW /Fl] /DecodeParms [null << /EarlyChange 1 >> << /Predictor 10 /Columns 7 >>]",
            data => Ascii85(Lzw(PdfText.Deflate(Rows(data, 7)), 1))),
        ("identity", "/Filter [/Crypt /FlateDecode] /DecodeParms [<< /Type /CryptFilterDecodeParms /Name /Identity >> null]",
            PdfText.Deflate),
    ];

    private const string Font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";

    public static IEnumerable<CorpusFile> All()
    {
        foreach (var isActive in (bool[])[true, false])
        {
            foreach (var (name, catalog, page, more) in isActive ? active : harmless)
            {
                string[] objects =
                [
                    $"<< /Type /Catalog /Pages 2 0 R {catalog}\n>>", PdfText.Pages,
                    $"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {page} >>", .. more,
                ];
                var isReached = name != "action nobody leads to";
                yield return new($"{name}, table", Table(objects), isActive);
                yield return new($"{name}, object stream", Packed(objects, filters[8]), isActive);
                yield return new($"{name}, updated", Updated(objects), isActive);
                yield return new($"{name}, hybrid", Hybrid(objects), isActive);
                yield return new($"{name}, damaged table", Damaged(Table(objects), name), isReached ? isActive : null);
                yield return new($"{name}, without a table", Cut(Table(objects)), isReached ? isActive : null);
                yield return new($"{name}, header behind blanks", [.. "\n \n"u8, .. Table(objects)], isReached ? isActive : null);
                yield return new($"{name}, comments", Table(objects, between: "% 1 0 obj\n"), isReached ? isActive : null);
                yield return new($"{name}, behind a strange end", [.. Table(objects), .. new byte[2000]], isReached ? isActive : null);
            }
        }

        foreach (var filter in filters)
        {
            foreach (var (name, catalog, isActive) in ((string, string, bool)[])[("script", Script, true), ("nothing", "", false)])
            {
                string[] objects = [$"<< /Type /Catalog /Pages 2 0 R {catalog} >>", PdfText.Pages, PdfText.Page];
                yield return new($"{name}, {filter.Name}", Packed(objects, filter), isActive);
                yield return new($"{name}, {filter.Name}, no type", Packed(objects, filter, keys: ""), isActive);
                yield return new(
                    $"{name}, {filter.Name}, extended", Packed(objects, filter, keys: "/Type /ObjStm /Extends 99 0 R"), isActive);
                yield return new($"{name}, {filter.Name}, indirect length", Packed(objects, filter, isIndirect: true), isActive);
                yield return new($"{name}, {filter.Name}, damaged table", Damaged(Packed(objects, filter), name), isActive);
            }
        }

        var clean = $"<< /Type /Catalog /Pages 2 0 R >>";
        var bad = $"<< /Type /Catalog /Pages 2 0 R {Script} >>";
        yield return new("script added", Update(Table([clean, PdfText.Pages, PdfText.Page]), 1, bad), true);
        yield return new("script taken away", Update(Table([bad, PdfText.Pages, PdfText.Page]), 1, clean), false);
        yield return new(
            "script added twice over", Update(Update(Table([clean, PdfText.Pages, PdfText.Page]), 3, PdfText.Page), 1, bad), true);
    }

    /// <summary>Files that are no PDF to anybody.</summary>
    public static IEnumerable<CorpusFile> Nothing()
    {
        var whole = Table([$"<< /Type /Catalog /Pages 2 0 R >>", PdfText.Pages, PdfText.Page]);
        yield return new("header alone", "%PDF-1.7\n"u8.ToArray(), null);
        yield return new("error page", "%PDF-1.4\n<html><body>503 Service unavailable</body></html>\n"u8.ToArray(), null);
        yield return new("no pages", Table(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"]), null);
        yield return new(
            "no root",
            Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(whole).Replace("/Root", "/Toor", StringComparison.Ordinal)), null);
        for (var length = 20; length < Encoding.Latin1.GetString(whole).IndexOf("trailer", StringComparison.Ordinal); length += 23)
        {
            yield return new($"cut at {length}", whole[..length], null);
        }
    }

    internal static byte[] Table(string[] objects, string between = "")
    {
        var pdf = new StringBuilder("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n");
        var table = new StringBuilder().Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        for (var i = 0; i < objects.Length; i++)
        {
            pdf.Append(between);
            table.Append(CultureInfo.InvariantCulture, $"{pdf.Length:0000000000} 00000 n \n");
            pdf.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        // Read before anything is appended: the handler of the string appends piece by piece.
        var start = pdf.Length;
        pdf.Append(
            CultureInfo.InvariantCulture, $"{table}trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        return Encoding.Latin1.GetBytes(pdf.ToString());
    }

    /// <summary>An object stream of so many runs, each of two bytes packed.</summary>
    internal static byte[] WithRuns(int count) => Packed(
        ["<< /Type /Catalog /Pages 2 0 R >>", PdfText.Pages, PdfText.Page],
        ("", "/Filter /RunLengthDecode", data => data.Length < 40 ? RunLength(data) : [.. Enumerable.Repeat((byte)255, 2 * count)]));

    private static string Attached(string name) =>
        $"/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F ({name}) /UF ({name}) /AFRelationship /Data /EF << /F 4 0 R "
        + "/UF 4 0 R >> >>] >> >>";

    private static string Stream(string data, string keys = "") => $"<< {keys} /Length {data.Length} >>\nstream\n{data}\nendstream";

    private static byte[] Packed(
        string[] objects, (string Name, string Filter, Func<byte[], byte[]> Pack) filter, string keys = "/Type /ObjStm",
        bool isIndirect = false)
    {
        var pdf = new MemoryStream();
        Append(pdf, "%PDF-1.5\n%\u00e2\u00e3\u00cf\u00d3\n");
        var rows = new SortedDictionary<int, (int Kind, long Place, int Index)> { [0] = (0, 0, 0) };
        var (index, values, count) = (new StringBuilder(), new StringBuilder(), 0);
        for (var i = 0; i < objects.Length; i++)
        {
            if (objects[i].EndsWith("endstream", StringComparison.Ordinal))
            {
                rows[i + 1] = (1, pdf.Length, 0);
                Append(pdf, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
                continue;
            }

            index.Append(CultureInfo.InvariantCulture, $"{i + 1} {values.Length} ");
            values.Append(objects[i]).Append('\n');
            rows[i + 1] = (2, objects.Length + 1, count++);
        }

        var (container, length, table) = (objects.Length + 1, objects.Length + 2, objects.Length + 3);
        var packed = filter.Pack(Encoding.Latin1.GetBytes($"{index}{values}"));
        rows[length] = (1, pdf.Length, 0);
        Append(pdf, $"{length} 0 obj\n{packed.Length}\nendobj\n");
        rows[container] = (1, pdf.Length, 0);
        Append(pdf, $"{container} 0 obj\n<< {keys} /N {count} /First {index.Length} {filter.Filter} "
            + $"/Length {(isIndirect ? $"{length} 0 R" : $"{packed.Length}")} >>\nstream\n");
        pdf.Write(packed);
        Append(pdf, "\nendstream\nendobj\n");
        rows[table] = (1, pdf.Length, 0);
        var data = rows.Values.SelectMany(
            row => (byte[])[(byte)row.Kind, (byte)(row.Place >> 8), (byte)row.Place, (byte)row.Index]).ToArray();
        var end = pdf.Length;
        Append(pdf, $"{table} 0 obj\n<< /Type /XRef /Size {table + 1} /W [1 2 1] /Root 1 0 R {filter.Filter} "
            + $"/Length {filter.Pack(data).Length} >>\nstream\n");
        pdf.Write(filter.Pack(data));
        Append(pdf, $"\nendstream\nendobj\nstartxref\n{end}\n%%EOF\n");
        return pdf.ToArray();
    }

    private static byte[] Updated(string[] objects) =>
        Update(Table(["<< /Type /Catalog /Pages 2 0 R >>", .. objects[1..]]), 1, objects[0]);

    private static byte[] Update(byte[] pdf, int number, string value)
    {
        var text = Encoding.Latin1.GetString(pdf);
        var from = text.LastIndexOf("startxref", StringComparison.Ordinal);
        var previous = text[(from + 10)..].Split('\n')[0];
        var size = text[(text.LastIndexOf("/Size ", StringComparison.Ordinal) + 6)..].Split(' ')[0];
        var offset = text.Length;
        text += $"{number} 0 obj\n{value}\nendobj\n";
        var start = text.Length;
        text += $"xref\n{number} 1\n{offset:0000000000} 00000 n \ntrailer\n<< /Size {size} /Root 1 0 R "
            + $"/Prev {previous} >>\nstartxref\n{start}\n%%EOF\n";
        return Encoding.Latin1.GetBytes(text);
    }

    /// <summary>The catalog is found through a stream of offsets that old readers do not read.</summary>
    private static byte[] Hybrid(string[] objects)
    {
        var pdf = new MemoryStream();
        Append(pdf, "%PDF-1.5\n%\u00e2\u00e3\u00cf\u00d3\n");
        var table = new StringBuilder().Append(
            CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 2}\n0000000000 65535 f \n0000000000 00000 f \n");
        for (var i = 1; i < objects.Length; i++)
        {
            table.Append(CultureInfo.InvariantCulture, $"{pdf.Length:0000000000} 00000 n \n");
            Append(pdf, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        var container = objects.Length + 1;
        table.Append(CultureInfo.InvariantCulture, $"{pdf.Length:0000000000} 00000 n \n");
        Append(pdf, $"{container} 0 obj\n{Stream($"1 0 {objects[0]}", "/Type /ObjStm /N 1 /First 4")}\nendobj\n");
        var stream = pdf.Length;
        Append(pdf, $"{container + 1} 0 obj\n<< /Type /XRef /Size {container + 2} /W [1 2 1] /Index [1 1] /Length 4 >>\nstream\n");
        pdf.Write([2, (byte)(container >> 8), (byte)container, 0]);
        Append(pdf, "\nendstream\nendobj\n");
        var start = pdf.Length;
        Append(pdf, $"{table}trailer\n<< /Size {container + 2} /Root 1 0 R /XRefStm {stream} >>\nstartxref\n{start}\n%%EOF\n");
        return pdf.ToArray();
    }

    /// <summary>Where the table is said to be, it is not.</summary>
    private static byte[] Damaged(byte[] pdf, string name)
    {
        var text = Encoding.Latin1.GetString(pdf);
        var at = text.LastIndexOf("startxref", StringComparison.Ordinal);
        // Other readers look for a trailer only, when they look for anything.
        return Encoding.Latin1.GetBytes($"{text[..at]}trailer\n<< /Size 20 /Root 1 0 R >>\nstartxref\n{name.Length}\n%%EOF\n");
    }

    private static byte[] Cut(byte[] pdf)
    {
        var text = Encoding.Latin1.GetString(pdf);
        var (from, to) = (text.LastIndexOf("xref\n0", StringComparison.Ordinal), text.LastIndexOf("trailer", StringComparison.Ordinal));
        return Encoding.Latin1.GetBytes(text[..from] + text[to..text.LastIndexOf("startxref", StringComparison.Ordinal)]);
    }

    private static byte[] Hexadecimal(byte[] data) => Encoding.ASCII.GetBytes(Convert.ToHexString(data) + ">");

    private static byte[] RunLength(byte[] data) =>
        [.. data.Chunk(100).SelectMany(run => (byte[])[(byte)(run.Length - 1), .. run]), 255, (byte)' ', 128];

    private static byte[] Ascii85(byte[] data)
    {
        var text = new StringBuilder();
        foreach (var group in data.Chunk(4))
        {
            var value = 0L;
            for (var i = 0; i < 4; i++)
            {
                value = (value << 8) | (i < group.Length ? group[i] : (byte)0);
            }

            var characters = new char[5];
            for (var i = 4; i >= 0; i--, value /= 85)
            {
                characters[i] = (char)('!' + (value % 85));
            }

            text.Append(
                group.Length == 4 && characters.All(character => character == '!') ? "z" : new string(characters)[..(group.Length + 1)]);
        }

        return Encoding.ASCII.GetBytes(text.Append("~>").ToString());
    }

    /// <summary>Each row unlike the one before it, so that each way of predicting is used.</summary>
    private static byte[] Rows(byte[] data, int row)
    {
        var result = new List<byte>();
        for (var (from, kind) = (0, 0); from < data.Length; from += row, kind = (kind + 1) % 3)
        {
            result.Add((byte)kind);
            for (var i = from; i < Math.Min(data.Length, from + row); i++)
            {
                // Pixels of one byte for sub: the caller with two colours uses the others.
                result.Add((byte)(data[i] - (kind == 1
                    ? (i - from >= (row == 6 ? 2 : 1) ? data[i - (row == 6 ? 2 : 1)] : 0)
                    : kind == 2 ? (i >= row ? data[i - row] : 0) : 0)));
            }
        }

        return [.. result];
    }

    private static byte[] Differences(byte[] data, int row)
    {
        byte[] padded = [.. data, .. Enumerable.Repeat((byte)' ', (row - (data.Length % row)) % row)];
        return [.. padded.Select((value, i) => (byte)(value - (i % row > 0 ? padded[i - 1] : 0)))];
    }

    private static byte[] Lzw(byte[] data, int early)
    {
        var (result, held, bits) = (new List<byte>(), 0, 0);
        var (known, next, width) = (new Dictionary<string, int>(), 258, 9);
        void Put(int code)
        {
            (held, bits) = ((held << width) | code, bits + width);
            for (; bits >= 8; bits -= 8)
            {
                result.Add((byte)(held >> (bits - 8)));
            }

            held &= (1 << bits) - 1;
        }

        int Code(string text) => text.Length == 1 ? text[0] : known[text];
        Put(256);
        var present = "";
        foreach (var letter in data.Select(value => (char)value))
        {
            if (present.Length == 0 || known.ContainsKey(present + letter))
            {
                present += letter;
                continue;
            }

            Put(Code(present));
            known[present + letter] = next++;
            width = next - 1 + early >= 1024 ? 11 : next - 1 + early >= 512 ? 10 : 9;
            present = $"{letter}";
        }

        Put(Code(present));
        width = next + early >= 1024 ? 11 : next + early >= 512 ? 10 : 9;
        Put(257);
        result.Add((byte)(held << (8 - bits)));
        return [.. result];
    }

    private static void Append(MemoryStream pdf, string text) => pdf.Write(Encoding.Latin1.GetBytes(text));
}
