using System.Text.RegularExpressions;
using System.Xml;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Parts;

/// <summary>
/// Looks through one narrative for what acts. Well-formed XHTML, as FHIR R4 wants it, is read by a parser, and what an HTML parser sees
/// in it is the same. Any other markup is looked at by its signs, wherever they stand: rather too much is found than too little.
/// </summary>
internal sealed partial class NarrativeScan(string place, Action look)
{
    private bool isTold;

    private FhirActivePart? Element(string name) => Tell(ActiveMarkup.OfElement(Local(name)));

    /// <summary>What an attribute does, or the picture that it holds.</summary>
    private FhirPart? Attribute(string element, string name, string value)
    {
        if (name.StartsWith("xmlns", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var local = Local(name);
        var isPicture = ActiveMarkup.IsPicture(Local(element), local, value);
        return isPicture ? DataAddress.Read(value, place) : Tell(ActiveMarkup.OfAttribute(local, value));
    }

    /// <summary>Comments and their like end elsewhere for an HTML parser, which then sees elements in them.</summary>
    private FhirActivePart? Hidden(string text) => Tell(text.AsSpan().IndexOfAny('<', '>') >= 0 ? "hidden markup" : null);

    /// <summary>The parts in markup that should be well formed, and need not be.</summary>
    public IEnumerable<FhirPart> Markup(string markup)
    {
        List<FhirPart> found = [];
        if (TryParse(markup, found))
        {
            return found;
        }

        isTold = false;

        // One HTML parser passes over this character in a name, and another one does not.
        return Tags(markup.Replace("\0", "", StringComparison.Ordinal)).Concat(Signs(markup));
    }

    private bool TryParse(string markup, List<FhirPart> found)
    {
        var settings = XmlTree.Settings(ignoresComments: false);
        settings.ConformanceLevel = ConformanceLevel.Fragment;
        using var text = new StringReader(markup);
        using var xml = XmlReader.Create(text, settings);
        try
        {
            while (xml.Read())
            {
                look();
                found.AddRange(Node(xml));
            }

            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }

    /// <summary>The parts of the node on which a parser stands.</summary>
    public IEnumerable<FhirPart> Node(XmlReader xml)
    {
        if (xml is { NodeType: XmlNodeType.ProcessingInstruction, Name: "xml-stylesheet" } && Tell("stylesheet") is { } style)
        {
            yield return style;
        }

        if (xml.NodeType is XmlNodeType.Comment or XmlNodeType.CDATA or XmlNodeType.ProcessingInstruction
            && Hidden(xml.Value) is { } hidden)
        {
            yield return hidden;
        }

        if (xml.NodeType != XmlNodeType.Element)
        {
            yield break;
        }

        var element = xml.LocalName;
        if (Element(element) is { } active)
        {
            yield return active;
        }

        for (var more = xml.MoveToFirstAttribute(); more; more = xml.MoveToNextAttribute())
        {
            if (Attribute(element, xml.Name, xml.Value) is { } part)
            {
                yield return part;
            }
        }

        xml.MoveToElement();
    }

    /// <summary>Signs that need no tag to be seen: what begins one is seen in another way by each parser of broken markup.</summary>
    private IEnumerable<FhirPart> Signs(string markup)
    {
        look();
        var seen = new string([.. HtmlEntities.Decode(markup).Where(letter => !DataAddress.IsUnseen(letter))]);
        var what = EventAttribute().IsMatch(markup) ? "event attribute"
            : ScriptAddress().IsMatch(seen) ? "script address"
            : DataPage().IsMatch(seen) ? "data address"
            : seen.Contains("style=", StringComparison.OrdinalIgnoreCase) && ActiveStyle().IsMatch(seen) ? "active style"
            : seen.Contains("srcdoc=", StringComparison.OrdinalIgnoreCase) ? "page in an attribute"
            : null;
        look();
        if (Tell(what) is { } told)
        {
            yield return told;
        }
    }

    /// <summary>What each sign that may begin a tag begins.</summary>
    private IEnumerable<FhirPart> Tags(string text)
    {
        for (var at = text.IndexOf('<', StringComparison.Ordinal); at >= 0; at = text.IndexOf('<', at))
        {
            look();
            if (Tell(ActiveMarkup.OfDeclaration(text.AsSpan(++at))) is { } declared)
            {
                yield return declared;
            }

            // A prefix of XML may begin with any letter; digits begin no tag, but a value below a bound.
            if (at == text.Length || !(char.IsLetter(text[at]) || char.IsSurrogate(text[at]) || text[at] is '_' or ':'))
            {
                continue;
            }

            var element = NameAt(text, ref at);
            if (Element(element) is { } active)
            {
                yield return active;
            }

            while (NextAttribute(text, ref at) is (var name, var value))
            {
                look();
                if (Attribute(element, name, HtmlEntities.Decode(value)) is { } part)
                {
                    yield return part;
                }

                // An element within quotes: by mistake, or because another reader sees the quotes elsewhere.
                var inner = value.Contains('<', StringComparison.Ordinal) ? Tags(value) : [];
                foreach (var within in inner)
                {
                    yield return within;
                }
            }
        }
    }

    private FhirActivePart? Tell(string? what)
    {
        if (what is null || isTold)
        {
            return null;
        }

        isTold = true;
        return new FhirActivePart(place, what);
    }

    private static string Local(string name) => name[(name.LastIndexOf(':') + 1)..].ToLowerInvariant();

    private static string NameAt(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && text[at] > ' ' && text[at] is not ('/' or '<' or '>' or '=' or '"' or '\''))
        {
            at++;
        }

        return text[start..at];
    }

    /// <summary>The next attribute of a tag; null at its end, which another tag is too.</summary>
    private static (string Name, string Value)? NextAttribute(string text, ref int at)
    {
        while (at < text.Length && (text[at] <= ' ' || text[at] is '/' or '=' or '"' or '\''))
        {
            at++;
        }

        if (at == text.Length || text[at] is '<' or '>')
        {
            return null;
        }

        var name = NameAt(text, ref at);
        PassBlanks(text, ref at);
        if (at == text.Length || text[at] != '=')
        {
            return (name, "");
        }

        at++;
        PassBlanks(text, ref at);
        return (name, ValueAt(text, ref at));
    }

    private static string ValueAt(string text, ref int at)
    {
        if (at < text.Length && text[at] is '"' or '\'')
        {
            // Where no quote ends it, there is none behind either, so that this is looked for once.
            var end = text.IndexOf(text[at], at + 1);
            if (end >= 0)
            {
                var quoted = text[(at + 1)..end];
                at = end + 1;
                return quoted;
            }

            at++;
        }

        var start = at;
        while (at < text.Length && text[at] > ' ' && text[at] is not ('<' or '>'))
        {
            at++;
        }

        return text[start..at];
    }

    private static void PassBlanks(string text, ref int at)
    {
        while (at < text.Length && text[at] <= ' ')
        {
            at++;
        }
    }

    [GeneratedRegex(@"(?<![a-z0-9])on[a-z]{3,}[\s\x00-\x20/]*=", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex EventAttribute();

    [GeneratedRegex("(?:java|vb)script:", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ScriptAddress();

    [GeneratedRegex("data:(?!image/)(?:[a-z]+/[a-z]|[;,])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex DataPage();

    [GeneratedRegex(@"expression\(|url\(|\\|/\*", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ActiveStyle();
}
