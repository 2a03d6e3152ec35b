using System.Text;

namespace Dmp.Search.Text;

/// <summary>Characters of an RTF on their way into the text.</summary>
internal sealed partial class RtfText
{
    private int CodePageOf(int charset) => charset switch
    {
        77 => 10000,
        128 => 932,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => ansiCodePage,
    };

    /// <summary>A byte of text in the code page of its font.</summary>
    private void Take(byte letter)
    {
        if (skip > 0)
        {
            skip--;
            return;
        }

        if (!group.IsSkipped && !group.IsFontTable && tooDeep == 0)
        {
            pending.Add(letter);
            if (pending.Count >= PendingBytesMax)
            {
                Flush();
            }
        }
    }

    private void Flush()
    {
        if (pending.Count == 0)
        {
            return;
        }

        var encoding = (group.CodePage == 65001 ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(group.CodePage))
            ?? PlainText.Windows1252;
        var decoded = encoding.GetString([.. pending]);
        pending.Clear();
        isWhole &= Letters.Append(text, decoded, draft.CharsLeft);
    }

    private void Append(string value)
    {
        if (!group.IsSkipped && !group.IsFontTable && tooDeep == 0)
        {
            Flush();
            isWhole &= Letters.Append(text, value, draft.CharsLeft);
        }
    }

    private void EndLine()
    {
        if (!group.IsSkipped && !group.IsFontTable && tooDeep == 0)
        {
            Flush();
            Letters.EndLine(text);
        }
    }
}
