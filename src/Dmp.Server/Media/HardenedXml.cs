using System.Xml;

namespace Dmp.Server.Media;

/// <summary>Settings for XML of unknown origin, in one place so that no reader is opened with weaker ones.</summary>
internal static class HardenedXml
{
    public const string Hl7V3 = "urn:hl7-org:v3";

    /// <summary>
    /// A document type is refused as soon as it is met, so no entity is ever expanded, and nothing is fetched. The number
    /// of bytes is limited by the stream that is read, not here. For synchronous reading only: an asynchronous parser calls itself
    /// for each node that it ignores, and a long run of comments overflows the stack.
    /// </summary>
    public static XmlReaderSettings Settings() => new()
    {
        CloseInput = true,
        DtdProcessing = DtdProcessing.Prohibit,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        XmlResolver = null,
    };

    /// <summary>
    /// True for what a reader throws on broken, truncated or hostile XML. Besides <see cref="XmlException"/> a reader lets
    /// through what its decoder says about an encoding that is unknown or does not fit the bytes.
    /// </summary>
    public static bool IsBadXml(Exception exception) => exception is XmlException or ArgumentException or NotSupportedException;
}
