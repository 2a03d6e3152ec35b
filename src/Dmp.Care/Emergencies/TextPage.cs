using System.Text;
using Dmp.Care.V1;

namespace Dmp.Care.Emergencies;

/// <summary>The page as plain text, in lines of 78 characters at most.</summary>
public static class TextPage
{
    private const int WidthMax = 78;

    /// <summary>The text; lines end in a line feed.</summary>
    public static string Write(EmergencySummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        var layout = PageLayout.Of(summary, PageLimits.A4);
        StringBuilder text = new();
        Add(text, layout.Title.ToUpperInvariant(), "");
        Add(text, layout.Identity, "");
        Add(text, layout.Strip, "");
        Add(text, layout.Warning, "");
        foreach (var alert in layout.Alerts)
        {
            Add(text, "!! " + alert, "   ");
        }

        foreach (var block in layout.Blocks)
        {
            text.Append('\n');
            Add(text, $"{(block.IsCritical ? "!! " : "== ")}{block.Heading.ToUpperInvariant()}", "");
            foreach (var line in block.Lines)
            {
                Add(text, "- " + string.Join(PageLayout.Separator, line.Details.Prepend(line.Title)), "  ");
                Add(text, line.Origin.Length > 0 ? "    " + line.Origin : "", "    ");
            }

            Add(text, block.More, "  ");
            foreach (var note in block.Notes)
            {
                Add(text, "  " + note, "  ");
            }
        }

        return text.ToString();
    }

    /// <summary>Broken at blanks; a word that is longer than a line is broken where the line ends, and no character is.</summary>
    private static void Add(StringBuilder text, string words, string indent)
    {
        if (words.Trim().Length == 0)
        {
            return;
        }

        StringBuilder line = new(words[..(words.Length - words.TrimStart().Length)]);
        var isEmpty = true;
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var part in Parts(word, WidthMax - indent.Length))
            {
                if (!isEmpty && line.Length + 1 + part.Length > WidthMax)
                {
                    text.Append(line).Append('\n');
                    line.Clear().Append(indent);
                    isEmpty = true;
                }

                line.Append(isEmpty ? "" : " ").Append(part);
                isEmpty = false;
            }
        }

        text.Append(line).Append('\n');
    }

    private static IEnumerable<string> Parts(string word, int lengthMax)
    {
        for (var rest = word; rest.Length > 0;)
        {
            var length = Math.Min(lengthMax, rest.Length);
            length -= length < rest.Length && char.IsHighSurrogate(rest[length - 1]) ? 1 : 0;
            yield return rest[..length];
            rest = rest[length..];
        }
    }
}
