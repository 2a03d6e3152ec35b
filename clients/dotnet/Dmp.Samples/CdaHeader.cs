using System.Xml;

namespace Dmp.Samples;

/// <summary>
/// What the header of a CDA document says about it. Read front to back, never past the beginning of the body, and with
/// document types refused: the files come from anywhere.
/// </summary>
internal sealed class CdaHeader
{
    private const string Hl7V3 = "urn:hl7-org:v3";
    private const string XslTransform = "http://www.w3.org/1999/XSL/Transform";
    private const int DepthMax = 64;

    // ClinicalDocument is depth 0, or deeper inside a stylesheet; paths below are relative to it.
    private readonly List<string> path = [];
    private readonly List<string> templateIds = [];
    private int documentDepth = -1;

    private CdaHeader()
    {
    }

    public bool SelfPresenting => documentDepth > 0;

    public string? TypeCode { get; private set; }

    public string? TypeSystem { get; private set; }

    public string? Title { get; private set; }

    public string? UniqueId { get; private set; }

    public DateTimeOffset? CreationTime { get; private set; }

    /// <summary>Begin of the first service documented, which is the main one.</summary>
    public DateTimeOffset? ServiceStartTime { get; private set; }

    /// <summary>Media type of an unstructured body; null for a structured one.</summary>
    public string? BodyMediaType { get; private set; }

    public IReadOnlyList<string> TemplateIds => templateIds;

    /// <summary>Null when the bytes are no CDA document, or one too broken to describe.</summary>
    public static CdaHeader? Read(byte[] content)
    {
        var header = new CdaHeader();
        try
        {
            using var stream = new MemoryStream(content, writable: false);
            using var xml = XmlReader.Create(stream, new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
                XmlResolver = null,
            });
            while (xml.Read() && xml.Depth <= DepthMax && header.Accept(xml))
            {
            }
        }
        catch (Exception exception) when (exception is XmlException or ArgumentException or NotSupportedException)
        {
            // Not XML, or XML that breaks off: what was read before, if it was a CDA header, still describes the file.
        }

        return header.documentDepth >= 0 && header.TypeCode is not null ? header : null;
    }

    /// <summary>False when the header is over.</summary>
    private bool Accept(XmlReader xml)
    {
        if (documentDepth < 0)
        {
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "ClinicalDocument" && xml.NamespaceURI == Hl7V3)
            {
                documentDepth = xml.Depth;
                return true;
            }

            // Anything else that carries a CDA document, a message or an archive index, is not one.
            return xml.Depth > 0 || xml.NodeType != XmlNodeType.Element || xml.NamespaceURI == XslTransform;
        }

        if (xml.Depth <= documentDepth)
        {
            return false;
        }

        if (xml.NodeType == XmlNodeType.Text)
        {
            if (path is ["title"])
            {
                Title ??= xml.Value.Trim();
            }

            return true;
        }

        if (xml.NodeType != XmlNodeType.Element || xml.NamespaceURI != Hl7V3)
        {
            return true;
        }

        var depth = xml.Depth - documentDepth - 1;
        path.RemoveRange(Math.Min(depth, path.Count), path.Count - Math.Min(depth, path.Count));
        path.Add(xml.LocalName);
        return AcceptElement(xml);
    }

    private bool AcceptElement(XmlReader xml)
    {
        switch (path)
        {
            case ["templateId"] when xml.GetAttribute("root") is { } root:
                templateIds.Add(root);
                return true;
            case ["id"]:
                UniqueId ??= JoinId(xml.GetAttribute("root"), xml.GetAttribute("extension"));
                return true;
            case ["code"]:
                TypeCode ??= xml.GetAttribute("code");
                TypeSystem ??= xml.GetAttribute("codeSystem");
                return true;
            case ["effectiveTime"]:
                CreationTime ??= CdaTime.Parse(xml.GetAttribute("value"));
                return true;
            case ["documentationOf", "serviceEvent", "effectiveTime"]:
                ServiceStartTime ??= CdaTime.Parse(xml.GetAttribute("value"));
                return true;
            case ["documentationOf", "serviceEvent", "effectiveTime", "low"]:
                ServiceStartTime ??= CdaTime.Parse(xml.GetAttribute("value"));
                return true;
            case ["component", "nonXMLBody", "text"]:
                BodyMediaType = xml.GetAttribute("mediaType");
                return false;
            case ["component", "structuredBody"]:
                return false;
            default:
                return true;
        }
    }

    /// <summary>As XDS writes a CDA id in its uniqueId: the root, and the extension after a circumflex.</summary>
    private static string? JoinId(string? root, string? extension) =>
        root is null ? null : extension is null ? root : $"{root}^{extension}";
}
