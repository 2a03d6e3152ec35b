namespace Dmp.Search.Queries;

/// <summary>A stretch of a question: a phrase in quotes, one excluded word, or the words between those.</summary>
/// <param name="Text">As typed, without quotes and sign.</param>
/// <param name="IsPhrase">It stood in quotes.</param>
/// <param name="IsExcluded">It must not be there.</param>
internal sealed record QuerySegment(string Text, bool IsPhrase, bool IsExcluded)
{
    /// <summary>It is the last, and no blank stands behind it.</summary>
    public bool IsLast { get; init; }

    /// <summary>The question has other segments, so that this one may have only small words.</summary>
    public bool HasOthers { get; init; }

    public static List<QuerySegment> Of(string text)
    {
        List<QuerySegment> segments = [];
        var (begin, at) = (0, 0);
        while (at < text.Length)
        {
            var isStart = at == 0 || char.IsWhiteSpace(text[at - 1]);
            var isExcluded = isStart && text[at] == '-' && at + 1 < text.Length && !char.IsWhiteSpace(text[at + 1]);
            var quote = at + (isExcluded ? 1 : 0);
            if (!isExcluded && !IsQuote(text[at]))
            {
                at++;
                continue;
            }

            Add(text[begin..at], false, false);
            if (IsQuote(text[quote]))
            {
                var end = EndOf(text, quote + 1, IsQuote);
                Add(text[(quote + 1)..end], true, isExcluded);
                at = Math.Min(text.Length, end + 1);
            }
            else
            {
                var end = EndOf(text, quote, letter => char.IsWhiteSpace(letter) || IsQuote(letter));
                Add(text[quote..end], false, true);
                at = end;
            }

            begin = at;
        }

        Add(text[begin..], false, false);
        return [.. segments.Select((segment, i) => segment with
        {
            IsLast = i == segments.Count - 1 && !char.IsWhiteSpace(text[^1]),
            HasOthers = segments.Count > 1,
        })];

        void Add(string part, bool isPhrase, bool isExcluded)
        {
            if (!string.IsNullOrWhiteSpace(part))
            {
                segments.Add(new QuerySegment(part, isPhrase, isExcluded));
            }
        }
    }

    private static int EndOf(string text, int at, Predicate<char> isEnd)
    {
        while (at < text.Length && !isEnd(text[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsQuote(char letter) => letter is '"' or '“' or '”' or '«' or '»';
}
