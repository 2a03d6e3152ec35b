namespace Dmp.Search.Words;

/// <summary>The parts of what is written without a blank.</summary>
internal sealed partial class WordReader
{
    private readonly char[] folded = new char[ChunkCharsMax * Folding.WidthMax];

    private void Divide(string text, int begin, int end)
    {
        parts.Clear();
        var (at, connector) = (begin, '\0');
        while (at < end)
        {
            if (!Folding.IsPart(text[at]))
            {
                connector = Folding.IsHidden(text[at]) ? connector : Plain(text[at]);
                at++;
                continue;
            }

            var isNumber = Folding.DigitOf(text[at]) >= 0;
            var (start, length, stop) = (at, 0, at);
            while (at < end && IsSame(text[at], isNumber))
            {
                length += Folding.Fold(text[at++], folded.AsSpan(length));
                stop = Folding.IsHidden(text[at - 1]) ? stop : at;
            }

            if (length > 0)
            {
                var form = isNumber ? Trimmed(folded.AsSpan(0, length)) : folded.AsSpan(0, length);
                parts.Add(new Part(Form(form[..Math.Min(form.Length, FormCharsMax)]), isNumber, connector, start, stop - start));
            }

            connector = '\0';
        }
    }

    private static bool IsSame(char letter, bool isNumber) =>
        Folding.IsHidden(letter) || Folding.IsMark(letter) || (Folding.IsPart(letter) && Folding.DigitOf(letter) >= 0 == isNumber);

    private static char Plain(char connector) =>
        IsHyphen(connector) || connector == '\n' ? '-' : IsApostrophe(connector) ? '\'' : connector == ',' ? '.' : connector;

    /// <summary>Without the zeros before a number: <c>05</c> is <c>5</c>.</summary>
    private static ReadOnlySpan<char> Trimmed(ReadOnlySpan<char> number)
    {
        var trimmed = number.TrimStart('0');
        return trimmed.IsEmpty ? number[^1..] : trimmed;
    }

    /// <summary>
    /// Two numbers around one comma or point are one number: <c>12,50</c> is <c>12.5</c>. More of them are a date or a version, and one
    /// behind a letter is a code.
    /// </summary>
    private void JoinDecimals()
    {
        for (var i = 0; i + 1 < parts.Count; i++)
        {
            var (left, right) = (parts[i], parts[i + 1]);
            var isCode = i > 0 && left.Connector == '\0' && !parts[i - 1].IsNumber;
            if (!left.IsNumber || !right.IsNumber || right.Connector != '.' || left.Connector == '.' || isCode
                || (i + 2 < parts.Count && parts[i + 2] is { IsNumber: true, Connector: '.' }))
            {
                continue;
            }

            parts[i] = left with { Form = Decimal(left, right), Length = right.Start + right.Length - left.Start };
            parts.RemoveAt(i + 1);
        }
    }

    private string Decimal(Part left, Part right)
    {
        // The form of the right side lost the zeros that count here.
        var zeros = right.Form == "0" ? 0 : Math.Max(0, right.Length - right.Form.Length);
        var digits = right.Form.AsSpan().TrimEnd('0');
        var length = left.Form.Length + 1 + zeros + digits.Length;
        if (digits.IsEmpty || length > FormCharsMax)
        {
            return left.Form;
        }

        Span<char> number = stackalloc char[FormCharsMax];
        left.Form.CopyTo(number);
        number[left.Form.Length] = '.';
        number.Slice(left.Form.Length + 1, zeros).Fill('0');
        digits.CopyTo(number[(left.Form.Length + 1 + zeros)..]);
        return Form(number[..length]);
    }

    /// <summary>An article or the like before an apostrophe is no word; the negation is, and becomes what it stands for.</summary>
    private void TakeElisions()
    {
        for (var i = parts.Count - 2; i >= 0; i--)
        {
            if (parts[i].IsNumber || parts[i + 1].IsNumber || parts[i + 1].Connector != '\'')
            {
                continue;
            }

            if (parts[i].Form == "n")
            {
                parts[i] = parts[i] with { Form = "ne" };
                parts[i + 1] = parts[i + 1] with { Connector = ' ' };
            }
            else if (parts[i].Form is "l" or "d" or "j" or "m" or "t" or "s" or "c" or "qu" or "jusqu" or "lorsqu" or "puisqu" or "quoiqu")
            {
                // What comes behind is tied as the article was.
                parts[i + 1] = parts[i + 1] with { Connector = parts[i].Connector };
                parts.RemoveAt(i);
            }
        }
    }
}
