using System.Text.RegularExpressions;
using System.Xml;

namespace Dmp.Cda;

/// <summary>Goes through a document front to back, once, and hands the parts of its header over one by one.</summary>
internal sealed partial class CdaWalk(
    XmlReader xml, CdaInput input, CdaHeader header, CdaReaderOptions options, CancellationToken stop)
{
    private const string Hl7V3 = "urn:hl7-org:v3";
    private const string XslTransform = "http://www.w3.org/1999/XSL/Transform";
    private const string XInclude = "http://www.w3.org/2001/XInclude";

    // The wrapper puts the document near the top of the stylesheet; far below it the nesting can only be hostile.
    private const int WrapperDepthMax = 16;

    private readonly char[] buffer = new char[4096];

    // The parser refuses the one kind of method or the other.
    private readonly bool waits = xml.Settings!.Async;
    private readonly Dictionary<string, int> seen = [];
    private bool isInBody;
    private int headerNodes;

    /// <summary>Where the reading is, for a fault that ends it.</summary>
    public string Place { get; private set; } = "/";

    public async Task RunAsync()
    {
        await FindDocumentAsync();
        Place = "/ClinicalDocument";
        await ReadDocumentAsync(xml.Depth);
        if (!options.ReadsWhole)
        {
            return;
        }

        Place = "/";
        while (await NextAsync())
        {
            if (xml.NodeType == XmlNodeType.Element && IsClinicalDocument())
            {
                throw new CdaRefusedException(CdaFaultKind.SeveralDocuments, "The stylesheet holds more than one CDA document.");
            }
        }
    }

    private async Task FindDocumentAsync()
    {
        while (await NextAsync() && xml.NodeType != XmlNodeType.Element)
        {
        }

        if (IsClinicalDocument())
        {
            return;
        }

        if (xml.NamespaceURI == XslTransform && xml.LocalName is "stylesheet" or "transform")
        {
            header.IsSelfPresenting = true;
            while (await NextAsync())
            {
                if (xml.NodeType == XmlNodeType.Element && IsClinicalDocument() && xml.Depth <= WrapperDepthMax)
                {
                    return;
                }
            }

            throw new CdaRefusedException(CdaFaultKind.WrongRoot, "The document is a stylesheet that holds no CDA document.");
        }

        throw new CdaRefusedException(
            CdaFaultKind.WrongRoot,
            xml.LocalName == "ClinicalDocument"
                ? $"The root element ClinicalDocument is not in the namespace {Hl7V3}."
                : "The root element is neither a ClinicalDocument nor a stylesheet that holds one.");
    }

    private async Task ReadDocumentAsync(int depth)
    {
        if (xml.IsEmptyElement)
        {
            return;
        }

        while (await NextAsync() && xml.Depth > depth)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            if (xml.NamespaceURI != Hl7V3)
            {
                await SkipAsync();
            }
            else if (xml.LocalName == "component")
            {
                await ReadBodyAsync();
                if (!options.ReadsWhole)
                {
                    return;
                }
            }
            else
            {
                await ReadPartAsync();
            }
        }

        Place = "/ClinicalDocument";
    }

    private async Task ReadBodyAsync()
    {
        var number = seen["component"] = seen.GetValueOrDefault("component") + 1;
        var component = new CdaNode(null, "component", number);
        Place = component.Place;
        if (number > 1)
        {
            header.Fault(CdaFaultKind.Repeated, component.Place, "The document has more than one body. The first one counts.");
        }

        isInBody = true;
        input.EndHeader();
        var depth = xml.Depth;
        if (xml.IsEmptyElement)
        {
            return;
        }

        var isFile = false;
        while (await NextAsync() && xml.Depth > depth)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            var body = (xml.Depth - depth, xml.LocalName) switch
            {
                _ when number > 1 || xml.NamespaceURI != Hl7V3 => null,
                (1, "structuredBody") => new CdaBody(3, null, false),
                (2, "text") when isFile => FileBody(),
                _ => null,
            };
            isFile = xml.Depth == depth + 1 ? xml.LocalName == "nonXMLBody" : isFile;
            if (body is not null && header.AcceptBody(body) && !options.ReadsWhole)
            {
                return;
            }

            await TakeFileAsync(isBody: body is { Level: 1 });
        }
    }

    private CdaBody FileBody() => new(1, MediaType(), IsBase64());

    /// <summary>Goes past the element the reader stands on.</summary>
    private async Task SkipAsync()
    {
        var depth = xml.Depth;
        if (await TakeFileAsync(isBody: false) || xml.IsEmptyElement)
        {
            return;
        }

        while (await NextAsync() && xml.Depth > depth)
        {
            if (xml.NodeType == XmlNodeType.Element)
            {
                await TakeFileAsync(isBody: false);
            }
        }
    }

    /// <summary>The next node; text is gone through piece by piece unless the caller wants it.</summary>
    private async ValueTask<bool> NextAsync(bool drain = true)
    {
        stop.ThrowIfCancellationRequested();
        var moved = waits ? await xml.ReadAsync() : xml.Read();
        input.Mark();
        if (!isInBody && ++headerNodes > options.HeaderNodesMax)
        {
            throw new CdaRefusedException(
                CdaFaultKind.TooManyElements,
                $"The body of the document does not begin within {options.HeaderNodesMax} tags, texts and processing instructions.");
        }

        switch (xml.NodeType)
        {
            case XmlNodeType.Element:
                CheckElement(xml, options);
                break;

            case XmlNodeType.ProcessingInstruction when xml.Name == "xml-stylesheet" && ForeignReference().IsMatch(xml.Value):
                throw new CdaRefusedException(
                    CdaFaultKind.ForeignStylesheet,
                    "A processing instruction xml-stylesheet asks viewers to load a stylesheet from elsewhere.");

            case XmlNodeType.Text or XmlNodeType.CDATA when drain:
                while (await ReadValueAsync() > 0)
                {
                    input.Mark();
                    stop.ThrowIfCancellationRequested();
                }

                break;
        }

        return moved;
    }

    /// <summary>The next piece of the text that the reader stands on, into the buffer: how many characters, 0 at its end.</summary>
    private ValueTask<int> ReadValueAsync() =>
        waits ? new(xml.ReadValueChunkAsync(buffer, 0, buffer.Length)) : new(xml.ReadValueChunk(buffer, 0, buffer.Length));

    /// <summary>What no element of a document may be, wherever it stands.</summary>
    public static void CheckElement(XmlReader xml, CdaReaderOptions options)
    {
        if (xml.Depth > options.DepthMax)
        {
            throw new CdaRefusedException(CdaFaultKind.TooDeep, $"Elements are nested more than {options.DepthMax} deep.");
        }

        if (xml.AttributeCount > options.AttributesMax)
        {
            throw new CdaRefusedException(CdaFaultKind.TooManyAttributes, $"An element has more than {options.AttributesMax} attributes.");
        }

        if (xml.NamespaceURI == XInclude)
        {
            throw new CdaRefusedException(CdaFaultKind.XInclude, "An element of XInclude is not allowed; nothing is ever included.");
        }
    }

    private bool IsClinicalDocument() => xml.LocalName == "ClinicalDocument" && xml.NamespaceURI == Hl7V3;

    // An address with a scheme, one that takes over the scheme, or one that hides it in character references.
    [GeneratedRegex("""href\s*=\s*["']\s*([A-Za-z][A-Za-z0-9+.-]*:|//|\\\\|[^"']*&)""", RegexOptions.CultureInvariant)]
    private static partial Regex ForeignReference();
}
