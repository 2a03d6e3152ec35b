using System.Text;

namespace Dmp.Server.Media;

/// <summary>What an RTF bears besides text and pictures. Words of ours, never of the document.</summary>
/// <param name="Active">Kinds of what acts, carries files or fetches from elsewhere, in order.</param>
/// <param name="IsWhole">Each group is closed.</param>
internal sealed record RtfFindings(IReadOnlyList<string> Active, bool IsWhole);

/// <summary>
/// Finds in an RTF, as it streams by and in constant memory, what acts or carries files: objects of other programs, fields that run or
/// fetch something, templates and pictures from elsewhere. Reads control words wherever they are, also in groups that readers skip,
/// and undoes the ways in which letters are written.
/// </summary>
internal sealed class RtfScanner
{
    private const int WordBytesMax = 64;
    private const int TextMax = 4096;

    // Fields may be in one another; nobody has this many.
    private const int GroupsMax = 32;

    private static readonly string[] fieldsThatAct =
        ["DDE", "DDEAUTO", "INCLUDEPICTURE", "INCLUDETEXT", "INCLUDE", "IMPORT", "LINK", "EMBED", "MACROBUTTON", "DATABASE", "RD", "CONTROL", "HTMLCONTROL", "OCX"];

    private readonly SortedSet<string> active = new(StringComparer.Ordinal);
    private readonly StringBuilder word = new();
    private readonly StringBuilder number = new();
    private readonly Stack<Gathered> gathering = new();

    private State state;
    private long depth;
    private bool hasClosed;
    private long binaryLeft;
    private int hexadecimal;
    private int unicodeSkips = 1;
    private int skips;
    private string shapeProperty = "";
    private string recent = "";

    private enum State
    {
        Text,
        Escape,
        Word,
        Number,
        FirstDigit,
        SecondDigit,
        Binary,
    }

