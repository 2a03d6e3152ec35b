using Dmp.Search.Words;

namespace Dmp.Search.Index;

/// <summary>A stem in the dictionary: the beginning that it shares with the one before, and the rest.</summary>
internal static class BlockStem
{
    /// <summary>Most bytes of a stem or a form.</summary>
    public const int BytesMax = WordReader.FormCharsMax * 3;

    /// <summary>Reads the next stem over the one before, and answers its length.</summary>
    public static int Read(ref ByteCursor cursor, scoped Span<byte> stem, int length)
    {
        var shared = cursor.Number(length);
        var rest = cursor.Take(cursor.Number(BytesMax - shared));
        rest.CopyTo(stem[shared..]);
        return shared + rest.Length;
    }
}
