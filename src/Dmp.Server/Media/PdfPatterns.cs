namespace Dmp.Server.Media;

/// <summary>How bytes of a PDF are written.</summary>
internal static class PdfPatterns
{
    private static ReadOnlySpan<byte> Blanks => "\0\t\n\f\r "u8;

    /// <summary>
    /// The bytes up to here are <c>1 0 obj</c>. A line end before the keyword or between the numbers is enough, because a comment may be
    /// there; so are blanks that go back further than is looked.
    /// </summary>
    public static bool EndsObjectHeader(ReadOnlySpan<byte> seen)
    {
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

    /// <summary><c>#4A</c> is J. In place, for the result is never longer.</summary>
    public static Span<byte> Unescape(Span<byte> name)
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