    /// <summary>Takes the next bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            Take(value);
        }
    }

    /// <summary>What was found, after the last byte.</summary>
    public RtfFindings Conclude()
    {
        EndWord();
        while (gathering.TryPop(out var open))
        {
            Judge(open);
        }

        return new RtfFindings([.. active], hasClosed && depth == 0);
    }

    private void Take(byte value)
    {
        switch (state)
        {
            case State.Binary:
                TakeBinary(value);
                return;

            case State.Escape:
                TakeEscape(value);
                return;

            case State.FirstDigit or State.SecondDigit:
                TakeDigit(value);
                return;

            case State.Word when char.IsAsciiLetter((char)value):
                if (word.Length < WordBytesMax)
                {
                    word.Append(char.ToLowerInvariant((char)value));
                }

                return;

            case State.Word or State.Number when char.IsAsciiDigit((char)value) || state == State.Word && value == '-':
                state = State.Number;
                if (number.Length < 12)
                {
                    number.Append((char)value);
                }

                return;

            case State.Word or State.Number:
                EndWord();
                if (state == State.Binary)
                {
                    // One blank ends the word; anything else is the first byte already.
                    if (value != ' ')
                    {
                        TakeBinary(value);
                    }

                    return;
                }

                if (value != ' ')
                {
                    TakeText(value);
                }

                return;

            default:
                TakeText(value);
                return;
        }
    }

    private void TakeText(byte value)
    {
        switch (value)
        {
            case (byte)'\\':
                state = State.Escape;
                break;

            case (byte)'{':
                depth++;
                break;

            case (byte)'}':
                hasClosed = true;
                while (gathering.TryPeek(out var open) && open.Depth == depth)
                {
                    Judge(gathering.Pop());
                }

                depth--;
                break;

            case (byte)'\r' or (byte)'\n' or 0:
                break;

            default:
                Letter((char)value);
                break;
        }
    }

    private void TakeEscape(byte value)
    {
        state = State.Text;
        if (char.IsAsciiLetter((char)value))
        {
            word.Clear().Append(char.ToLowerInvariant((char)value));
            number.Clear();
            state = State.Word;
        }
        else if (value == '\'')
        {
            state = State.FirstDigit;
        }
        else if (value is (byte)'\\' or (byte)'{' or (byte)'}')
        {
            Letter((char)value);
        }
        else if (value is (byte)'~' or (byte)'\r' or (byte)'\n' or (byte)'\t')
        {
            Letter(' ');
        }
    }

    private void TakeDigit(byte value)
    {
        // Readers let line ends pass between the digits.
        if (value is (byte)'\r' or (byte)'\n')
        {
            return;
        }

        if (!char.IsAsciiHexDigit((char)value))
        {
            state = State.Text;
            TakeText(value);
            return;
        }

        var digit = Convert.ToInt32($"{(char)value}", 16);
        if (state == State.FirstDigit)
        {
            (hexadecimal, state) = (digit, State.SecondDigit);
            return;
        }

        state = State.Text;
        Letter((char)((hexadecimal << 4) | digit));
    }

    /// <summary>Bytes that are no text. An object that a reader finds in them all the same, because it counts otherwise, is told.</summary>
    private void TakeBinary(byte value)
    {
        recent = value == '\\' ? "\\" : recent.Length is > 0 and < 8 ? recent + char.ToLowerInvariant((char)value) : "";
        if (recent is "\\object" or "\\objdata")
        {
            active.Add("Object");
        }

        if (--binaryLeft <= 0)
        {
            state = State.Text;
        }
    }

    private void EndWord()
    {
        if (state is not (State.Word or State.Number))
        {
            return;
        }

        state = State.Text;
        var name = word.ToString();
        var value = long.TryParse(number.ToString(), out var parsed) ? parsed : 0;
        switch (name)
        {
            case "bin" when value > 0:
                (binaryLeft, state) = (value, State.Binary);
                break;

            case "u":
                Letter((char)(ushort)value);
                skips = unicodeSkips;
                break;

            case "uc":
                unicodeSkips = (int)Math.Clamp(value, 0, 16);
                break;

            case "fldinst" or "template" or "sn" or "sv" or "file" when gathering.Count < GroupsMax:
                gathering.Push(new Gathered(name, depth, new StringBuilder()));
                break;

            case "fldinst":
                active.Add("Field");
                break;

            case "mmconnectstr" or "mmconnectstrdata" or "mmdatasource" or "mmquery" or "mmodsosrc" or "mmodsoudl":
                active.Add("Remote");
                break;

            case "tab" or "line" or "par":
                Letter(' ');
                break;

            default:
                if (name is "object" or "objdata" or "objemb" or "objlink" or "objautlink" or "objsub"
                        or "objpub" or "objicemb" or "objhtml" or "objocx" or "objclass" or "objupdate" or "objalias" or "objsect" or "objname")
                {
                    active.Add("Object");
                }

                break;
        }
    }

    private void Letter(char letter)
    {
        if (skips > 0 && letter is not ('\\' or '{' or '}'))
        {
            skips--;
            return;
        }

        foreach (var open in gathering)
        {
            if (open.Text.Length < TextMax)
            {
                open.Text.Append(letter);
            }
        }
    }

    private void Judge(Gathered ended)
    {
        var text = ended.Text.ToString().Trim();
        switch (ended.Kind)
        {
            case "fldinst":
                JudgeField(text);
                break;

            case "sn":
                shapeProperty = text;
                break;

            case "sv" when shapeProperty.StartsWith("pib", StringComparison.OrdinalIgnoreCase) && IsElsewhere(text):
            case "template" or "file" when IsElsewhere(text):
                active.Add("Remote");
                break;
        }
    }

    /// <summary>The first word says what the field is. Words built of numbers are only there to hide it.</summary>
    private void JudgeField(string text)
    {
        var words = text.Split((char[])[' ', '\t', '"', '\u00A0'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            return;
        }

        var first = words[0].ToUpperInvariant();
        if (fieldsThatAct.Contains(first) || first.StartsWith("DDE", StringComparison.Ordinal))
        {
            active.Add("Field");
        }
        else if (first == "QUOTE" && words.Length > 1 && words[1..].All(number => int.TryParse(number, out _)))
        {
            active.Add("Field");
        }
        else if (words.Any(inner => inner.ToUpperInvariant() is "DDEAUTO" or "DDE" or "INCLUDEPICTURE" or "INCLUDETEXT") && first is ("IF" or "SET" or "QUOTE"))
        {
            active.Add("Field");
        }
    }

    /// <summary>On another machine. The template of the machine that wrote the text is named by most texts, and is not fetched.</summary>
    private static bool IsElsewhere(string text) =>
        text.Contains("://", StringComparison.Ordinal) || text.StartsWith(@"\\", StringComparison.Ordinal) || text.StartsWith("//", StringComparison.Ordinal)
        || text.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || text.StartsWith("mhtml:", StringComparison.OrdinalIgnoreCase);

    /// <summary>The text of a group, with that of the groups in it.</summary>
    private sealed record Gathered(string Kind, long Depth, StringBuilder Text);
}
