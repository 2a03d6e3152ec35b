namespace Dmp.Fhir.Parts;

/// <summary>
/// Looks through one narrative for what acts. Markup is looked at by its signs and not by a parser: at each <c>&lt;</c>, wherever it
/// stands, so that nothing hides behind a broken tag, a comment or a quote. Rather too much is found than too little.
/// </summary>
internal sealed class NarrativeScan(string place, Action look)
{
    private bool isTold;

    public FhirPart? Element(string name) => Tell(ActiveMarkup.OfElement(Local(name)));

    /// <summary>What an attribute does, or the picture that it holds.</summary>
    public FhirPart? Attribute(string element, string name, string value)
    {
        if (name.StartsWith("xmlns", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var local = Local(name);
        var isPicture = ActiveMarkup.IsPicture(Local(element), local, value);
        return isPicture ? DataAddress.Read(value, place) : Tell(ActiveMarkup.OfAttribute(local, value));
    }

    /// <summary>The parts in markup that need not be well formed.</summary>
    public IEnumerable<FhirPart> Markup(string markup)
    {
        // HTML does not see this character in the middle of a name.
        var text = markup.Replace("\0", "", StringComparison.Ordinal);
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
                var inner = value.Contains('<', StringComparison.Ordinal) ? Markup(value) : [];
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
}
