using System.Text;

namespace Dmp.Search.Text;

/// <summary>
/// The words of an RTF (Rich Text Format specification 1.9.1), without its tables, styles and pictures. Read front to back, once, without
/// recursion; groups beyond the bound are passed over.
/// </summary>
internal sealed partial class RtfText(ReadOnlyMemory<byte> content, TextDraft draft)
{
    private const int FontsMax = 1_000;
    private const int WordCharsMax = 32;
    private const int StepsBetweenLooks = 4095;
    private const int PendingBytesMax = 4096;

    private readonly StringBuilder text = new();
    private readonly Stack<Group> outer = new();
    private readonly Dictionary<int, int> charsets = [];
    private readonly List<byte> pending = [];
    private Group group = new(IsSkipped: false, IsFontTable: false, UnicodeSkip: 1, CodePage: 1252);
    private int place;
    private int tooDeep;
    private int skip;
    private int ansiCodePage = 1252;
    private int font = -1;
    private bool isStarred;
    private bool isWhole = true;

    /// <summary>The words; of too many, the beginning.</summary>
    /// <exception cref="TextStoppedException">The bytes are no RTF, or the time is over.</exception>
    public string Read()
    {
        var bytes = content.Span;
        place = bytes.IndexOf((byte)'{') is >= 0 and < 16 and var start ? start : 0;
        if (!bytes[place..].StartsWith("{\\rtf"u8))
        {
            throw new TextStoppedException(UnreadReason.OtherFormat);
        }

        var steps = 0;
        while (place < bytes.Length && isWhole)
        {
            if ((++steps & StepsBetweenLooks) == 0)
            {
                draft.Look();
            }

            Step(bytes);
        }

        Flush();
        if (!isWhole)
        {
            draft.Miss(UnreadReason.TooLong);
        }
        else if (outer.Count + tooDeep > 0)
        {
            draft.Miss(UnreadReason.Damaged);
        }

        return text.ToString().Trim();
    }

    private void Step(ReadOnlySpan<byte> bytes)
    {
        var letter = bytes[place++];
        switch (letter)
        {
            case (byte)'{':
                Flush();
                Open();
                break;
            case (byte)'}':
                Flush();
                Close();
                break;
            case (byte)'\\':
                Control(bytes);
                break;
            case (byte)'\r' or (byte)'\n' or 0:
                break;
            default:
                Take(letter);
                break;
        }
    }

    private void Open()
    {
        if (outer.Count < draft.Limits.GroupsMax && tooDeep == 0)
        {
            outer.Push(group);
        }
        else if (tooDeep++ == 0)
        {
            draft.Miss(UnreadReason.TooLong);
        }

        isStarred = false;
    }

    private void Close()
    {
        if (tooDeep > 0)
        {
            tooDeep--;
        }
        else if (outer.TryPop(out var around))
        {
            group = around;
        }

        (skip, isStarred) = (0, false);
    }

    private void Control(ReadOnlySpan<byte> bytes)
    {
        if (place >= bytes.Length)
        {
            return;
        }

        var symbol = bytes[place];
        if (!char.IsAsciiLetter((char)symbol))
        {
            place++;
            Symbol(symbol, bytes);
            return;
        }

        var begin = place;
        while (place < bytes.Length && char.IsAsciiLetter((char)bytes[place]))
        {
            place++;
        }

        var name = place - begin <= WordCharsMax ? Encoding.ASCII.GetString(bytes[begin..place]) : "";
        var number = Number(bytes);
        if (place < bytes.Length && bytes[place] == ' ')
        {
            place++;
        }

        if (name == "bin" && number is > 0)
        {
            place = (int)Math.Min((long)place + number.Value, bytes.Length);
        }
        else
        {
            Word(name, number);
        }
    }

    private int? Number(ReadOnlySpan<byte> bytes)
    {
        var (isNegative, value, digits) = (place < bytes.Length && bytes[place] == '-', 0L, 0);
        var at = place + (isNegative ? 1 : 0);
        while (at < bytes.Length && char.IsAsciiDigit((char)bytes[at]))
        {
            value = Math.Min(value * 10 + bytes[at++] - '0', int.MaxValue);
            digits++;
        }

        if (digits == 0)
        {
            return null;
        }

        place = at;
        return (int)(isNegative ? -value : value);
    }

    private void Symbol(byte symbol, ReadOnlySpan<byte> bytes)
    {
        switch ((char)symbol)
        {
            case '\'':
                var isHex = place + 2 <= bytes.Length
                    && char.IsAsciiHexDigit((char)bytes[place]) && char.IsAsciiHexDigit((char)bytes[place + 1]);
                if (isHex)
                {
                    Take(Convert.FromHexString([(char)bytes[place], (char)bytes[place + 1]])[0]);
                    place += 2;
                }

                break;
            case '*':
                isStarred = true;
                break;
            case '\\' or '{' or '}':
                Take(symbol);
                break;
            case '~':
                Append(" ");
                break;
            case '_':
                Append("-");
                break;
            case '\r' or '\n':
                EndLine();
                break;
        }
    }

    private void Word(string name, int? number)
    {
        if (name != "u")
        {
            Flush();
        }

        var isOptional = isStarred;
        isStarred = false;
        if (isOptional || IsOther(name))
        {
            group = group with { IsSkipped = group.IsSkipped || name != "fonttbl", IsFontTable = name == "fonttbl" };
            return;
        }

        if (skip > 0 && name is not ("u" or "uc"))
        {
            skip--;
            return;
        }

        switch (name)
        {
            case "u":
                // Signed, of 16 bits: what follows for readers that know no Unicode is passed over.
                Flush();
                Append(((char)(ushort)(number ?? '?')).ToString());
                skip = group.UnicodeSkip;
                break;
            case "uc":
                group = group with { UnicodeSkip = Math.Clamp(number ?? 1, 0, 64) };
                break;
            case "par" or "line" or "sect" or "page" or "row":
                EndLine();
                break;
            case "tab" or "cell" or "nestcell" or "emspace" or "enspace":
                Append(" ");
                break;
            case "lquote" or "rquote":
                Append("’");
                break;
            case "emdash" or "endash":
                Append(" – ");
                break;
            case "ansicpg":
                ansiCodePage = number ?? 1252;
                group = group with { CodePage = ansiCodePage };
                break;
            case "f":
                ChooseFont(number ?? 0);
                break;
            case "fcharset" when group.IsFontTable && charsets.Count < FontsMax:
                charsets[font] = number ?? 0;
                break;
        }
    }

    private void ChooseFont(int number)
    {
        font = number;
        if (!group.IsFontTable)
        {
            group = group with { CodePage = charsets.TryGetValue(number, out var charset) ? CodePageOf(charset) : ansiCodePage };
        }
    }

    /// <summary>What stands in a group of these is no text of the document.</summary>
    private static bool IsOther(string name) => name is "fonttbl" or "colortbl" or "stylesheet" or "info" or "pict" or "nonshppict"
        or "listtable" or "listoverridetable" or "revtbl" or "fldinst" or "themedata" or "datastore" or "latentstyles" or "filetbl";

    private sealed record Group(bool IsSkipped, bool IsFontTable, int UnicodeSkip, int CodePage);
}
