using System.Buffers;

namespace Dmp.Server.Media;

/// <summary>
/// Splits a PDF into tokens as it streams by, in constant memory, without recursion and without believing its tables: objects are where
/// the bytes say <c>1 0 obj</c>, also inside of what looks like a stream, a string or a comment, because a viewer that starts from the
/// table of offsets finds them there.
/// </summary>
internal abstract class PdfLexer(bool knowsStreams)
{
    /// <summary>Longest token that is told apart from others; no name of interest has more, even with every letter escaped.</summary>
    private const int TokenBytesMax = 64;

    /// <summary>How far back the beginning of an object is looked for from its keyword.</summary>
    private const int HistoryBytes = 1024;

    private static readonly SearchValues<byte> irregular = SearchValues.Create("\0\t\n\f\r ()<>[]{}/%"u8);

    private static readonly SearchValues<byte> brackets = SearchValues.Create(")>[]{}"u8);

    private static readonly SearchValues<byte> blanksAndBrackets = SearchValues.Create("\0\t\n\f\r )>[]{}"u8);

    private readonly byte[] buffer = new byte[HistoryBytes + 32 * 1024];
    private readonly byte[] token = new byte[TokenBytesMax];
    private int end;
    private int at;
    private int tokenLength;
    private int parentheses;
    private State state;

    private enum State
    {
        Between,
        Name,
        Word,
        Comment,
        Text,
        TextEscape,
        LessThan,
        Hexadecimal,
        Stream,
        GatheredStream,
    }

    private static ReadOnlySpan<byte> Blanks => "\0\t\n\f\r "u8;

    /// <summary>Takes the next bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (end == buffer.Length)
            {
                buffer.AsSpan(end - HistoryBytes, HistoryBytes).CopyTo(buffer);
                at = end = HistoryBytes;
            }

