using System.Text;
using System.Xml;
using Dmp.Cda;
using Dmp.Facts.Model;
using Dmp.Facts.Reading;

namespace Dmp.Facts;

/// <summary>
/// Reads the entries of a CDA document of level 3, front to back, one at a time: memory depends on the limits and not on the document.
/// Whatever the bytes are, the answer is a reading; what cannot be read is counted, and nothing is left out in silence.
/// </summary>
public sealed class CdaFactReader
{
    private const string Hl7V3 = "urn:hl7-org:v3";

    /// <summary>What IHE Pharmacy adds to a material: packs, classes, substances.</summary>
    private const string IhePharmacy = "urn:ihe:pharm:medication";
    private const int NamesMax = 20_000;

    private readonly FactLimits limits;
    private readonly XmlReader xml;
    private readonly Narrative narrative;
    private readonly MedicationReader medicationReader;
    private readonly AllergyReader allergyReader;
    private readonly List<Medication> medications = [];
    private readonly List<Allergy> allergies = [];
    private readonly Dictionary<(string? Section, string Title, UnreadReason Reason), int> unread = [];
    private readonly Stack<Section> sections = [];

    private CdaFactReader(XmlReader xml, FactLimits limits)
    {
        (this.xml, this.limits) = (xml, limits);
        narrative = new Narrative(limits);
        medicationReader = new MedicationReader(narrative);
        allergyReader = new AllergyReader(narrative);
    }

    /// <summary>Reads from memory or from a file, without waiting. The stream stays open.</summary>
    /// <exception cref="ArgumentException">The stream cannot seek.</exception>
    /// <exception cref="IOException">The stream failed.</exception>
    public static FactReading Read(Stream content, FactLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (!content.CanSeek)
        {
            throw new ArgumentException("A stream that can seek is needed.", nameof(content));
        }

        CdaFactReader? reader = null;
        try
        {
            var begin = content.Position;
            var prefix = new byte[CdaInput.PrefixBytesMax];
            var length = content.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false);
            var (encoding, skipped) = CdaEncoding.Detect(prefix.AsSpan(0, length));
            content.Position = begin + skipped;
            using var text = new StreamReader(content, encoding, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
            using var xml = XmlReader.Create(text, new XmlReaderSettings
            {
                CloseInput = false,
                DtdProcessing = DtdProcessing.Prohibit,
                NameTable = new BoundedNames(NamesMax),
                XmlResolver = null,
            });
            reader = new CdaFactReader(xml, limits ?? new FactLimits());
            reader.Run();
            return reader.Reading(null);
        }
        catch (Exception broken) when (broken is XmlException or CdaRefusedException or DecoderFallbackException)
        {
            // The parser quotes the document in its sentences: ours say no more than the kind.
            var why = broken is CdaRefusedException ? broken.Message : "The document is no XML that is read here.";
            return reader?.Reading(why) ?? new FactReading([], [], [], why);
        }
    }

    private FactReading Reading(string? failure) => new(
        medications,
        allergies,
        [.. unread.Select(entry => new Unread(entry.Key.Section, entry.Key.Title, entry.Key.Reason, entry.Value))],
        failure);

    private void Run()
    {
        while (xml.Read())
        {
            while (sections.TryPeek(out var open) && xml.Depth <= open.Depth)
            {
                sections.Pop();
            }

            if (xml.NodeType != XmlNodeType.Element || xml.NamespaceURI != Hl7V3)
            {
                continue;
            }

            if (xml.Depth > limits.DepthMax)
            {
                throw new CdaRefusedException(CdaFaultKind.TooDeep, $"Elements are nested more than {limits.DepthMax} deep.");
            }

            if (xml.LocalName == "section")
            {
                sections.Push(new Section(xml.Depth));
            }
            else if (sections.TryPeek(out var section) && xml.Depth == section.Depth + 1)
            {
                ReadPart(section);
            }
        }
    }

    private void ReadPart(Section section)
    {
        switch (xml.LocalName)
        {
            case "code":
                section.Code ??= xml.GetAttribute("code");
                break;
            case "title":
                section.Title = Title();
                break;
            case "text":
                section.Text = narrative.Read(xml);
                break;
            case "entry":
                section.Entries++;
                ReadEntry(section);
                break;
        }
    }

    private string Title()
    {
        var title = Tree(out _).Text;
        return title.Length <= limits.TextCharsMax ? title : title[..limits.TextCharsMax];
    }

    private void ReadEntry(Section section)
    {
        var entry = Tree(out var isWhole);
        if (!isWhole)
        {
            Count(section, UnreadReason.TooLarge);
            return;
        }

        var stated = section.Code == AllergyReader.Section ? allergyReader.Read(entry, section.Title, section.Text, section.Entries) : [];
        var (found, hasNameless) = medicationReader.Read(entry, section.Code, section.Title, section.Entries);
        Keep(section, medications, found);
        Keep(section, allergies, stated);
        if (hasNameless || found.Count + stated.Count == 0)
        {
            Count(section, hasNameless ? UnreadReason.NoProduct : UnreadReason.OtherKind);
        }
    }

    private void Keep<T>(Section section, List<T> kept, IReadOnlyList<T> found)
    {
        foreach (var fact in found)
        {
            if (medications.Count + allergies.Count < limits.FactsMax)
            {
                kept.Add(fact);
            }
            else
            {
                Count(section, UnreadReason.TooMany);
            }
        }
    }

    /// <summary>What cannot be told by its own section any more is told together.</summary>
    private void Count(Section section, UnreadReason reason)
    {
        var key = (section.Code, section.Title, reason);
        key = unread.ContainsKey(key) || unread.Count < limits.SectionsMax ? key : (null, "", reason);
        unread[key] = unread.GetValueOrDefault(key) + 1;
    }

    /// <summary>The element that the reader stands on, to its end; of one that is too large only its beginning.</summary>
    private CdaNode Tree(out bool isWhole)
    {
        var root = new CdaNode(null, xml.LocalName, 1);
        isWhole = true;
        if (xml.IsEmptyElement)
        {
            return root;
        }

        var (depth, count, node) = (xml.Depth, 0, root);
        while (xml.Read() && xml.Depth > depth)
        {
            if (!isWhole)
            {
                continue;
            }

            switch (xml.NodeType)
            {
                case XmlNodeType.Element when ++count > limits.EntryElementsMax || xml.Depth > limits.DepthMax:
                    isWhole = false;
                    break;
                case XmlNodeType.Element:
                    var isEmpty = xml.IsEmptyElement;
                    var child = node.Add(xml.NamespaceURI is Hl7V3 or IhePharmacy ? xml.LocalName : $"{xml.NamespaceURI}:{xml.LocalName}");
                    while (xml.MoveToNextAttribute())
                    {
                        if (xml.Value.Length <= limits.TextCharsMax)
                        {
                            child.AddAttribute(xml.LocalName, xml.Value);
                        }
                    }

                    node = isEmpty ? node : child;
                    break;
                case XmlNodeType.EndElement:
                    node = node.Parent ?? root;
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    var words = new StringBuilder(node.RawText);
                    Words.Append(words, xml.Value, limits.TextCharsMax);
                    node.RawText = words.ToString();
                    break;
            }
        }

        return root;
    }

    /// <summary>A section that is open.</summary>
    private sealed class Section(int depth)
    {
        public int Depth => depth;

        public string? Code { get; set; }

        public string Title { get; set; } = "";

        /// <summary>Its narrative, or the beginning of it.</summary>
        public string Text { get; set; } = "";

        public int Entries { get; set; }
    }
}
