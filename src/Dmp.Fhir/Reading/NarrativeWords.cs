using System.Buffers;
using System.Collections.Frozen;
using System.Net;
using System.Text;
using System.Xml;

namespace Dmp.Fhir.Reading;

/// <summary>
/// The words of an XHTML narrative, without its markup: what stands on lines or in rows of its own is a line, and words of neighbouring
/// cells are words of their own. Markup within a word does not divide it.
/// </summary>
internal static class NarrativeWords
{
    private static readonly FrozenSet<string> inline = Set(
        "a abbr acronym b bdo big cite code del dfn em font i ins kbd q s samp small span strike strong sub sup tt u var");

    private static readonly FrozenSet<string> lines = Set(
        "address blockquote br caption center dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tbody tfoot thead tr ul");

    private static readonly SearchValues<char> nameLetters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    /// <summary>From the markup as JSON has it. Narratives are made by hand often enough: it need not be well formed.</summary>
    public static void Append(StringBuilder words, ReadOnlySpan<char> markup, int charsMax)
    {
        while (!markup.IsEmpty && words.Length < charsMax)
        {
            var tag = markup.IndexOf('<');
            AppendText(words, Decoded(tag < 0 ? markup : markup[..tag]), charsMax);
            markup = tag < 0 ? default : AppendTag(words, markup[tag..], charsMax);
        }
    }

    /// <summary>One node of a narrative in XML.</summary>
    public static void AppendNode(StringBuilder words, XmlReader xml, int charsMax)
    {
        switch (xml.NodeType)
        {
            case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                AppendText(words, xml.Value, charsMax);
                break;
            case XmlNodeType.Element or XmlNodeType.EndElement:
                Separate(words, xml.LocalName, charsMax);
                break;
        }
    }

    /// <summary>What the markup begins with, up to a length; the answer is what follows.</summary>
    private static ReadOnlySpan<char> AppendTag(StringBuilder words, ReadOnlySpan<char> markup, int charsMax)
    {
        if (markup.StartsWith("<!--"))
        {
            return After(markup, "-->", out _);
        }

        if (markup.StartsWith("<![CDATA["))
        {
            var after = After(markup, "]]>", out var text);
            AppendText(words, text[9..], charsMax);
            return after;
        }

        var name = markup[(markup.StartsWith("</") ? 2 : 1)..];
        if (name.IsEmpty || !(char.IsAsciiLetter(name[0]) || markup[1] is '!' or '?'))
        {
            AppendText(words, "<", charsMax);
            return markup[1..];
        }

        var length = name.IndexOfAnyExcept(nameLetters);
        Separate(words, (length < 0 ? name : name[..length]).ToString(), charsMax);
        return AfterTag(name);
    }

    /// <summary>Behind the end of a tag, which is no sign within quotes.</summary>
    private static ReadOnlySpan<char> AfterTag(ReadOnlySpan<char> tag)
    {
        while (tag.IndexOfAny('>', '"', '\'') is >= 0 and var at)
        {
            var mark = tag[at];
            tag = tag[(at + 1)..];
            if (mark == '>')
            {
                return tag;
            }

            // Without a second quote the first one is a sign as any other.
            tag = tag[(tag.IndexOf(mark) + 1)..];
        }

        return default;
    }

    private static ReadOnlySpan<char> After(ReadOnlySpan<char> markup, string end, out ReadOnlySpan<char> before)
    {
        var at = markup.IndexOf(end);
        before = at < 0 ? markup : markup[..at];
        return at < 0 ? default : markup[(at + end.Length)..];
    }

    private static ReadOnlySpan<char> Decoded(ReadOnlySpan<char> text) =>
        text.Contains('&') ? WebUtility.HtmlDecode(text.ToString()) : text;

    private static void AppendText(StringBuilder words, ReadOnlySpan<char> text, int charsMax)
    {
        foreach (var letter in text)
        {
            // A character of two halves is kept whole or not at all.
            if (words.Length >= charsMax - (char.IsHighSurrogate(letter) ? 1 : 0))
            {
                return;
            }

            if (!char.IsWhiteSpace(letter) && !char.IsControl(letter))
            {
                words.Append(letter);
            }
            else if (words.Length > 0 && words[^1] is not (' ' or '\n'))
            {
                words.Append(' ');
            }
        }
    }

    private static void Separate(StringBuilder words, string element, int charsMax)
    {
        var name = element.ToLowerInvariant();
        if (!lines.Contains(name))
        {
            AppendText(words, inline.Contains(name) ? "" : " ", charsMax);
            return;
        }

        if (words.Length > 0 && words[^1] == ' ')
        {
            words.Length--;
        }

        if (words.Length > 0 && words.Length < charsMax && words[^1] != '\n')
        {
            words.Append('\n');
        }
    }

    private static FrozenSet<string> Set(string names) => names.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