            var taken = Math.Min(bytes.Length, buffer.Length - end);
            bytes[..taken].CopyTo(buffer.AsSpan(end));
            bytes = bytes[taken..];
            end += taken;
            while (at < end)
            {
                Step();
            }
        }
    }

    /// <summary>There are no more bytes.</summary>
    protected void End()
    {
        switch (state)
        {
            case State.Name or State.Word:
                EndToken();
                break;

            case State.GatheredStream:
                OnStreamEnd();
                break;
        }

        state = State.Between;
    }

    /// <summary>A name, without its slash and with its escapes resolved.</summary>
    protected abstract void OnName(ReadOnlySpan<byte> name);

    /// <summary>Anything else that is not a name: <paramref name="opensDictionary"/> for <c>&lt;&lt;</c>.</summary>
    protected abstract void OnOther(bool opensDictionary);

    /// <summary>An object begins or has ended.</summary>
    protected abstract void OnObject();

    /// <summary>A stream begins; true when its bytes are wanted.</summary>
    protected abstract bool OnStream();

    protected abstract void OnStreamBytes(ReadOnlySpan<byte> bytes);

    /// <summary>The wanted stream has ended; the last bytes may be the keyword that ends it.</summary>
    protected abstract void OnStreamEnd();

    private void Step()
    {
        var rest = buffer.AsSpan(at, end - at);
        switch (state)
        {
            case State.Between:
                var skipped = rest.IndexOfAnyExcept(blanksAndBrackets) is >= 0 and var first ? first : rest.Length;
                at += skipped;
                if (rest[..skipped].ContainsAny(brackets))
                {
                    OnOther(opensDictionary: false);
                }

                if (skipped < rest.Length)
                {
                    Begin(rest[skipped]);
                }

                break;

            case State.Name or State.Word:
                var regular = rest.IndexOfAny(irregular) is >= 0 and var stop ? stop : rest.Length;
                Keep(rest[..regular]);
                at += regular;
                if (regular < rest.Length)
                {
                    EndToken();
                }

                break;

            case State.LessThan:
                state = rest[0] == '<' ? State.Between : State.Hexadecimal;
                at += rest[0] == '<' ? 1 : 0;
                OnOther(opensDictionary: state == State.Between);
                break;

            case State.TextEscape:
                state = State.Text;
                at++;
                break;

            default:
                Skip(rest);
                break;
        }
    }

    private void Begin(byte first)
    {
        tokenLength = 0;
        switch (first)
        {
            case (byte)'/':
                state = State.Name;
                break;

            case (byte)'%':
                state = State.Comment;
                break;

            case (byte)'(':
                (state, parentheses) = (State.Text, 1);
                OnOther(opensDictionary: false);
                break;

            case (byte)'<':
                state = State.LessThan;
                break;

            default:
                state = State.Word;
                return;
        }

        at++;
    }

    /// <summary>Goes past what holds no tokens, to the byte that may end it or be the end of the beginning of an object.</summary>
    private void Skip(ReadOnlySpan<byte> rest)
    {
        var next = state switch
        {
            State.Comment => rest.IndexOfAny((byte)'\r', (byte)'\n', (byte)'j'),
            State.Text => rest.IndexOfAny("()\\j"u8),
            State.Hexadecimal => rest.IndexOfAny((byte)'>', (byte)'j'),
            State.Stream => rest.IndexOfAny((byte)'m', (byte)'j'),
            _ => rest.IndexOf((byte)'m'),
        };
        var passed = next < 0 ? rest.Length : next + 1;
        if (state == State.GatheredStream)
        {
            OnStreamBytes(rest[..passed]);
        }

        at += passed;
        if (next < 0)
        {
            return;
        }

        switch (rest[next])
        {
            case (byte)'j' when EndsObjectHeader():
                state = State.Between;
                OnObject();
                break;

            case (byte)'m' when buffer.AsSpan(0, at).EndsWith("endstream"u8):
                if (state == State.GatheredStream)
                {
                    OnStreamEnd();
                }

                state = State.Between;
                break;

            case (byte)'(':
                parentheses++;
                break;

            case (byte)')' when --parentheses == 0:
            case (byte)'>' or (byte)'\r' or (byte)'\n':
                state = State.Between;
                break;

            case (byte)'\\':
                state = State.TextEscape;
                break;
        }
    }

    /// <summary>
    /// The bytes up to here are <c>1 0 obj</c>. A line end before the keyword or between the numbers is enough, because a comment may be
    /// there; so are blanks that go back further than is looked.
    /// </summary>
    private bool EndsObjectHeader()
    {
        ReadOnlySpan<byte> seen = buffer.AsSpan(0, at);
        if (!seen.EndsWith("obj"u8))
        {
            return false;
        }

        var generation = seen[..^3].TrimEnd(Blanks);
        if (generation.IsEmpty || seen[generation.Length..^3].ContainsAny((byte)'\r', (byte)'\n'))
        {
            return true;
        }

        var gap = generation.TrimEnd("0123456789"u8);
        var number = gap.TrimEnd(Blanks);
        return gap.Length < generation.Length && number.Length < gap.Length
            && (number.IsEmpty || char.IsAsciiDigit((char)number[^1]) || gap[number.Length..].ContainsAny((byte)'\r', (byte)'\n'));
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        bytes[..Math.Min(bytes.Length, Math.Max(0, TokenBytesMax - tokenLength))].CopyTo(token.AsSpan(Math.Min(tokenLength, TokenBytesMax)));
        tokenLength = Math.Min(TokenBytesMax + 1, tokenLength + bytes.Length);
    }

    private void EndToken()
    {
        var isName = state == State.Name;
        state = State.Between;
        if (tokenLength > TokenBytesMax)
        {
            OnOther(opensDictionary: false);
            return;
        }

        var kept = token.AsSpan(0, tokenLength);
        if (isName)
        {
            OnName(Unescape(kept));
        }
        else if (knowsStreams && kept.SequenceEqual("stream"u8))
        {
            state = OnStream() ? State.GatheredStream : State.Stream;
        }
        else if (kept.EndsWith("obj"u8))
        {
            OnObject();
        }
        else
        {
            OnOther(opensDictionary: false);
        }
    }

    /// <summary><c>#4A</c> is J. In place, for the result is never longer.</summary>
    private static Span<byte> Unescape(Span<byte> name)
    {
        var length = 0;
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '#' && i + 2 < name.Length && char.IsAsciiHexDigit((char)name[i + 1]) && char.IsAsciiHexDigit((char)name[i + 2]))
            {
                name[length++] = (byte)(Convert.ToInt32($"{(char)name[i + 1]}{(char)name[i + 2]}", 16));
                i += 2;
            }
            else
            {
                name[length++] = name[i];
            }
        }

        return name[..length];
    }
}
