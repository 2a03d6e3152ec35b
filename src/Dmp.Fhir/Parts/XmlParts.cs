using System.Text;
using System.Xml;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Parts;

/// <summary>The parts of a document in XML. Whatever is not in the namespace of FHIR is taken for a narrative.</summary>
internal sealed class XmlParts : PartWalk
{
    private readonly MemoryStream bytes;
    private readonly XmlReader xml;
    private NarrativeScan? narrative;
    private int narrativeDepth;

    public XmlParts(ReadOnlyMemory<byte> content, FhirReaderOptions options)
        : base(options)
    {
        bytes = FhirSource.Stream(content);
        xml = XmlReader.Create(bytes, XmlTree.Settings(ignoresComments: false));
    }

    public override void Dispose()
    {
        base.Dispose();
        xml.Dispose();
        bytes.Dispose();
    }

    protected override bool Advance()
    {
        while (!HasFound)
        {
            if (!xml.Read())
            {
                return false;
            }

            Look();
            CheckDepth(xml.Depth);
            if (narrative is not null)
            {
                ReadNarrative(narrative);
            }
            else if (xml.NodeType == XmlNodeType.Element)
            {
                Open();
            }
            else if (xml.NodeType == XmlNodeType.EndElement)
            {
                Pop();
            }
        }

        return true;
    }

    private void Open()
    {
        var around = Innermost;
        var isDiv = around is { IsText: true } && xml.LocalName == "div";
        if (isDiv || xml.NamespaceURI != XmlTree.Namespace)
        {
            (narrative, narrativeDepth) = (new NarrativeScan(PlaceOf(Shown(Encoding.UTF8.GetBytes(xml.LocalName))), Look), xml.Depth);
            ReadNarrative(narrative);
            return;
        }

        var name = Encoding.UTF8.GetBytes(xml.LocalName);
        var member = new Member(Member.KindOf(name), Shown(name));
        if (around is not null)
        {
            // Elements of a list stand side by side, as values of an array do.
            around.Count = around.Member == member ? around.Count + 1 : 0;
            around.Member = member;
            TakeValue(around, member);
        }

        var element = Push();
        (element.Name, element.Number, element.IsText) = (member.Name, around?.Count ?? 0, member.Kind == MemberKind.Text);
        element.IsShown = !char.IsAsciiLetterUpper((char)name[0]);
        if (xml.GetAttribute("url") is { } url)
        {
            TakeAddress("url", url);
        }

        if (xml.IsEmptyElement)
        {
            Pop();
        }
    }

    private void TakeValue(OpenElement around, Member member)
    {
        around.HasDimensions |= member.Kind == MemberKind.Dimensions;
        if (xml.GetAttribute("value") is { } value)
        {
            Take(around, member, new RawValue(value));
        }
    }

    private void ReadNarrative(NarrativeScan scan)
    {
        foreach (var part in scan.Node(xml))
        {
            Take(part);
        }

        if (xml.Depth == narrativeDepth && (xml.NodeType == XmlNodeType.EndElement || xml is { IsEmptyElement: true }))
        {
            narrative = null;
        }
    }
}
