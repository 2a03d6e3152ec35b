namespace Dmp.Cda;

/// <summary>Decodes base 64 that comes in pieces of any length. Blanks may be anywhere; anything else is refused.</summary>
internal sealed class CdaBase64(int charsMax)
{
    private readonly char[] group = new char[charsMax + 4];
    private readonly byte[] decoded = new byte[(charsMax + 4) / 4 * 3];
    private int kept;
    private bool isEnded;

    /// <summary>The bytes of the groups of four that are complete by now; valid until the next call.</summary>
    /// <exception cref="CdaRefusedException">The text is no base 64.</exception>
    public ReadOnlyMemory<byte> Decode(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c is not (' ' or '\t' or '\r' or '\n'))
            {
                group[kept++] = isEnded ? throw Refused() : c;
            }
        }

        return Take(kept & ~3);
    }

    /// <summary>The last bytes, where the text lacks its padding.</summary>
    /// <exception cref="CdaRefusedException">The text ends within a byte.</exception>
    public ReadOnlyMemory<byte> Finish()
    {
        if (kept == 1)
        {
            throw Refused();
        }

        while (kept is 2 or 3)
        {
            group[kept++] = '=';
        }

        return Take(kept);
    }

    private ReadOnlyMemory<byte> Take(int chars)
    {
        if (!Convert.TryFromBase64Chars(group.AsSpan(0, chars), decoded, out var written))
        {
            throw Refused();
        }

        isEnded = chars > 0 && group[chars - 1] == '=';
        if (isEnded && kept > chars)
        {
            throw Refused();
        }

        group.AsSpan(chars, kept - chars).CopyTo(group);
        kept -= chars;
        return decoded.AsMemory(0, written);
    }

    private static CdaRefusedException Refused() => new(CdaFaultKind.NotBase64, "An embedded file says that it is in base 64, and is not.");
}
