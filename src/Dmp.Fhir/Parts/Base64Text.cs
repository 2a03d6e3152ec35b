using System.Buffers;
using System.Buffers.Text;

namespace Dmp.Fhir.Parts;

/// <summary>
/// Base 64 that is in memory. Blanks may be anywhere and the padding may lack, as in CDA documents; anything else is
/// none.
/// </summary>
internal static class Base64Text
{
    private static readonly SearchValues<byte> blanks = SearchValues.Create(" \t\r\n"u8);

    public static bool TryDecode(ReadOnlySpan<byte> text, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        text = text.TrimEnd(" \t\r\n"u8);
        var (start, last) = LastGroup(text);
        if (text[..start].Contains((byte)'='))
        {
            return false;
        }

        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(start) + 3];
        var isHeadWhole = Base64.DecodeFromUtf8(text[..start], decoded, out _, out var written) == OperationStatus.Done;
        if (!isHeadWhole || Base64.DecodeFromUtf8(last, decoded.AsSpan(written), out _, out var more) != OperationStatus.Done)
        {
            return false;
        }

        bytes = decoded.AsMemory(0, written + more);
        return true;
    }

    /// <summary>The last group of up to four signs, padded, and where it begins: those before it are whole.</summary>
    private static (int Start, byte[] Group) LastGroup(ReadOnlySpan<byte> text)
    {
        var signs = text.Length;
        for (var rest = text; rest.IndexOfAny(blanks) is >= 0 and var blank; rest = rest[(blank + 1)..])
        {
            signs--;
        }

        var taken = signs == 0 ? 0 : ((signs - 1) % 4) + 1;
        var group = taken == 0 ? [] : "===="u8.ToArray();
        var start = text.Length;
        for (var missing = taken; missing > 0;)
        {
            if (!blanks.Contains(text[--start]))
            {
                group[--missing] = text[start];
            }
        }

        return (start, group);
    }
}
