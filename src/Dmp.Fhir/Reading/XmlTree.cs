using System.Text;
using System.Xml;

namespace Dmp.Fhir.Reading;

/// <summary>Makes the tree of a document from XML (FHIR R4, XML Representation of Resources), within the limits.</summary>
internal sealed class XmlTree(FhirReaderOptions options, TreeBudget budget, NameTable names)
{
    public const string Namespace = "http://hl7.org/fhir";
    private const string Xhtml = "http://www.w3.org/1999/xhtml";

    private XmlReader xml = null!;

    /// <summary>Nothing is declared, expanded or fetched.</summary>
    public static XmlReaderSettings Settings(bool ignoresComments = true) => new()
    {
        CloseInput = false,
        DtdProcessing = DtdProcessing.Prohibit,
        IgnoreComments = ignoresComments,
        IgnoreProcessingInstructions = false,
        IgnoreWhitespace = false,
        XmlResolver = null,
    };

    public FhirNode Read(Stream bytes)
    {
        try
        {
            using (xml = XmlReader.Create(bytes, Settings()))
            {
                return ReadRoot();
            }
        }
        catch (XmlException broken)
        {
            throw Broken(broken);
        }
        catch (DecoderFallbackException)
        {
            throw new FhirRefusedException(
                FhirFaultKind.Encoding, budget.Path, "Some bytes are no characters of the encoding that the document declares.");
        }
    }

    private FhirNode ReadRoot()
    {
        while (Next() && xml.NodeType != XmlNodeType.Element)
        {
        }

        if (xml.NodeType != XmlNodeType.Element || xml.LocalName != "Bundle" || xml.NamespaceURI != Namespace)
        {
            throw new FhirRefusedException(
                FhirFaultKind.WrongRoot, "Bundle", "The root of the document is no Bundle in the namespace of FHIR.");
        }

        var root = new FhirNode("Bundle", null) { Type = "Bundle" };
        ReadElement(root);
        while (Next())
        {
        }

        return root;
    }

    /// <summary>Our own sentences, because those of the parser quote the document. It has no codes.</summary>
    private FhirRefusedException Broken(XmlException broken)
    {
        var at = $"(line {broken.LineNumber}, column {broken.LinePosition})";
        bool Begins(string text) => broken.Message.StartsWith(text, StringComparison.Ordinal);
        return Begins("For security reasons DTD")
            ? new(FhirFaultKind.DocumentType, budget.Path, $"A document type declaration is not allowed {at}.")
            : Begins("Unexpected end of file") || Begins("There is an unclosed") || Begins("Root element is missing")
                ? new(FhirFaultKind.Truncated, budget.Path, $"The document ends before its last element does {at}.")
            : Begins("Invalid character in the given encoding") || Begins("There is no Unicode byte order mark")
                || Begins("System does not support")
                ? new(FhirFaultKind.Encoding, budget.Path, $"The bytes do not fit the encoding, or the encoding is not read here {at}.")
            : new(FhirFaultKind.NotWellFormed, budget.Path, $"The XML is not well formed {at}.");
    }

    private bool Next()
    {
        var moved = xml.Read();
        budget.Look();
        budget.CheckDepth(xml.Depth);
        if (xml is { NodeType: XmlNodeType.ProcessingInstruction, LocalName: "xml-stylesheet" })
        {
            // It would show the document as somebody else wants it shown.
            throw new FhirRefusedException(
                FhirFaultKind.Stylesheet, budget.Path, "A processing instruction asks to load a stylesheet, which is not allowed.");
        }

        return moved;
    }

    /// <summary>What the element that the reader stands on holds, to its end tag.</summary>
    private void ReadElement(FhirNode node)
    {
        var isEmpty = xml.IsEmptyElement;
        ReadAttributes(node);
        if (isEmpty)
        {
            return;
        }

        var depth = xml.Depth;
        while (Next() && xml.Depth > depth)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            if (xml.NamespaceURI == Xhtml && xml.LocalName == "div")
            {
                ReadNarrative(node);
            }
            else if (xml.NamespaceURI != Namespace || !budget.IsKept)
            {
                Pass();
            }
            else if (char.IsAsciiLetterUpper(xml.LocalName[0]) && node.Type is null)
            {
                // A resource is written inside of the element that holds it.
                node.Type = xml.LocalName;
                ReadElement(node);
            }
            else if (node.Parent is null && xml.LocalName == "entry")
            {
                ReadEntry(node);
            }
            else if (budget.Element())
            {
                ReadElement(node.Add(names.Of(xml.LocalName)));
            }
            else
            {
                Pass();
            }
        }
    }

    private void ReadEntry(FhirNode root)
    {
        budget.BeginEntry();
        var entry = root.Add("entry");
        if (budget.IsKept)
        {
            ReadElement(entry);
        }
        else
        {
            Pass();
        }

        if (!budget.IsKept)
        {
            // It keeps its place, by which others are numbered.
            entry.Clear();
        }

        budget.EndEntry();
    }

    /// <summary>The value, and what JSON writes as members: the URL of an extension, the identifier of an element.</summary>
    private void ReadAttributes(FhirNode node)
    {
        for (var more = xml.MoveToFirstAttribute(); more; more = xml.MoveToNextAttribute())
        {
            if (xml.NamespaceURI.Length > 0 || xml.LocalName is not ("value" or "url" or "id") || !budget.IsKept)
            {
                continue;
            }

            var target = xml.LocalName == "value" ? node : node.Add(names.Of(xml.LocalName));
            target.Value = budget.Chars(xml.Value.Length, node.Name) ? xml.Value : null;
            target.IsCut = target.Value is null;
        }

        xml.MoveToElement();
    }

    /// <summary>The words of a narrative, whose elements are not those of FHIR.</summary>
    private void ReadNarrative(FhirNode node)
    {
        var isEmpty = xml.IsEmptyElement;
        var depth = xml.Depth;
        var (words, charsMax) = (new StringBuilder(), options.NarrativeCharsMax ?? options.ValueCharsMax);
        while (!isEmpty && Next() && xml.Depth > depth)
        {
            NarrativeWords.AppendNode(words, xml, charsMax);
        }

        if (budget.Element() && budget.Chars(words.Length, "div"))
        {
            var div = node.Add("div");
            (div.Value, div.IsWords, div.IsCut) = (words.ToString(), true, words.Length >= charsMax);
        }
    }

    private void Pass()
    {
        if (xml.IsEmptyElement)
        {
            return;
        }

        var depth = xml.Depth;
        while (Next() && xml.Depth > depth)
        {
        }
    }
}
