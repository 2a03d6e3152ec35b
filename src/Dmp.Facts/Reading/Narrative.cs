using System.Text;

namespace Dmp.Facts.Reading;

/// <summary>The words of the document that entries point to, by the identifiers in the text of the sections.</summary>
internal sealed class Narrative(FactLimits limits, Cuts cuts)
{
    private const int IdCharsMax = 256;

    private readonly Dictionary<string, string> words = new(StringComparer.Ordinal);
    private int kept;

    /// <summary>The words behind <c>#id</c>, or <c>id</c> as some write it; null when there are none.</summary>
    public string? Find(string? reference) =>
        reference is { Length: > 0 } && words.TryGetValue(reference.TrimStart('#'), out var found) && found.Length > 0 ? found : null;

    /// <summary>Reads the text that the reader stands on, to its end, and answers its words; of many, their beginning.</summary>
    public string Read(BodyXml xml)
    {
        if (xml.IsEmpty)
        {
            return "";
        }

        var depth = xml.Depth;
        var whole = new StringBuilder();
        var piece = new StringBuilder();
        Stack<(int Depth, string Id, StringBuilder Words)> open = new([(depth, "", whole)]);
        while (xml.Read() && xml.Depth > depth)
        {
            if (xml.IsText)
            {
                xml.AppendText(piece.Clear());
                Add(open, piece.ToString());
                continue;
            }

            // Words of neighbouring cells are words of their own.
            if (xml.IsElement || xml.IsEndElement)
            {
                Add(open, " ");
            }

            if (xml.IsElement && !xml.IsEmpty && xml.Attribute("ID") is { Length: > 0 and <= IdCharsMax } id)
            {
                open.Push((xml.Depth, id, new StringBuilder()));
            }
            else if (xml.IsEndElement && open.Peek().Depth == xml.Depth)
            {
                Keep(open.Pop());
            }
        }

        return whole.ToString().Trim();
    }

    private void Keep((int Depth, string Id, StringBuilder Words) element)
    {
        var text = element.Words.ToString().Trim();
        if (kept + text.Length + element.Id.Length > limits.NarrativeCharsMax)
        {
            cuts.Add();
        }
        else if (words.TryAdd(element.Id, text))
        {
            kept += text.Length + element.Id.Length;
        }
    }

    private void Add(Stack<(int Depth, string Id, StringBuilder Words)> open, string value)
    {
        foreach (var (_, _, text) in open)
        {
            Words.Append(text, value, limits.TextCharsMax);
        }
    }
}
