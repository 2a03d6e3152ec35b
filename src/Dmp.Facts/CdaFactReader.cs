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
    private readonly FactLimits limits;
    private readonly BodyXml xml;
    private readonly Cuts cuts;
    private readonly Narrative narrative;
    private readonly Values values;
    private readonly AllergyReader allergyReader;
    private readonly CareActReader careActReader;
    private readonly MedicationReader medicationReader;
    private readonly ObservationReader observationReader;
    private readonly ProblemReader problemReader;
    private readonly List<Fact> facts = [];
    private readonly Dictionary<(string? Section, string Title, UnreadReason Reason), int> unread = [];
    private readonly Stack<OpenSection> sections = [];
    private int entries;
    private long keptChars;

    private CdaFactReader(BodyXml xml, FactLimits limits, Cuts cuts)
    {
        (this.xml, this.limits, this.cuts) = (xml, limits, cuts);
        narrative = new Narrative(limits, cuts);
        values = new Values(narrative, cuts);
        allergyReader = new AllergyReader(values);
        careActReader = new CareActReader(values);
        medicationReader = new MedicationReader(values);
        observationReader = new ObservationReader(values);
        problemReader = new ProblemReader(values);
    }

    /// <summary>Reads from memory or from a file, without waiting, from where the stream stands. It stays open.</summary>
    /// <exception cref="IOException">The stream failed.</exception>
    public static FactReading Read(Stream content, FactLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        CdaFactReader? reader = null;
        try
        {
            limits ??= new FactLimits();
            var options = new CdaReaderOptions();
            using var input = new CdaInput(content, options);
            var (encoding, skipped) = CdaEncoding.Detect(input.Peek());
            input.Skip(skipped);
            input.EndHeader();
            using var text = new StreamReader(
                input, encoding, detectEncodingFromByteOrderMarks: false, CdaReader.DecodedChars, leaveOpen: true);
            using var xml = XmlReader.Create(text, CdaReader.Settings(options, waits: false));
            var cuts = new Cuts();
            reader = new CdaFactReader(new BodyXml(xml, input, options, limits, cuts), limits, cuts);
            reader.Run();
            return reader.Reading(null);
        }
        catch (Exception broken) when (broken is XmlException or CdaRefusedException or DecoderFallbackException)
        {
            // The parser quotes the document in its sentences: ours say no more than the kind.
            var why = broken is CdaRefusedException ? broken.Message : "The document is no XML that is read here.";
            return reader?.Reading(why) ?? new FactReading([], [], why);
        }
    }

    private FactReading Reading(string? failure) => new(
        facts,
        [.. unread.Select(entry => new Unread(entry.Key.Section, entry.Key.Title, entry.Key.Reason, entry.Value))],
        failure);

    private void Run()
    {
        while (xml.Read())
        {
            while (sections.TryPeek(out var open) && xml.Depth <= open.Depth)
            {
                Close(sections.Pop());
            }

            if (!xml.IsElement || !xml.IsKnown)
            {
                continue;
            }

            if (xml.Name == "section")
            {
                // Who a section is about, and who states it, holds for those inside of it (CDA R2 4.4, context conduction).
                sections.TryPeek(out var around);
                sections.Push(new OpenSection(xml.Depth) { Subject = around?.Subject, Author = around?.Author });
            }
            else if (sections.TryPeek(out var section) && xml.Depth == section.Depth + 1)
            {
                ReadPart(section);
            }
        }
    }

    private void Close(OpenSection section)
    {
        if (section is { Text.Length: > 0, Entry: 0 })
        {
            Count(section, UnreadReason.TextOnly);
        }
    }

    private void ReadPart(OpenSection section)
    {
        switch (xml.Name)
        {
            case "code":
                section.Code ??= xml.Attribute("code");
                break;
            case "title":
                section.Title = Tree(out _, out _).Text;
                break;
            case "subject":
                section.Subject = Tree(out _, out _);
                break;
            case "author":
                section.Author = Tree(out _, out _);
                break;
            case "text":
                section.Text = narrative.Read(xml);
                break;
            case "entry":
                section.Entry = ++entries;
                ReadEntry(section);
                break;
        }

        if (cuts.Take() is > 0 and var cut)
        {
            Count(section, UnreadReason.TooLarge, cut);
        }
    }

    private void ReadEntry(OpenSection section)
    {
        var entry = Tree(out var isWhole, out var chars);
        if (!isWhole)
        {
            Count(section, UnreadReason.TooLarge);
            return;
        }

        var (statements, others) = EntryStatements.Of(entry, section);
        keptChars += chars;
        foreach (var statement in statements)
        {
            if (facts.Count >= limits.FactsMax || keptChars > limits.KeptCharsMax)
            {
                Count(section, UnreadReason.TooMany);
                continue;
            }

            Keep(section, Read(statement, section));
        }

        foreach (var (reason, count) in others)
        {
            Count(section, reason, count);
        }

        if (statements.Count == 0 && others.Count == 0)
        {
            Count(section, UnreadReason.OtherKind);
        }
    }

    private Fact Read(Statement statement, OpenSection section)
    {
        var node = statement.Node;
        Fact fact = statement.Kind switch
        {
            StatementKind.Allergy => allergyReader.Read(statement, section),
            StatementKind.Medication => medicationReader.Read(node, section),
            StatementKind.Problem => problemReader.Read(statement),
            StatementKind.Act => careActReader.ReadAct(node),
            StatementKind.Encounter => careActReader.ReadEncounter(node),
            StatementKind.Device => careActReader.ReadDevice(node),
            StatementKind.Remark => CareActReader.ReadRemark(node),
            _ => observationReader.Read(statement),
        };
        return fact with
        {
            Source = Values.Source(statement, section),
            Subject = values.Subject(statement, section),
            Author = values.Author(statement),
            Absence = Absences.OfStatement(node) is var own and not FactAbsence.No ? own : fact.Absence,
            IsNegated = fact.IsNegated || Values.IsNegated(statement),
            Mood = Values.Mood(statement),
            State = Values.State(node),
            Text = fact.Text ?? values.Words(node.Find("text")),
            References = values.References(node),
        };
    }

    private void Keep(OpenSection section, Fact fact)
    {
        facts.Add(fact);
        if (fact is Medication { Product.IsNameless: true })
        {
            Count(section, UnreadReason.NoProduct);
        }
    }

    /// <summary>What cannot be told by its own section any more is told together.</summary>
    private void Count(OpenSection section, UnreadReason reason, int count = 1)
    {
        var key = (section.Code, section.Title, reason);
        key = unread.ContainsKey(key) || unread.Count < limits.SectionsMax ? key : (null, "", reason);
        unread[key] = unread.GetValueOrDefault(key) + count;
    }

    /// <summary>The element that the reader stands on, to its end; of one that is too large only its beginning.</summary>
    private CdaNode Tree(out bool isWhole, out long chars)
    {
        var root = new CdaNode(null, xml.Name, 1);
        (isWhole, chars) = (true, 0);
        if (xml.IsEmpty)
        {
            return root;
        }

        var (depth, count, foreign) = (xml.Depth, 0, int.MaxValue);
        Stack<(CdaNode Node, StringBuilder Words)> open = new([(root, new StringBuilder())]);
        while (xml.Read() && xml.Depth > depth)
        {
            if (!isWhole || xml.Depth > foreign)
            {
                continue;
            }

            foreign = int.MaxValue;
            if (xml.IsText)
            {
                var words = open.Peek().Words;
                var before = words.Length;
                xml.AppendText(words);
                chars += words.Length - before;
            }
            else if (xml.IsElement && !xml.IsKnown)
            {
                foreign = xml.IsEmpty ? int.MaxValue : xml.Depth;
            }
            else if (xml.IsElement && ++count > limits.EntryElementsMax)
            {
                isWhole = false;
            }
            else if (xml.IsElement)
            {
                var isEmpty = xml.IsEmpty;
                var child = open.Peek().Node.Add(xml.Name);
                foreach (var (name, value) in xml.Attributes())
                {
                    child.AddAttribute(name, value);
                    chars += value.Length;
                }

                isWhole = chars <= limits.EntryCharsMax;

                if (!isEmpty)
                {
                    open.Push((child, new StringBuilder()));
                }
            }
            else if (xml.IsEndElement && xml.IsKnown)
            {
                Close(open);
            }
        }

        while (open.Count > 0)
        {
            Close(open);
        }

        return root;

        static void Close(Stack<(CdaNode Node, StringBuilder Words)> open)
        {
            var (node, words) = open.Pop();
            node.RawText = words.ToString();
        }
    }
}
