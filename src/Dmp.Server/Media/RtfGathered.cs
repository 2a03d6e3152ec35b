using System.Text;

namespace Dmp.Server.Media;

/// <summary>The text of a group, with that of the groups in it, as different readers read it.</summary>
/// <param name="kind">The control word that begins it.</param>
/// <param name="depth">Of the group.</param>
internal sealed class RtfGathered(string kind, long depth)
{
    private const int TextMax = 4096;

    private static readonly string[] fieldsThatAct =
        [
            "DDE", "DDEAUTO", "INCLUDEPICTURE", "INCLUDETEXT", "INCLUDE", "IMPORT", "LINK", "EMBED", "MACROBUTTON", "DATABASE", "RD",
            "CONTROL", "HTMLCONTROL", "OCX",
        ];

    private static readonly char[] blanks = [' ', '\t', '"', '\u00A0'];

    private readonly StringBuilder byTheBook = new();
    private readonly StringBuilder loose = new();
    private readonly StringBuilder known = new();
    private long ignoredFrom = long.MaxValue;

    /// <summary>The control word that begins it.</summary>
    public string Kind => kind;

    /// <summary>Of the group.</summary>
    public long Depth => depth;

    private IEnumerable<string> Texts => new[] { byTheBook, loose, known }.Select(text => text.ToString().Trim());

    /// <summary>Adds a letter of the reading by the book, and to what is left of it for who ignores the groups that may be.</summary>
    public void AddByTheBook(char letter)
    {
        Add(byTheBook, letter);
        if (ignoredFrom == long.MaxValue)
        {
            Add(known, letter);
        }
    }

    /// <summary>Adds a letter of the other reading.</summary>
    public void AddLoose(char letter) => Add(loose, letter);

    /// <summary>The group at this depth may be ignored by who does not know it.</summary>
    public void Ignore(long from) => ignoredFrom = from > depth ? Math.Min(ignoredFrom, from) : ignoredFrom;

    /// <summary>A group in this one ends.</summary>
    public void CloseInner(long at) => ignoredFrom = at <= ignoredFrom ? long.MaxValue : ignoredFrom;

    /// <summary>The name of a property of a shape that is a picture.</summary>
    public bool NamesPicture() => Texts.Any(text => text.StartsWith("pib", StringComparison.OrdinalIgnoreCase));

    /// <summary>On another machine. The template of the machine that wrote the text is named by most texts, and is not fetched.</summary>
    public bool IsElsewhere() => Texts.Any(text =>
        text.Contains("://", StringComparison.Ordinal)
            || text.StartsWith(@"\\", StringComparison.Ordinal)
            || text.StartsWith("//", StringComparison.Ordinal)
            || text.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("mhtml:", StringComparison.OrdinalIgnoreCase));

    /// <summary>A field that runs or fetches something.</summary>
    public bool IsFieldThatActs() => Texts.Any(IsFieldThatActs);

    private static void Add(StringBuilder text, char letter)
    {
        if (text.Length < TextMax)
        {
            text.Append(letter);
        }
    }

    /// <summary>The first word says what the field is. Words built of numbers are only there to hide it.</summary>
    private static bool IsFieldThatActs(string text)
    {
        var words = text.Split(blanks, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            return false;
        }

        var first = words[0].ToUpperInvariant();
        return fieldsThatAct.Contains(first)
            || first.StartsWith("DDE", StringComparison.Ordinal)
            || first == "QUOTE" && words.Length > 1 && words[1..].All(number => int.TryParse(number, out _))
            || first is "IF" or "SET" or "QUOTE"
                && words.Any(inner => inner.ToUpperInvariant() is "DDEAUTO" or "DDE" or "INCLUDEPICTURE" or "INCLUDETEXT");
    }
}
