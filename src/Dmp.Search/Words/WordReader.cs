namespace Dmp.Search.Words;

/// <summary>
/// Cuts text into words: parts, and beside them wholes for what is written as one (<c>12/8</c>, <c>I20.0</c>, <c>anti-vitamine</c>).
/// Blocks and queries are read by the same rules, or nothing would be found.
/// </summary>
internal sealed partial class WordReader
{
    /// <summary>Most characters of a form; of a longer word the beginning is kept.</summary>
    public const int FormCharsMax = 64;

    // What is written without a blank is looked at in stretches of this many characters at most.
    private const int ChunkCharsMax = 256;

    // Most parts of what is also kept whole.
    private const int WholePartsMax = 6;

    private readonly HashSet<string> forms = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> formsBySpan;
    private readonly List<Part> parts = [];
    private readonly char[] whole = new char[FormCharsMax];

    public WordReader() => formsBySpan = forms.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Reads a text to its end, and answers the position of the word that would come next.</summary>
    public int Read(string text, int position, List<Word> words)
    {
        var at = 0;
        while (at < text.Length)
        {
            var letter = text[at];
            if (Folding.IsPart(letter) && !Folding.IsMark(letter))
            {
                var end = EndOfChunk(text, at);
                position = ReadChunk(text, at, end, position, words);
                at = end;
            }
            else
            {
                if (letter == '%' || (letter == '+' && at > 0 && Folding.IsPart(text[at - 1])))
                {
                    words.Add(new Word(letter == '%' ? "%" : "+", position++, at, 1, 1));
                }

                at++;
            }
        }

        return position;
    }

    private static int EndOfChunk(string text, int begin)
    {
        var end = begin + 1;
        var max = Math.Min(text.Length, begin + ChunkCharsMax);
        while (end < max)
        {
            var letter = text[end];
            if (Folding.IsPart(letter) || Folding.IsHidden(letter))
            {
                end++;
            }
            else if (Connected(text, end) is > 0 and var length)
            {
                end += length;
            }
            else
            {
                break;
            }
        }

        return Math.Min(end, text.Length);
    }

    /// <summary>Characters that tie two parts together at this place; 0 when they are apart.</summary>
    private static int Connected(string text, int at)
    {
        if (at + 1 >= text.Length)
        {
            return 0;
        }

        var (before, letter, next) = (text[at - 1], text[at], text[at + 1]);
        if (IsHyphen(letter) && next == '\n')
        {
            // A word that was divided at the end of a line goes on in lower case.
            return at + 2 < text.Length && char.IsLetter(before) && char.IsLower(text[at + 2]) ? 2 : 0;
        }

        if (!Folding.IsPart(next) || Folding.IsMark(next))
        {
            return 0;
        }

        return letter switch
        {
            '.' or '/' or '_' => 1,
            ',' or ':' or '*' or '^' => Folding.DigitOf(before) >= 0 && Folding.DigitOf(next) >= 0 ? 1 : 0,
            _ => IsHyphen(letter) || IsApostrophe(letter) ? 1 : 0,
        };
    }

    private static bool IsHyphen(char letter) => letter is '-' or '‐' or '\u2011';

    private static bool IsApostrophe(char letter) => letter is '\'' or '’' or '‘' or 'ʼ' or '´' or '`';

    private int ReadChunk(string text, int begin, int end, int position, List<Word> words)
    {
        Divide(text, begin, end);
        JoinDecimals();
        TakeElisions();
        var first = position;
        foreach (var part in parts)
        {
            words.Add(new Word(part.Form, position++, part.Start, part.Length, 1));
        }

        AddWhole(text, first, words);
        if (parts.Count == 1 && IsShortNumber(text, parts[0]))
        {
            AddThousands(text, parts[0], first, words);
        }

        return position;
    }

    private void AddWhole(string text, int first, List<Word> words)
    {
        var isValue = parts is [{ IsNumber: true }, { IsNumber: false, Connector: '\0' }];
        if (parts.Count is < 2 or > WholePartsMax || isValue || parts.Exists(part => part.Connector == ' '))
        {
            return;
        }

        var isOfLetters = parts.TrueForAll(part => !part.IsNumber);
        var isAcronym = isOfLetters && parts.TrueForAll(part => part.Form.Length == 1);
        var length = 0;
        foreach (var part in parts)
        {
            var connector = part.Connector;
            if (length > 0 && connector != '\0' && !(isOfLetters && (connector is '-' or '\'' || isAcronym)))
            {
                whole[length++] = connector;
            }

            if (length + part.Form.Length >= whole.Length)
            {
                return;
            }

            part.Form.CopyTo(whole.AsSpan(length));
            length += part.Form.Length;
        }

        var start = parts[0].Start;
        words.Add(new Word(Form(whole.AsSpan(0, length)), first, start, parts[^1].Start + parts[^1].Length - start, parts.Count));
    }

    /// <summary>Groups of three digits after a blank: <c>250 000</c> is <c>250000</c> too.</summary>
    private void AddThousands(string text, Part head, int first, List<Word> words)
    {
        var (end, span) = (head.Start + head.Length, 1);
        text.AsSpan(head.Start, head.Length).CopyTo(whole);
        var length = head.Length;
        while (span < 4 && IsGroup(text, end))
        {
            text.AsSpan(end + 1, 3).CopyTo(whole.AsSpan(length));
            (length, end, span) = (length + 3, end + 4, span + 1);
        }

        if (span > 1)
        {
            words.Add(new Word(Form(whole.AsSpan(0, length)), first, head.Start, end - head.Start, span));
        }
    }

    private static bool IsShortNumber(string text, Part part) =>
        part is { IsNumber: true, Length: <= 3 } && text[part.Start] is >= '1' and <= '9'
        && text.AsSpan(part.Start, part.Length).IndexOfAnyExceptInRange('0', '9') < 0
        && !(part is { Length: 3, Start: > 1 } && IsBlank(text[part.Start - 1]) && char.IsAsciiDigit(text[part.Start - 2]));

    private static bool IsBlank(char letter) => letter is ' ' or '\u00a0' or '\u202f';

    private static bool IsGroup(string text, int at) =>
        at + 3 < text.Length && IsBlank(text[at])
        && text.AsSpan(at + 1, 3).IndexOfAnyExceptInRange('0', '9') < 0
        && (at + 4 >= text.Length || !Folding.IsPart(text[at + 4]));

    private string Form(ReadOnlySpan<char> letters)
    {
        if (!formsBySpan.TryGetValue(letters, out var form))
        {
            form = letters.ToString();
            forms.Add(form);
        }

        return form;
    }

    /// <summary>A run of letters or of digits.</summary>
    /// <param name="Form">Folded.</param>
    /// <param name="IsNumber">It is of digits.</param>
    /// <param name="Connector">What ties it to the part before; <c>\0</c> when nothing stands between them.</param>
    /// <param name="Start">First character in the text.</param>
    /// <param name="Length">Characters of the text.</param>
    private readonly record struct Part(string Form, bool IsNumber, char Connector, int Start, int Length);
}
