using System.Xml;

namespace Dmp.Server.Content;

/// <summary>
/// Finds the level of a stored CDA document, bare or inside a self-presenting stylesheet: 1 when the body is an embedded
/// file (<c>nonXMLBody</c>), 3 when it is structured (<c>structuredBody</c>; levels 2 and 3 differ only by coded entries).
/// The header before the body may be longer than what <see cref="ContentSniffer"/> keeps, so this reads the durable blob,
/// outside of any transaction.
/// </summary>
internal static class CdaLevel
{
    /// <summary>Headers of published samples end within 50 KB; a document whose body begins later is left undetermined.</summary>
    public const long BytesMax = 4 * 1024 * 1024;

    // ClinicalDocument/component/body is depth 2, a few more inside a stylesheet. The header itself goes to about 12.
    private const int DepthMax = 64;

    /// <summary>
    /// Answers 1, 3, or null when undetermined. An answer also proves that the blob is a CDA document, which matters for
    /// the rare one whose sniffed form is <see cref="ContentForm.OtherXml"/> because its prolog is longer than the prefix.
    /// </summary>
    /// <exception cref="ContentUnavailableException">The store cannot read.</exception>
    public static async Task<int?> FindAsync(IContentReader reader, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new ContentStream(reader, BytesMax);
            using var xml = XmlReader.Create(stream, HardenedXml.Settings(async: true));
            var documentDepth = -1;
            while (await xml.ReadAsync() && xml.Depth <= DepthMax)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (xml.NodeType != XmlNodeType.Element || xml.NamespaceURI != HardenedXml.Hl7V3)
                {
                    continue;
                }

                if (documentDepth < 0 && xml.LocalName == "ClinicalDocument")
                {
                    documentDepth = xml.Depth;
                }
                else if (documentDepth >= 0 && xml.Depth == documentDepth + 2)
                {
                    switch (xml.LocalName)
                    {
                        case "nonXMLBody": return 1;
                        case "structuredBody": return 3;
                    }
                }
            }

            return null;
        }
        catch (Exception exception) when (HardenedXml.IsBadXml(exception))
        {
            return null;
        }
    }
}
