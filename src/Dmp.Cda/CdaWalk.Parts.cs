using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace Dmp.Cda;

/// <summary>One part of the header at a time, into nodes.</summary>
internal sealed partial class CdaWalk
{
    private async Task ReadPartAsync()
    {
        var name = xml.LocalName;
        var number = seen[name] = seen.GetValueOrDefault(name) + 1;
        if (!CdaHeader.Reads(name))
        {
            await SkipAsync();
            return;
        }

        if (number > options.PartsMax)
        {
            throw new CdaRefusedException(
                CdaFaultKind.TooManyElements, $"The header has more than {options.PartsMax} elements of one name.");
        }

        var part = new CdaNode(null, name, number);
        Place = part.Place;
        if (isInBody)
        {
            header.Fault(CdaFaultKind.OutOfOrder, part.Place, "A part of the header comes after the body and was not read.");
            await SkipAsync();
            return;
        }

        if (!await TakeFileAsync(isBody: false))
        {
            await FillAsync(part);
            header.Accept(part, number);
        }
    }

    /// <summary>DICOM added it to the order (PS3.20), in a namespace of its own.</summary>
    private bool IsAccessionNumber() => xml.LocalName == "accessionNumber" && xml.NamespaceURI == "urn:dicom-org:ps3-20";

    /// <summary>Reads the element the reader stands on, with all that is below it, into a node.</summary>
    private async Task FillAsync(CdaNode part)
    {
        var depth = xml.Depth;
        var node = part;
        var count = 0;
        ReadAttributes(node);
        if (xml.IsEmptyElement)
        {
            return;
        }

        while (await NextAsync(drain: false) && xml.Depth > depth)
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element when xml.NamespaceURI != Hl7V3 && !IsAccessionNumber():
                    await SkipAsync();
                    break;

                case XmlNodeType.Element when await TakeFileAsync(isBody: false):
                    break;

                case XmlNodeType.Element:
                    if (++count > options.PartElementsMax)
                    {
                        throw new CdaRefusedException(
                            CdaFaultKind.TooManyElements, $"A part of the header has more than {options.PartElementsMax} elements.");
                    }

                    var child = node.Add(xml.LocalName);
                    ReadAttributes(child);
                    node = xml.IsEmptyElement ? node : child;
                    break;

                case XmlNodeType.EndElement:
                    node = node.Parent ?? part;
                    break;

                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace:
                    await ReadTextAsync(node);
                    break;
            }
        }
    }

    private void ReadAttributes(CdaNode node)
    {
        while (xml.MoveToNextAttribute())
        {
            if (xml.NamespaceURI.Length > 0)
            {
                continue;
            }

            if (xml.Value.Length <= options.ValueCharsMax)
            {
                node.AddAttribute(xml.LocalName, xml.Value);
            }
            else
            {
                header.Fault(
                    CdaFaultKind.ValueTooLong, $"{node.Place}/@{xml.LocalName}",
                    $"The value has more than {options.ValueCharsMax} characters.");
            }
        }

        xml.MoveToElement();
    }

    private async Task ReadTextAsync(CdaNode node)
    {
        var text = new StringBuilder(node.RawText);
        int read;
        while ((read = await ReadValueAsync()) > 0)
        {
            input.Mark();
            stop.ThrowIfCancellationRequested();
            if (text.Length <= options.ValueCharsMax)
            {
                text.Append(buffer, 0, read);
            }
        }

        if (text.Length > options.ValueCharsMax)
        {
            header.Fault(
                CdaFaultKind.ValueTooLong, node.Place,
                $"The value has more than {options.ValueCharsMax} characters; the first ones were read.");
            text.Length = char.IsHighSurrogate(text[options.ValueCharsMax - 1]) ? options.ValueCharsMax - 1 : options.ValueCharsMax;
        }

        node.RawText = Blanks().Replace(text.ToString(), " ").TrimStart();
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();
}
