using System.Text;
using System.Xml;
using Dmp.Cda;

namespace Dmp.Facts.Reading;

/// <summary>
/// A document, node by node, within the limits of <see cref="CdaInput"/>: nothing that it holds, however long, is taken into memory whole.
/// </summary>
internal sealed class BodyXml(XmlReader xml, CdaInput input, CdaReaderOptions options, FactLimits limits, Cuts cuts)
{
    private const string Hl7V3 = "urn:hl7-org:v3";

    /// <summary>What IHE Pharmacy adds to a material: packs, classes, substances.</summary>
    private const string IhePharmacy = "urn:ihe:pharm:medication";

    private const string SchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";

    private const int NodesBetweenLooks = 4095;

    private readonly char[] buffer = new char[4096];
    private readonly long begin = TimeProvider.System.GetTimestamp();
    private long nodes;
    private bool isText;

    public int Depth => xml.Depth;

    public bool IsElement => xml.NodeType == XmlNodeType.Element;

    public bool IsEndElement => xml.NodeType == XmlNodeType.EndElement;

    public bool IsText => xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA;

    /// <summary>Of HL7 or IHE; an element of somebody else says nothing here.</summary>
    public bool IsKnown => xml.NamespaceURI is Hl7V3 or IhePharmacy;

    public bool IsEmpty => xml.IsEmptyElement;

    public string Name => xml.LocalName;

    /// <summary>The next node; what is left of a text is gone through.</summary>
    public bool Read()
    {
        if (isText)
        {
            AppendText(null);
        }

        input.Mark();
        if ((++nodes & NodesBetweenLooks) == 0 && TimeProvider.System.GetElapsedTime(begin) > limits.TimeMax)
        {
            throw new CdaRefusedException(CdaFaultKind.TooSlow, "Reading took too much time.");
        }

        var moved = xml.Read();
        isText = moved && IsText;
        if (moved && IsElement)
        {
            CdaWalk.CheckElement(xml, options);
        }

        return moved;
    }

    /// <summary>The text that the reader stands on, up to the limit of one text; null goes past it.</summary>
    public void AppendText(StringBuilder? words)
    {
        isText = false;
        int read;
        while ((read = xml.ReadValueChunk(buffer, 0, buffer.Length)) > 0)
        {
            input.Mark();
            if (words is not null)
            {
                Words.Append(words, buffer.AsSpan(0, read), limits.TextCharsMax);
            }
        }
    }

    /// <summary>
    /// An attribute without a namespace of its own; null when there is none. One that is longer than a text may be is left out whole: the
    /// beginning of a code is another code.
    /// </summary>
    public string? Attribute(string name) => xml.GetAttribute(name) is { } value && IsKept(value) ? value : null;

    /// <summary>All of them. Of those with a namespace only the type of a value says something: <c>xsi:type</c>.</summary>
    public IEnumerable<(string Name, string Value)> Attributes()
    {
        for (var place = 0; place < xml.AttributeCount; place++)
        {
            xml.MoveToAttribute(place);
            if (xml.NamespaceURI.Length == 0 && IsKept(xml.Value))
            {
                yield return (xml.LocalName, xml.Value);
            }
            else if (xml.NamespaceURI == SchemaInstance && xml.LocalName == "type" && IsKept(xml.Value))
            {
                yield return ("xsi:type", xml.Value[(xml.Value.LastIndexOf(':') + 1)..]);
            }
        }

        xml.MoveToElement();
    }

    private bool IsKept(string value)
    {
        if (value.Length <= limits.TextCharsMax)
        {
            return true;
        }

        cuts.Add();
        return false;
    }
}
