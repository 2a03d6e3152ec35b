namespace Dmp.Server.Media;

/// <summary>
/// Finds what acts or carries files among the objects of a PDF. A name alone means nothing: fonts, structure and metadata may have any
/// name. It is the key it stands under that makes it an action.
/// </summary>
internal sealed class PdfActions(PdfDocument document)
{
    private const int ChainMax = 64;
    private const int StepsMax = 10_000;

    private static readonly string[] filePlaces = ["F", "UF", "DOS", "Mac", "Unix"];

    private readonly SortedSet<string> found = new(StringComparer.Ordinal);
    private int taken;

    /// <summary>The kinds of what was found, in order.</summary>
    public IReadOnlyList<string> Conclude()
    {
        foreach (var item in document.Objects)
        {
            Look(item.Value);
        }

        foreach (var trailer in document.IsDamaged ? document.Trailers : [.. document.Trailers.Take(1)])
        {
            Look(trailer);
        }

        return [.. found];
    }

    private void Look(PdfValue value)
    {
        foreach (var item in value.Kind == PdfKind.Array ? value.Items : value.Pairs)
        {
            if (item.Kind is PdfKind.Array or PdfKind.Dictionary)
            {
                Look(item);
            }
        }

        if (value.IsDictionary)
        {
            LookAtAction(value);
            LookAtAnnotation(value);
            LookAtCatalog(value);
            LookAtFile(value);
        }
    }

    private void LookAtAction(PdfValue dictionary)
    {
        foreach (var name in NamesOf(dictionary, "S"))
        {
            var kind = name switch
            {
                "JavaScript" or "Launch" or "SubmitForm" or "ImportData" => name,
                "GoToE" => "EmbeddedFile",
                "Movie" or "Sound" or "RichMediaExecute" => "RichMedia",
                "Rendition" => dictionary.Has("JS") ? "JavaScript" : "RichMedia",
                _ => null,
            };
            if (kind is not null && !IsStructure(dictionary))
            {
                found.Add(kind);
            }
        }
    }

    /// <summary>An element of the structure of a text may be called anything; it has none of what an action needs.</summary>
    private static bool IsStructure(PdfValue dictionary) =>
        (dictionary["Type"].Name == "StructElem" || dictionary.Has("P"))
        && !dictionary.Has("JS") && !dictionary.Has("F") && !dictionary.Has("Win") && !dictionary.Has("Mac") && !dictionary.Has("Unix")
        && !dictionary.Has("D") && !dictionary.Has("TA") && !dictionary.Has("Sound")
        && dictionary["T"].Kind is not (PdfKind.Dictionary or PdfKind.Reference);

    private void LookAtAnnotation(PdfValue dictionary)
    {
        foreach (var name in NamesOf(dictionary, "Subtype"))
        {
            if (name is "RichMedia" or "Screen" or "Movie" or "Sound" or "3D")
            {
                found.Add("RichMedia");
            }
            else if (name == "FileAttachment")
            {
                found.Add("EmbeddedFile");
            }
        }
    }

    private void LookAtCatalog(PdfValue dictionary)
    {
        foreach (var names in ValuesOf(dictionary, "Names"))
        {
            foreach (var scripts in ValuesOf(names, "JavaScript"))
            {
                if (ValuesOf(scripts, "Names").Concat(ValuesOf(scripts, "Kids")).Any(list => list.Items.Length > 0))
                {
                    found.Add("JavaScript");
                }
            }
        }

        if (dictionary.Has("Fields") && dictionary.Has("XFA") || ValuesOf(dictionary, "AcroForm").Any(form => form.Has("XFA")))
        {
            found.Add("XFA");
        }

        foreach (var action in ValuesOf(dictionary, "OpenAction"))
        {
            LookAtAutomatic(action, ChainMax);
        }

        foreach (var triggers in ValuesOf(dictionary, "AA").Where(triggers => triggers.IsDictionary))
        {
            foreach (var action in triggers.Pairs.ToArray().Where((_, i) => i % 2 == 1).SelectMany(document.Find))
            {
                LookAtAutomatic(action.Value, ChainMax);
            }
        }
    }

    /// <summary>A link leads to another file or page when somebody follows it; what does so by itself tells that it was opened.</summary>
    private void LookAtAutomatic(PdfValue action, int steps)
    {
        if (++taken > StepsMax)
        {
            throw new PdfUnreadableException($"Its actions have more than {StepsMax} steps.");
        }

        foreach (var name in NamesOf(action, "S").Where(name => name is "URI" or "GoToR"))
        {
            found.Add(name);
        }

        if (steps > 0)
        {
            foreach (var next in ValuesOf(action, "Next"))
            {
                foreach (var step in next.Kind == PdfKind.Array
                    ? [.. next.Items.ToArray().SelectMany(document.Find).Select(item => item.Value)]
                    : (PdfValue[])[next])
                {
                    LookAtAutomatic(step, next.Kind == PdfKind.Array && next.Items.Length > 1 ? steps / 2 : steps - 1);
                }
            }
        }
    }

    private void LookAtFile(PdfValue specification)
    {
        var files = ValuesOf(specification, "EF").Where(file => file.IsDictionary)
            .SelectMany(file => filePlaces.Select(place => file[place]))
            .Where(file => file.Kind is PdfKind.Reference or PdfKind.Dictionary).ToList();
        if (files.Count > 0 && (specification.Has("RF") || !files.TrueForAll(file => IsInvoice(specification, file))))
        {
            found.Add("EmbeddedFile");
        }
    }

    private bool IsInvoice(PdfValue specification, PdfValue file) =>
        PdfAttachment.IsNamedXml(specification["F"]) && PdfAttachment.IsNamedXml(specification["UF"])
        && document.Find(file) is [{ IsStream: true } stream] && PdfAttachment.IsData(document, stream);

    private IEnumerable<string> NamesOf(PdfValue dictionary, string key) =>
        ValuesOf(dictionary, key).Select(value => value.Name).OfType<string>();

    /// <summary>All values of the key: where it is there twice, viewers differ in which one they take.</summary>
    private List<PdfValue> ValuesOf(PdfValue dictionary, string key)
    {
        var values = new List<PdfValue>();
        var pairs = dictionary.Pairs;
        for (var i = 0; i + 1 < pairs.Length; i += 2)
        {
            if (pairs[i].Name != key)
            {
                continue;
            }

            if (pairs[i + 1].Kind == PdfKind.Reference)
            {
                values.AddRange(document.Find(pairs[i + 1]).Select(item => item.Value));
            }
            else
            {
                values.Add(pairs[i + 1]);
            }
        }

        return values;
    }
}
