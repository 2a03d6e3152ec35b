using System.Text;
using System.Xml;
using Dmp.Cda;

namespace Dmp.Search.Text;

/// <summary>
/// The narrative of a CDA document, section by section, and the words of the files that it carries: the PDF of a document of level 1, or a
/// copy that stands in a section. Bounded as <see cref="CdaInput"/> is: no text is taken into memory whole.
/// </summary>
internal sealed partial class CdaText(XmlReader xml, CdaInput input, CdaReaderOptions options, TextDraft draft)
{
    private const string Hl7V3 = "urn:hl7-org:v3";
    private const int NodesBetweenLooks = 255;
    private const int CodeCharsMax = 64;

    private readonly char[] buffer = new char[4096];
    private readonly Stack<OpenSection> sections = [];
    private long nodes;
    private bool isDocument;
    private bool isText;

    public static void Read(Stream content, TextDraft draft)
    {
        var options = new CdaReaderOptions();
        CdaText? reader = null;
        try
        {
            using var input = new CdaInput(content, options);
            var (encoding, skipped) = CdaEncoding.Detect(input.Peek());
            input.Skip(skipped);
            input.EndHeader();
            using var text = new StreamReader(
                input, encoding, detectEncodingFromByteOrderMarks: false, CdaReader.DecodedChars, leaveOpen: true);
            using var xml = XmlReader.Create(text, CdaReader.Settings(options, waits: false));
            reader = new CdaText(xml, input, options, draft);
            reader.Run();
            if (!reader.isDocument)
            {
                draft.Miss(UnreadReason.OtherFormat);
            }
        }
        catch (Exception broken) when (broken is XmlException or CdaRefusedException or DecoderFallbackException)
        {
            // Bytes that never became a CDA document are something else.
            var isOther = reader is not { isDocument: true } && broken is not CdaRefusedException { Kind: CdaFaultKind.TooDeep };
            draft.Miss(isOther ? UnreadReason.OtherFormat : ReasonOf(broken));
        }
    }

    private static UnreadReason ReasonOf(Exception broken) => broken is CdaRefusedException
    {
        Kind: CdaFaultKind.TooDeep or CdaFaultKind.TooManyAttributes or CdaFaultKind.TooManyNames or CdaFaultKind.MarkupTooLong
            or CdaFaultKind.DocumentTooLong,
    }
        ? UnreadReason.TooLong
        : UnreadReason.Damaged;

    private void Run()
    {
        var isFileBody = false;
        while (Move())
        {
            while (sections.TryPeek(out var open) && xml.Depth <= open.Depth)
            {
                Close(sections.Pop());
            }

            if (xml.NodeType != XmlNodeType.Element || xml.NamespaceURI != Hl7V3)
            {
                continue;
            }

            isDocument |= xml.LocalName == "ClinicalDocument";
            if (xml.LocalName == "section")
            {
                sections.Push(new OpenSection(xml.Depth));
            }
            else if (TakeFile(isFileBody))
            {
                isFileBody = false;
            }
            else if (xml.LocalName == "nonXMLBody")
            {
                isFileBody = true;
            }
            else if (sections.TryPeek(out var section) && xml.Depth == section.Depth + 1)
            {
                ReadPart(section);
            }
        }
    }

    private void Close(OpenSection section)
    {
        if (!section.IsTold)
        {
            // A chapter above others, or a section of entries alone: its title is all the words there are.
            draft.Add(section.Title, section.Code, "");
        }
    }

    private void ReadPart(OpenSection section)
    {
        switch (xml.LocalName)
        {
            case "code":
                section.Code ??= xml.GetAttribute("code") is { Length: > 0 and <= CodeCharsMax } code ? code : null;
                break;
            case "title":
                section.Title = Words(draft.Limits.TitleCharsMax, takesFiles: false).Replace('\n', ' ').Trim();
                break;
            case "text":
                var text = Words(draft.CharsLeft, takesFiles: true);
                section.IsTold |= text.Length > 0;
                draft.Add(text.Length > 0 ? section.Title : "", section.Code, text);
                break;
        }
    }

    /// <summary>The words of the element that the reader stands on, to its end; beyond the bound it is gone through.</summary>
    private string Words(int charsMax, bool takesFiles)
    {
        if (xml.IsEmptyElement)
        {
            return "";
        }

        var (depth, words, isWhole) = (xml.Depth, new StringBuilder(), true);
        while (Move() && xml.Depth > depth)
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    isWhole &= AppendText(words, charsMax);
                    break;
                case XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    isWhole &= Letters.Append(words, " ", charsMax);
                    break;
                case XmlNodeType.Element when takesFiles && TakeFile(isBody: false):
                    break;
                case XmlNodeType.Element or XmlNodeType.EndElement:
                    Separate(words, charsMax);
                    break;
            }
        }

        if (!isWhole)
        {
            draft.Miss(UnreadReason.TooLong);
        }

        return words.ToString().Trim();
    }

    /// <summary>Words of neighbouring elements are words of their own, but for an index above or below the line.</summary>
    private void Separate(StringBuilder words, int charsMax)
    {
        switch (xml.LocalName)
        {
            case "sub" or "sup":
                break;
            case "paragraph" or "item" or "br" or "tr" or "table" or "list" or "caption" when words.Length < charsMax:
                Letters.EndLine(words);
                break;
            default:
                Letters.Append(words, " ", charsMax);
                break;
        }
    }

    private bool AppendText(StringBuilder words, int charsMax)
    {
        var isWhole = true;
        int read;
        while ((read = ReadPiece()) > 0)
        {
            isWhole &= Letters.Append(words, buffer.AsSpan(0, read), charsMax);
        }

        return isWhole;
    }

    private bool Move()
    {
        while (isText && ReadPiece() > 0)
        {
            // What nobody wanted of a text is gone through in pieces.
        }

        input.Mark();
        if ((++nodes & NodesBetweenLooks) == 0)
        {
            draft.Look();
        }

        var moved = xml.Read();
        isText = moved && xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA;
        if (moved && xml.NodeType == XmlNodeType.Element)
        {
            CdaWalk.CheckElement(xml, options);
        }

        return moved;
    }

    private int ReadPiece()
    {
        var read = xml.ReadValueChunk(buffer, 0, buffer.Length);
        input.Mark();
        isText = read > 0;
        if ((++nodes & NodesBetweenLooks) == 0)
        {
            draft.Look();
        }

        return read;
    }

    private sealed class OpenSection(int depth)
    {
        public int Depth => depth;

        public string? Code { get; set; }

        public string Title { get; set; } = "";

        public bool IsTold { get; set; }
    }
}
