using System.Buffers;

namespace Dmp.Server.Media;

/// <summary>Reads values of a PDF from bytes in memory, leniently as viewers do, and no deeper than
/// <see cref="PdfBudget.DepthMax"/>.</summary>
internal ref struct PdfReader(ReadOnlySpan<byte> bytes, int start, PdfBudget budget)
{
    private const int StringBytesMax = 256;

    /// <summary>Integers of one array; of interest in tables of offsets only.</summary>
    private const int IntegersMax = 20_000;

    private static readonly SearchValues<byte> irregular = SearchValues.Create("\0\t\n\f\r ()<>[]{}/%"u8);
    private static readonly SearchValues<byte> blanks = SearchValues.Create("\0\t\n\f\r "u8);
    private static readonly SearchValues<byte> inText = SearchValues.Create("()\\"u8);

    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>The next byte to read.</summary>
    public int At { get; set; } = start;

    /// <summary>Something was not as it should be; what was read is what a viewer makes of it.</summary>
    public bool IsMalformed { get; private set; }

    public readonly bool IsAtEnd => At >= bytes.Length;

    /// <summary>Goes past blanks and comments.</summary>
    public void SkipBlanks()
    {
        while (At < bytes.Length)
        {
            if (bytes[At] == '%')
            {
                At += bytes[At..].IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and var line ? line : bytes.Length - At;
                continue;
            }

            var next = bytes[At..].IndexOfAnyExcept(blanks);
            if (next <= 0)
            {
                At = next < 0 ? bytes.Length : At;
                if (next < 0 || bytes[At] != '%')
                {
                    return;
                }
            }
            else
            {
                At += next;
            }
        }
    }

    /// <summary>Goes past the word when it is next.</summary>
    public bool TakeWord(ReadOnlySpan<byte> word)
    {
        var before = At;
        SkipBlanks();
        if (Word().SequenceEqual(word))
        {
            At += word.Length;
            return true;
        }

        At = before;
        return false;
    }

    /// <summary>Goes past <c>1 0 obj</c> when it is next; the number of the object, else -1.</summary>
    public long TakeHeader(out long generation)
    {
        var before = At;
        generation = -1;
        SkipBlanks();
        if (TakeInteger() is { } number and >= 0 and <= int.MaxValue)
        {
            SkipBlanks();
            if (TakeInteger() is { } found and >= 0)
            {
                SkipBlanks();
                // What follows may be glued to the keyword.
                if (bytes[At..].StartsWith("obj"u8))
                {
                    At += 3;
                    generation = found;
                    return number;
                }
            }
        }

        At = before;
        return -1;
    }

    /// <summary>Digits; null, and nothing is passed, when there are none.</summary>
    public long? TakeInteger()
    {
        var word = Word();
        if (word.Length is 0 or > 15 || !long.TryParse(word, System.Globalization.NumberStyles.AllowLeadingSign, null, out var value))
        {
            // Digits may be glued to a keyword.
            var digits = word.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits is <= 0 or > 15)
            {
                return null;
            }

            At += digits;
            return long.Parse(word[..digits], null);
        }

        At += word.Length;
        return value;
    }

    /// <summary>The next value; null when there is a keyword or the end instead, which is not passed.</summary>
    public PdfValue? TakeValue(int depth = 0)
    {
        budget.TakeValue();
        SkipBlanks();
        if (At >= bytes.Length)
        {
            return null;
        }

        switch (bytes[At])
        {
            case (byte)'/':
                At++;
                return new PdfValue(PdfKind.Name, 0, TakeName());

            case (byte)'(':
                return TakeText();

            case (byte)'<' when At + 1 < bytes.Length && bytes[At + 1] == '<':
                At += 2;
                return TakeDictionary(Deeper(depth));

            case (byte)'<':
                var close = bytes[At..].IndexOf((byte)'>');
                IsMalformed |= close < 0;
                var hexadecimal = close < 0 ? [] : Hexadecimal(bytes.Slice(At + 1, Math.Min(close - 1, 2 * StringBytesMax)));
                At = close < 0 ? bytes.Length : At + close + 1;
                return new PdfValue(PdfKind.String, 0, hexadecimal);

            case (byte)'[':
                At++;
                return TakeArray(Deeper(depth));

            case (byte)')' or (byte)'>' or (byte)']' or (byte)'{' or (byte)'}':
                return null;

            default:
                return TakeNumberOrWord();
        }
    }

    private static int Deeper(int depth) => depth < PdfBudget.DepthMax
        ? depth + 1
        : throw new PdfUnreadableException($"Its values are in one another more than {PdfBudget.DepthMax} deep.");

    private static byte[] Hexadecimal(ReadOnlySpan<byte> digits)
    {
        var value = new List<byte>();
        var high = -1;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                continue;
            }

            var number = Convert.ToInt32($"{(char)digit}", 16);
            if (high < 0)
            {
                high = number;
                continue;
            }

            value.Add((byte)((high << 4) | number));
            high = -1;
        }

        return [.. value];
    }

    private readonly ReadOnlySpan<byte> Word()
    {
        var rest = bytes[At..];
        return rest.IndexOfAny(irregular) is >= 0 and var stop ? rest[..stop] : rest;
    }

    /// <summary><c>#4A</c> is J.</summary>
    private string TakeName()
    {
        var word = Word();
        At += word.Length;
        if (!word.Contains((byte)'#'))
        {
            return PdfNames.Find(word);
        }

        if (word.Length > 3 * PdfNames.BytesMax)
        {
            return PdfNames.Unknown;
        }

        Span<byte> name = stackalloc byte[3 * PdfNames.BytesMax];
        var length = 0;
        for (var i = 0; i < word.Length; i++)
        {
            var isEscape = word[i] == '#' && i + 2 < word.Length && char.IsAsciiHexDigit((char)word[i + 1])
                && char.IsAsciiHexDigit((char)word[i + 2]);
            name[length++] = isEscape ? Convert.FromHexString([(char)word[i + 1], (char)word[i + 2]])[0] : word[i];
            i += isEscape ? 2 : 0;
        }

        return PdfNames.Find(name[..length]);
    }

    private PdfValue TakeText()
    {
        var (open, at) = (1, At + 1);
        while (open > 0)
        {
            var next = at < bytes.Length ? bytes[at..].IndexOfAny(inText) : -1;
            if (next < 0)
            {
                (IsMalformed, At) = (true, bytes.Length);
                return new PdfValue(PdfKind.Other);
            }

            at += next + 1;
            open += bytes[at - 1] switch { (byte)'(' => 1, (byte)')' => -1, _ => 0 };
            at += bytes[at - 1] == '\\' ? 1 : 0;
        }

        var text = bytes[(At + 1)..Math.Min(bytes.Length, at - 1)];
        At = Math.Min(bytes.Length, at);
        return text.Length <= StringBytesMax ? new PdfValue(PdfKind.String, 0, Unescaped(text)) : new PdfValue(PdfKind.Other);
    }

    private static byte[] Unescaped(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)'\\'))
        {
            return text.ToArray();
        }

        var result = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Add(text[i]);
                continue;
            }

            i++;
            var (octal, digits) = (0, 0);
            for (; digits < 3 && i + digits < text.Length && text[i + digits] is >= (byte)'0' and <= (byte)'7'; digits++)
            {
                octal = (octal * 8) + text[i + digits] - '0';
            }

            result.Add(digits > 0 ? (byte)octal : text[i]);
            i += Math.Max(0, digits - 1);
        }

        return [.. result];
    }

    private PdfValue? TakeNumberOrWord()
    {
        var word = Word();
        if (char.IsAsciiLetter((char)word[0]))
        {
            if (word is [(byte)'t', (byte)'r', (byte)'u', (byte)'e'] or [(byte)'f', (byte)'a', (byte)'l', (byte)'s', (byte)'e'])
            {
                At += word.Length;
                return new PdfValue(PdfKind.Other);
            }

            if (word.SequenceEqual("null"u8))
            {
                At += word.Length;
                return default(PdfValue);
            }

            return null;
        }

        if (word.Length > 15 || !long.TryParse(word, System.Globalization.NumberStyles.AllowLeadingSign, null, out var value))
        {
            At += word.Length;
            return new PdfValue(PdfKind.Other);
        }

        At += word.Length;
        var after = At;
        SkipBlanks();
        if (value is >= 0 and <= int.MaxValue && At < bytes.Length && char.IsAsciiDigit((char)bytes[At]) && TakeInteger() is >= 0
            && TakeWord("R"u8))
        {
            return new PdfValue(PdfKind.Reference, value);
        }

        At = after;
        return new PdfValue(PdfKind.Integer, value);
    }

    /// <summary>Numbers of arrays matter to tables of offsets only, which have few.</summary>
    private PdfValue TakeArray(int depth)
    {
        var items = new List<PdfValue>();
        while (true)
        {
            if (TakeValue(depth) is { } value)
            {
                if (value.Kind is not (PdfKind.Other or PdfKind.String) && (value.Kind != PdfKind.Integer || items.Count < IntegersMax))
                {
                    items.Add(value);
                }

                continue;
            }

            if (At < bytes.Length && bytes[At] == ']')
            {
                At++;
                break;
            }

            if (!SkipWrong())
            {
                break;
            }
        }

        return new PdfValue(PdfKind.Array, 0, items.ToArray());
    }

    private PdfValue TakeDictionary(int depth)
    {
        var pairs = new List<PdfValue>();
        while (true)
        {
            var key = TakeValue(depth);
            if (key is { Kind: PdfKind.Name })
            {
                var value = TakeValue(depth) ?? default;
                // A value that leads on is kept under any key, others only for a rule that asks for them.
                if (value.Kind is PdfKind.Array or PdfKind.Dictionary or PdfKind.Reference
                    || value.Kind != PdfKind.Null && key.Value.Name != PdfNames.Unknown)
                {
                    pairs.Add(key.Value);
                    pairs.Add(value);
                }

                continue;
            }

            if (key is not null)
            {
                IsMalformed = true;
                continue;
            }

            if (bytes[Math.Min(At, bytes.Length)..].StartsWith(">>"u8))
            {
                At += 2;
                break;
            }

            if (!SkipWrong())
            {
                break;
            }
        }

        return new PdfValue(PdfKind.Dictionary, 0, pairs.ToArray());
    }

    /// <summary>False where no viewer reads on: at the end, and at a keyword of objects.</summary>
    private bool SkipWrong()
    {
        IsMalformed = true;
        if (At >= bytes.Length)
        {
            return false;
        }

        var word = Word();
        if (word.SequenceEqual("endobj"u8) || word.SequenceEqual("stream"u8) || word.SequenceEqual("endstream"u8))
        {
            return false;
        }

        At += Math.Max(1, word.Length);
        return true;
    }
}
