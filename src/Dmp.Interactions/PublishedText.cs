using System.Text;
using System.Text.Unicode;

namespace Dmp.Interactions;

/// <summary>Text files that are published without saying how they are encoded.</summary>
public static class PublishedText
{
    private static readonly Encoding western = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>
    /// Lines that are not empty, from 1. Each is UTF-8 when its bytes are, and CP1252 otherwise: one file of the medicines database mixes
    /// both. A line is damaged when neither has a character for one of its bytes.
    /// </summary>
    public static IEnumerable<(int Number, string Line, bool IsDamaged)> Lines(PublishedFile file)
    {
        var bytes = Read(file);
        var number = 0;
        for (var begin = 0; begin < bytes.Length;)
        {
            var length = bytes.AsSpan(begin).IndexOf((byte)'\n');
            var end = length < 0 ? bytes.Length : begin + length;
            number++;
            var (line, isDamaged) = Decode(bytes.AsSpan(begin..end));
            if (line.Length > 0)
            {
                yield return (number, line, isDamaged);
            }

            begin = end + 1;
        }
    }

    private static byte[] Read(PublishedFile file)
    {
        using var stream = file.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static (string Line, bool IsDamaged) Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            return (Encoding.UTF8.GetString(bytes).TrimEnd('\r').TrimStart('\ufeff'), false);
        }

        // The five bytes without a character become control characters.
        var line = western.GetString(bytes).TrimEnd('\r');
        return (line, line.Any(letter => letter is >= '\u0080' and <= '\u009f'));
    }
}
