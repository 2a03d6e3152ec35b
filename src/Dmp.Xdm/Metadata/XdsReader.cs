using System.Xml;
using System.Xml.Linq;

namespace Dmp.Xdm;

/// <summary>Reads a SubmitObjectsRequest of ebRIM 3.0 (ITI TF-3 4.2), of whatever origin.</summary>
public static class XdsReader
{
    /// <summary>Most bytes of the metadata of one submission set.</summary>
    public const int BytesMax = 64 * 1024 * 1024;

    private const int DepthMax = 24;
    private const int ObjectsMax = 100_000;

    private static readonly XNamespace rim = XdsNames.Rim;

    /// <summary>Reads the metadata.</summary>
    /// <param name="content">The XML; read to its end.</param>
    /// <param name="place">How to call it in faults.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="XdmRefusedException">It is no such XML.</exception>
    public static XdsSubmission Read(Stream content, string place)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var bytes = Bytes(content, place);
        try
        {
            CheckDepth(bytes, place);
            bytes.Position = 0;
            using var reader = XmlReader.Create(bytes, Settings());
            return Submission(reader, place);
        }
        catch (XmlException broken)
        {
            // The parser's own sentence may quote the document.
            var text = broken.Message.StartsWith("For security reasons DTD", StringComparison.Ordinal)
                ? "A document type declaration is not allowed" : "The XML is not well formed";
            throw new XdmRefusedException(
                XdmFaultKind.MetadataUnreadable, place, $"{text} (line {broken.LineNumber}, column {broken.LinePosition}).");
        }
        catch (Exception encoding) when (encoding is ArgumentException or NotSupportedException)
        {
            throw new XdmRefusedException(
                XdmFaultKind.MetadataUnreadable, place, "The XML has an encoding that is unknown, or that its bytes do not fit.");
        }
    }

    /// <summary>
    /// A document type is refused as soon as it is met, so no entity is ever expanded, and nothing is fetched. For synchronous reading
    /// only: an asynchronous parser calls itself for each node that it ignores, and a long run of comments overflows the stack.
    /// </summary>
    private static XmlReaderSettings Settings() => new()
    {
        CloseInput = false,
        DtdProcessing = DtdProcessing.Prohibit,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        MaxCharactersInDocument = BytesMax,
        XmlResolver = null,
    };

    private static MemoryStream Bytes(Stream content, string place)
    {
        MemoryStream bytes = new();
        var buffer = new byte[81920];
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            if (bytes.Length + read > BytesMax)
            {
                bytes.Dispose();
                throw new XdmRefusedException(XdmFaultKind.MetadataUnreadable, place, $"The metadata have more than {BytesMax} bytes.");
            }

            bytes.Write(buffer, 0, read);
        }

        bytes.Position = 0;
        return bytes;
    }

    /// <summary>Before anything is kept of it: trees are built of what is flat only.</summary>
    private static void CheckDepth(Stream bytes, string place)
    {
        using var reader = XmlReader.Create(bytes, Settings());
        while (reader.Read())
        {
            if (reader.Depth > DepthMax)
            {
                throw new XdmRefusedException(XdmFaultKind.MetadataUnreadable, place, $"Elements are nested deeper than {DepthMax}.");
            }
        }
    }

    private static XdsSubmission Submission(XmlReader reader, string place)
    {
        reader.MoveToContent();
        if (reader.LocalName != "SubmitObjectsRequest" || reader.NamespaceURI != XdsNames.Lcm)
        {
            throw Invalid(place, "The root is no SubmitObjectsRequest of ebRIM 3.0.");
        }

        List<XElement> packages = [];
        List<XdsEntry> entries = [];
        List<XdsAssociation> associations = [];
        Dictionary<string, string> nodes = new(StringComparer.Ordinal);
        var count = 0;
        while (!reader.EOF)
        {
            if (reader.NodeType != XmlNodeType.Element || reader.NamespaceURI != XdsNames.Rim || reader.LocalName == "RegistryObjectList")
            {
                reader.Read();
                continue;
            }

            // Leaves the reader behind the element.
            var element = (XElement)XNode.ReadFrom(reader);
            if (++count > ObjectsMax)
            {
                throw Invalid(place, $"There are more than {ObjectsMax} objects.");
            }

            switch (element.Name.LocalName)
            {
                case "ExtrinsicObject":
                    entries.Add(XdsElements.Entry(element));
                    break;
                case "RegistryPackage":
                    packages.Add(element);
                    break;
                case "Association":
                    associations.Add(XdsElements.Association(element));
                    break;
                case "Classification":
                    nodes[XdsElements.Text(element, "classifiedObject")] = XdsElements.Text(element, "classificationNode");
                    break;
                default:
                    // ObjectRef and the like name what is elsewhere.
                    break;
            }
        }

        return Put(packages, nodes, entries, associations, place);
    }

    private static XdsSubmission Put(
        List<XElement> packages, Dictionary<string, string> nodes, List<XdsEntry> entries, List<XdsAssociation> associations, string place)
    {
        var sets = packages.FindAll(package => NodeOf(package, nodes) == XdsNames.SubmissionSetNode);
        if (sets is not [var set])
        {
            throw Invalid(place, sets.Count == 0 ? "There is no submission set." : "There is more than one submission set.");
        }

        if (entries.GroupBy(
            entry => entry.EntryUuid, StringComparer.Ordinal).FirstOrDefault(same => same.Key.Length == 0 || same.Count() > 1) is { } twice)
        {
            throw Invalid(place, twice.Key.Length == 0 ? "A document has no id." : "Two documents have the same id.");
        }

        return new XdsSubmission
        {
            Set = XdsElements.Set(set),
            Entries = entries,
            Associations = associations,
            Folders = packages.Count(package => NodeOf(package, nodes) == XdsNames.FolderNode),
        };
    }

    /// <summary>What a package is: said inside of it, or beside it.</summary>
    private static string NodeOf(XElement package, Dictionary<string, string> nodes)
    {
        foreach (var inside in package.Elements(rim + "Classification"))
        {
            if (XdsElements.Text(inside, "classificationNode") is { Length: > 0 } node)
            {
                return node;
            }
        }

        return nodes.GetValueOrDefault(XdsElements.Text(package, "id"), "");
    }

    private static XdmRefusedException Invalid(string place, string text) => new(XdmFaultKind.MetadataInvalid, place, text);
}
