using System.Text;
using System.Xml;

namespace Dmp.Server.Media;

/// <summary>
/// Tells the data that a readable invoice (Factur-X, ZUGFeRD, Order-X) carries for other programs from files that somebody opens: XML by
/// its bytes and by its name, which names no program or stylesheet to show it with.
/// </summary>
internal static class PdfAttachment
{
    private static readonly string[] foreignNamespaces =
    [
        "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/XSL/Transform",
        "http://schemas.microsoft.com/office/word/2003/wordml", "urn:schemas-microsoft-com:office:spreadsheet", "http://ns.adobe.com/xdp/",
    ];

    private static readonly string[] foreignRoots = ["html", "svg", "script", "job", "package", "component", "scriptlet", "project"];

    /// <summary>The name of the file ends in <c>.xml</c>; or there is none, for the other name counts then.</summary>
    public static bool IsNamedXml(PdfValue name)
    {
        if (name.Kind == PdfKind.Null)
        {
            return true;
        }

        if (name is not { Kind: PdfKind.String, Content: byte[] bytes })
        {
            return false;
        }

        var text = bytes is [0xFE, 0xFF, ..] ? Encoding.BigEndianUnicode.GetString(bytes.AsSpan(2)) : Encoding.Latin1.GetString(bytes);
        return text.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) && !text.Any(char.IsControl);
    }

    /// <summary>The stream is whole XML, without a document type and without instructions to other programs.</summary>
    public static bool IsData(PdfDocument document, PdfObject stream)
    {
        if (stream.Value.Has("F"))
        {
            return false;
        }

        try
        {
            using var bytes = new MemoryStream(document.Unpack(stream), writable: false);
            var settings = HardenedXml.Settings();
            settings.IgnoreProcessingInstructions = false;
            using var xml = XmlReader.Create(bytes, settings);
            while (xml.Read())
            {
                if (xml.NodeType is XmlNodeType.ProcessingInstruction or XmlNodeType.DocumentType
                    || xml.NodeType == XmlNodeType.Element && (foreignNamespaces.Contains(xml.NamespaceURI)
                        || xml.Depth == 0 && foreignRoots.Contains(xml.LocalName, StringComparer.OrdinalIgnoreCase)))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception exception) when (exception is PdfUnreadableException || HardenedXml.IsBadXml(exception))
        {
            return false;
        }
    }
}
