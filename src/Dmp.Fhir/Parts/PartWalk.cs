using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Parts;

/// <summary>One pass over a document that stops at each part. It holds the elements that are open, and no more.</summary>
internal abstract class PartWalk(FhirReaderOptions options) : IDisposable
{
    private const int NodesBetweenLooks = 4095;
    private const int PlaceCharsMax = 150;
    private const int NameCharsMax = 40;
    private const int MediaTypeCharsMax = 256;

    private static readonly SearchValues<byte> sampled = SearchValues.Create("0123456789.+-eEUL \t\r\n"u8);

    private readonly List<OpenElement> open = [];
    private readonly Queue<FhirPart> found = new();
    private IEnumerator<FhirPart>? markup;
    private int depth;
    private long nodes;
    private long resumed;
    private TimeSpan spent;
    private bool isEnded;

    /// <summary>The innermost element; null outside of the root.</summary>
    protected OpenElement? Innermost => depth == 0 ? null : open[depth - 1];

    /// <summary>Something is to be answered before anything else is read.</summary>
    protected bool HasFound => found.Count > 0 || markup is not null;

    /// <summary>Reads on, at least until something is found; false at the end.</summary>
    protected abstract bool Advance();

    public FhirPart? Next()
    {
        resumed = options.Time.GetTimestamp();
        try
        {
            return Find();
        }
        catch (FhirRefusedException refused)
        {
            return End(refused.Kind);
        }
        catch (Exception broken) when (broken is JsonException or XmlException)
        {
            return End(FhirFaultKind.NotWellFormed);
        }
        catch (DecoderFallbackException)
        {
            return End(FhirFaultKind.Encoding);
        }
        finally
        {
            spent += options.Time.GetElapsedTime(resumed);
        }
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    private FhirPart? Find()
    {
        while (true)
        {
            if (markup is not null && markup.MoveNext())
            {
                return markup.Current;
            }

            markup = null;
            if (found.TryDequeue(out var part))
            {
                return part;
            }

            if (isEnded)
            {
                return null;
            }

            isEnded = !Advance();
        }
    }

    private FhirUnseenPart End(FhirFaultKind why)
    {
        (isEnded, markup) = (true, null);
        found.Clear();
        return new FhirUnseenPart(PlaceOf(null), why);
    }

    /// <summary>Counts a node, and looks at the clock now and then.</summary>
    protected void Look()
    {
        if ((++nodes & NodesBetweenLooks) == 0 && spent + options.Time.GetElapsedTime(resumed) > options.TimeMax)
        {
            throw Refused(FhirFaultKind.TooSlow);
        }
    }

    protected void CheckDepth(int nested)
    {
        if (nested > options.DepthMax)
        {
            throw Refused(FhirFaultKind.TooDeep);
        }
    }

    protected static FhirRefusedException Refused(FhirFaultKind why) => new(why, "Bundle", "The document is not looked through.");

    protected OpenElement Push()
    {
        if (open.Count == depth)
        {
            open.Add(new OpenElement());
        }

        var element = open[depth++];
        element.Clear();
        return element;
    }

    /// <summary>Closes the innermost element. Only now it is known which file it is: members may stand in any order.</summary>
    protected void Pop()
    {
        var element = open[depth - 1];
        if (element.Data is { } data)
        {
            var bytes = data.Bytes();
            if (!element.HasDimensions || element.MediaType is not null || bytes is null || !IsSampled(bytes.Value.Span))
            {
                Add("data", element.MediaType, bytes);
            }
        }

        depth--;
    }

    /// <summary>Numbers of <c>SampledData</c>, and not base 64. A file could call itself so by a member more.</summary>
    private static bool IsSampled(ReadOnlySpan<byte> data) => !data.ContainsAnyExcept(sampled);

    /// <summary>A value, by what the member means that it belongs to.</summary>
    protected void Take(OpenElement owner, Member member, RawValue value)
    {
        switch (member.Kind)
        {
            case MemberKind.Data when owner.Data is null:
                owner.Data = value;
                break;
            case MemberKind.ContentType when owner.MediaType is null:
                owner.MediaType = Dmp.Facts.Reading.Words.Cut(value.Text(), MediaTypeCharsMax);
                break;
            case MemberKind.Data or MemberKind.ContentType:
                // Each software would take another one of the two.
                throw Refused(FhirFaultKind.RepeatedName);
            case MemberKind.Base64:
                Add(member.Name, null, value.Bytes());
                break;
            case MemberKind.Url:
                TakeAddress(member.Name, value.Text());
                break;
            case MemberKind.Div when owner.IsText:
                TakeMarkup(new NarrativeScan(PlaceOf("div"), Look), value.Text());
                break;
        }
    }

    protected void TakeAddress(string name, string address)
    {
        if (DataAddress.Is(address))
        {
            found.Enqueue(DataAddress.Read(address, PlaceOf(name)));
        }
        else if (ActiveMarkup.IsScript(address))
        {
            // Whoever shows an attachment makes a link of its address.
            found.Enqueue(new FhirActivePart(PlaceOf(name), "script address"));
        }
    }

    protected void TakeMarkup(NarrativeScan scan, string text) => markup = scan.Markup(text).GetEnumerator();

    protected void Take(FhirPart? part)
    {
        if (part is not null)
        {
            found.Enqueue(part);
        }
    }

    private void Add(string name, string? mediaType, ReadOnlyMemory<byte>? base64)
    {
        ReadOnlyMemory<byte> bytes = default;
        var isWhole = base64 is { } text && Base64Text.TryDecode(text.Span, out bytes);
        found.Enqueue(new FhirFile(PlaceOf(name), mediaType, bytes) { IsMalformed = !isWhole });
    }

    /// <summary>Where a member of the innermost element is, or the element itself.</summary>
    protected string PlaceOf(string? name)
    {
        var place = new StringBuilder("Bundle");
        for (var i = 1; i < depth; i++)
        {
            if (open[i].IsShown && !Append(place, open[i]))
            {
                break;
            }
        }

        return name is null ? place.ToString() : place.Append('.').Append(name).ToString();
    }

    private static bool Append(StringBuilder place, OpenElement element)
    {
        var step = element.Number > 0 || element.Name == "entry"
            ? string.Create(CultureInfo.InvariantCulture, $".{element.Name}[{element.Number}]")
            : $".{element.Name}";
        var fits = place.Length + step.Length <= PlaceCharsMax;
        place.Append(fits ? step : ".?");
        return fits;
    }

    /// <summary>
    /// A name as it is shown: FHIR's have nothing but letters, one type aside. In JSON an underscore says that the value
    /// stands beside.
    /// </summary>
    protected static string Shown(ReadOnlySpan<byte> name)
    {
        name = name.StartsWith("_"u8) ? name[1..] : name;
        var letters = name.EndsWith("Base64Binary"u8) ? name[..^"64Binary".Length] : name;
        var isPlain = name.Length is > 0 and <= NameCharsMax;
        for (var i = 0; isPlain && i < letters.Length; i++)
        {
            isPlain = char.IsAsciiLetter((char)letters[i]);
        }

        return isPlain ? Encoding.ASCII.GetString(name) : "?";
    }
}
