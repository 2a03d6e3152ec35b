using System.Text;
using System.Xml;

namespace Dmp.Fhir.Reading;

/// <summary>The words of an XHTML narrative, without its markup: words of neighbouring cells are words of their own.</summary>
internal static class NarrativeWords
{
    private static readonly XmlReaderSettings settings = new()
    {
        ConformanceLevel = ConformanceLevel.Fragment,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
    };

    /// <summary>From the markup as JSON has it. Where it breaks a rule of XML, what came before stands.</summary>
    public static void Append(StringBuilder words, string markup, int charsMax)
    {
        using var text = new StringReader(markup);
        using var xml = XmlReader.Create(text, settings);
        try
        {
            while (words.Length < charsMax && xml.Read())
            {
                AppendNode(words, xml, charsMax);
            }
        }
        catch (XmlException)
        {
            // Narratives are made by hand often enough; no fact depends on one, and the words up to here are as they are written.
        }
    }

    /// <summary>One node of a narrative.</summary>
    public static void AppendNode(StringBuilder words, XmlReader xml, int charsMax)
    {
        switch (xml.NodeType)
        {
            case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                Facts.Reading.Words.Append(words, xml.Value, charsMax);
                break;
            case XmlNodeType.Element or XmlNodeType.EndElement:
                Facts.Reading.Words.Append(words, " ", charsMax);
                break;
        }
    }
}
