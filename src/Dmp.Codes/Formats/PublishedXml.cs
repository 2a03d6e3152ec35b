using System.Xml;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>XML of publishers: nothing is fetched, no entity of its own is made, and its size is bounded.</summary>
internal static class PublishedXml
{
    private static readonly XmlReaderSettings settings = new()
    {
        // ClaML names a document type, which is passed over.
        DtdProcessing = DtdProcessing.Ignore,
        XmlResolver = null,
        MaxCharactersInDocument = CodeFiles.EditionBytesMax,
        MaxCharactersFromEntities = 1024,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = true,
    };

    /// <summary>Goes through a file; what cannot be read is told with its name.</summary>
    /// <exception cref="InvalidDataException">It is no XML.</exception>
    public static T Read<T>(PublishedFile file, Func<XmlReader, T> read)
    {
        try
        {
            using var reader = XmlReader.Create(file.Open(), settings);
            return read(reader);
        }
        catch (XmlException broken)
        {
            throw new InvalidDataException($"{file.Name} cannot be read: {broken.Message}", broken);
        }
    }

    /// <summary>The line that the reader is at.</summary>
    public static int Line(XmlReader reader) => ((IXmlLineInfo)reader).LineNumber;
}
