using System.Text;

namespace Dmp.Server.Media;

/// <summary>One way to read an RTF byte by byte, in constant memory.</summary>
/// <param name="active">Where the kinds of what acts go.</param>
/// <param name="isBinaryText">
/// Reads binary data (<c>\bin</c>) as text, as a reader does that counts otherwise; else passes it over, as the specification says.
/// </param>
internal sealed class RtfReading(SortedSet<string> active, bool isBinaryText)
{
    private const int WordBytesMax = 64;

    // No parameter is longer; a larger number stays one.
    private const long NumberMax = 1_000_000_000_000;

    // Fields may be in one another; nobody has this many.
    private const int GroupsMax = 32;

    private readonly StringBuilder word = new();
    private readonly Stack<RtfGathered> gathering = new();
    private readonly RtfSkips skips = new(isByTheBook: true);
    private readonly RtfSkips looseSkips = new(isByTheBook: false);

    private State state;
    private bool isLower;
    private bool isNegative;
    private bool hasNumber;
    private long number;
    private long depth;
    private bool hasClosed;
    private long binaryLeft;
    private int hexadecimal;
    private bool namesPicture;
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

    /// <summary>Each group is closed.</summary>
    public bool IsWhole => hasClosed && depth == 0;

    /// <summary>Binary data goes on.</summary>
    public bool IsInBinary => state == State.Binary;

    /// <summary>Takes the next bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            Take(value);
        }
    }

    /// <summary>Judges what is still open, after the last byte.</summary>
    public void Conclude()
    {
        EndWord();
        while (gathering.TryPop(out var open))
        {
            Judge(open);
        }
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
                AddToWord((char)value);
                return;

            case State.Word when value == '-':
                (state, isNegative) = (State.Number, true);
                return;

            case State.Word or State.Number when char.IsAsciiDigit((char)value):
                (state, hasNumber) = (State.Number, true);
                number = Math.Min(NumberMax, number * 10 + (value - '0'));
                return;

            case State.Word or State.Number:
                EndWord();

                // One blank ends the word; anything else is the next thing already.
                if (value != ' ')
                {
                    Take(value);
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
                skips.Brace();
                looseSkips.Brace();
                break;

            case (byte)'}':
                CloseGroup();
                break;

            case (byte)'\r' or (byte)'\n' or 0:
                break;

            default:
                Letter((char)value);
                break;
        }
    }

    private void CloseGroup()
    {
        hasClosed = true;
        skips.Close(depth);
        looseSkips.Close(depth);
        while (gathering.TryPeek(out var open) && open.Depth == depth)
        {
            Judge(gathering.Pop());
        }

        foreach (var open in gathering)
        {
            open.CloseInner(depth);
        }

        depth--;
    }

    private void TakeEscape(byte value)
    {
        state = State.Text;
        if (char.IsAsciiLetter((char)value))
        {
            word.Clear();
            (state, isLower, isNegative, hasNumber, number) = (State.Word, true, false, false, 0);
            AddToWord((char)value);
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
        else if (!skips.Word() && value == '*')
        {
            foreach (var open in gathering)
            {
                open.Ignore(depth);
            }
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

    /// <summary>Bytes that are no text. An object that begins at any of them is told.</summary>
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

    private void AddToWord(char letter)
    {
        isLower &= char.IsAsciiLetterLower(letter);
        if (word.Length < WordBytesMax)
        {
            word.Append(char.ToLowerInvariant(letter));
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
        var value = isNegative ? -number : number;

        // A word that is passed over is heeded all the same where that only finds more.
        var isPassedOver = skips.Word();
        switch (name)
        {
            case "bin" when value > 0 && isLower && !isBinaryText:
                (binaryLeft, state, recent) = (value, State.Binary, "");
                break;

            case "u" or "uc":
                EndUnicodeWord(name, value, isPassedOver);
                break;

            case "fldinst" or "template" or "file":
                Gather(name);
                break;

            // Pictures of shapes may be binary, and hold addresses.
            case "sn" or "sv" when !isBinaryText:
                Gather(name);
                break;

            case "mmconnectstr" or "mmconnectstrdata" or "mmdatasource" or "mmquery" or "mmodsosrc" or "mmodsoudl":
                active.Add("Remote");
                break;

            case "tab" or "line" or "par" or "page" or "column" or "sect" or "cell" or "row" or "lbr" or "softline" or "emspace"
                or "enspace" or "qmspace":
                Append(' ', byTheBook: !isPassedOver, loose: true);
                break;

            case "object" or "objdata" or "objemb" or "objlink" or "objautlink" or "objsub" or "objpub" or "objicemb" or "objhtml"
                or "objocx"
                or "objclass" or "objupdate" or "objalias" or "objsect" or "objname":
                active.Add("Object");
                break;
        }
    }

    /// <summary>By the book words are written in small letters, and out of its range a number is none.</summary>
    private void EndUnicodeWord(string name, long value, bool isPassedOver)
    {
        var isByTheBook = isLower && hasNumber && !isPassedOver;
        if (name == "uc")
        {
            var isKnown = looseSkips.Set(depth, (int)Math.Clamp(value, 0, short.MaxValue));
            if (isByTheBook && value is >= 0 and <= short.MaxValue)
            {
                isKnown &= skips.Set(depth, (int)value);
            }

            if (!isKnown)
            {
                active.Add("Field");
            }

            return;
        }

        Append((char)(ushort)value, isByTheBook, loose: true);
        looseSkips.Begin();
        if (isByTheBook)
        {
            skips.Begin();
        }
    }

    private void Gather(string name)
    {
        if (gathering.Count < GroupsMax)
        {
            gathering.Push(new RtfGathered(name, depth));
        }
        else
        {
            active.Add(name == "fldinst" ? "Field" : "Remote");
        }
    }

    private void Letter(char letter) => Append(letter, !skips.Letter(), !looseSkips.Letter());

    private void Append(char letter, bool byTheBook, bool loose)
    {
        foreach (var open in gathering)
        {
            if (byTheBook)
            {
                open.AddByTheBook(letter);
            }

            if (loose)
            {
                open.AddLoose(letter);
            }
        }
    }

    private void Judge(RtfGathered ended)
    {
        switch (ended.Kind)
        {
            case "fldinst" when ended.IsFieldThatActs():
                active.Add("Field");
                break;

            case "sn":
                namesPicture = ended.NamesPicture();
                break;

            case "sv" when namesPicture && ended.IsElsewhere():
            case "template" or "file" when ended.IsElsewhere():
                active.Add("Remote");
                break;
        }
    }
}
