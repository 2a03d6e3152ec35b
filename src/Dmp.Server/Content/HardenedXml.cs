using System.Xml;

namespace Dmp.Server.Content;

/// <summary>Settings for XML of unknown origin, in one place so that no reader is opened with weaker ones.</summary>
internal static class HardenedXml
{
    public const string Hl7V3 = "urn:hl7-org:v3";

    /// <summary>
    /// A document type is refused as soon as it is met, so no entity is ever expanded, and nothing is fetched. The number
    /// of bytes is limited by the stream that is read, not here. To an asynchronous parser nothing is left to ignore: it calls
    /// itself for each node that it passes by, and where the stream answers at once, a long run of comments overflows the stack.
    /// </summary>
    public static XmlReaderSettings Settings(bool async) => new()
    {
        Async = async,
        CloseInput = true,
        DtdProcessing = DtdProcessing.Prohibit,
        IgnoreComments = !async,
        IgnoreProcessingInstructions = !async,
        IgnoreWhitespace = !async,
        XmlResolver = null,
    };

    /// <summary>
    /// True for what a reader throws on broken, truncated or hostile XML. Besides <see cref="XmlException"/> a reader lets
    /// through what its decoder says about an encoding that is unknown or does not fit the bytes.
    /// </summary>
    public static bool IsBadXml(Exception exception) => exception is XmlException or ArgumentException or NotSupportedException;
}
