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

    private static readonly SearchValues<byte> brackets = SearchValues.Create(")[]{}"u8);

    private static readonly SearchValues<byte> blanksAndBrackets = SearchValues.Create("\0\t\n\f\r )[]{}"u8);

    // What ends each of them, or the beginning of an object or of the trailer within it.
    private static readonly SearchValues<byte> inComment = SearchValues.Create("\r\njr"u8);

    private static readonly SearchValues<byte> inText = SearchValues.Create("()\\jr"u8);

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
        GreaterThan,
        Hexadecimal,
        Stream,
        GatheredStream,
    }

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

    /// <summary><c>&lt;&lt;</c> or <c>&gt;&gt;</c>.</summary>
    protected abstract void OnDictionary(bool opens);

    /// <summary>Anything else.</summary>
    protected abstract void OnOther();

    /// <summary>
    /// An object or the trailer begins. <paramref name="isHidden"/>: within a string or a comment, so that what follows may be either.
    /// </summary>
    protected abstract void OnObject(bool isHidden);

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
                    OnOther();
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

            case State.LessThan or State.GreaterThan:
                EndBracket(rest[0]);
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

    /// <summary>The byte after a first angle bracket: the second one, or not.</summary>
    private void EndBracket(byte next)
    {
        var opens = state == State.LessThan;
        var isDouble = next == (opens ? '<' : '>');
        state = opens && !isDouble ? State.Hexadecimal : State.Between;
        if (isDouble)
        {
            at++;
            OnDictionary(opens);
        }
        else
        {
            OnOther();
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
                OnOther();
                break;

            case (byte)'<':
                state = State.LessThan;
                break;

            case (byte)'>':
                state = State.GreaterThan;
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
            State.Comment => rest.IndexOfAny(inComment),
            State.Text => rest.IndexOfAny(inText),
            State.Hexadecimal => rest.IndexOfAny((byte)'>', (byte)'j', (byte)'r'),
            State.Stream => rest.IndexOfAny((byte)'m', (byte)'j', (byte)'r'),
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
            case (byte)'j' when PdfPatterns.EndsObjectHeader(buffer.AsSpan(0, at)):
            case (byte)'r' when buffer.AsSpan(0, at).EndsWith("trailer"u8):
                OnObject(isHidden: state != State.Stream);
                state = State.Between;
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
            OnOther();
            return;
        }

        var kept = token.AsSpan(0, tokenLength);
        if (isName)
        {
            OnName(PdfPatterns.Unescape(kept));
        }
        else if (knowsStreams && kept.SequenceEqual("stream"u8))
        {
            state = OnStream() ? State.GatheredStream : State.Stream;
        }
        else if (kept.EndsWith("obj"u8))
        {
            OnObject(isHidden: false);
        }
        else
        {
            OnOther();
        }
    }
}
