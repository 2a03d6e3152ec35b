using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Dmp.Search.Text;

/// <summary>Text without form. It is UTF-8 when its bytes are, UTF-16 when a mark says so, and Windows-1252 otherwise.</summary>
internal static class PlainText
{
    private const int DecodedBytes = 16 * 1024;

    public static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)
        ?? throw new InvalidOperationException("The runtime has no code pages.");

    public static string Read(ReadOnlySpan<byte> bytes, TextDraft draft)
    {
        var (encoding, skipped) = bytes switch
        {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding.UTF8, 3),
            [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
            [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
            _ => (IsUtf8(bytes, isCut: bytes.Length == draft.Limits.FileBytesMax) ? Encoding.UTF8 : Windows1252, 0),
        };
        bytes = bytes[skipped..];
        if (encoding.IsSingleByte && bytes.Contains((byte)0))
        {
            // Words have no such byte, pictures and programs do.
            throw new TextStoppedException(UnreadReason.OtherFormat);
        }

        var text = new StringBuilder();
        var decoder = encoding.GetDecoder();
        var chars = new char[encoding.GetMaxCharCount(DecodedBytes)];
        while (!bytes.IsEmpty)
        {
            draft.Look();
            var taken = Math.Min(DecodedBytes, bytes.Length);
            var count = decoder.GetChars(bytes[..taken], chars, flush: taken == bytes.Length);
            bytes = bytes[taken..];
            if (!AppendLines(text, chars.AsSpan(0, count), draft.CharsLeft))
            {
                draft.Miss(UnreadReason.TooLong);
                break;
            }
        }

        return text.ToString();
    }

    private static bool AppendLines(StringBuilder text, ReadOnlySpan<char> chars, int charsMax)
    {
        while (chars.IndexOfAny('\n', '\f', '\r') is >= 0 and var end)
        {
            if (!Letters.Append(text, chars[..end], charsMax))
            {
                return false;
            }

            Letters.EndLine(text);
            chars = chars[(end + 1)..];
        }

        return Letters.Append(text, chars, charsMax);
    }

    // The bound of the file may have cut the last character.
    private static bool IsUtf8(ReadOnlySpan<byte> bytes, bool isCut)
    {
        for (var cut = 0; cut <= (isCut ? Math.Min(3, bytes.Length) : 0); cut++)
        {
            if (Utf8.IsValid(bytes[..^cut]))
            {
                return cut == 0 || Rune.DecodeFromUtf8(bytes[^cut..], out _, out _) == OperationStatus.NeedMoreData;
            }
        }

        return false;
    }
}
