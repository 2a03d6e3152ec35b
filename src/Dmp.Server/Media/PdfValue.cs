namespace Dmp.Server.Media;

/// <summary>What a value of a PDF is.</summary>
internal enum PdfKind : byte
{
    /// <summary>Nothing, or the word <c>null</c>.</summary>
    Null,

    Integer,

    /// <summary>Another number, a word, or a string that is not of interest.</summary>
    Other,

    String,

    Name,

    Array,

    Dictionary,

    /// <summary>Leads to the object of this number.</summary>
    Reference,
}

/// <summary>One value of a PDF, without what no rule asks for.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Number">The integer, or the number of the object that a reference leads to.</param>
/// <param name="Content">
/// The name, the bytes of the string, the items of the array, or the keys and values of the dictionary in turn; names that no rule knows
/// are <see cref="PdfNames.Unknown"/>.
/// </param>
internal readonly record struct PdfValue(PdfKind Kind, long Number = 0, object? Content = null)
{
    public bool IsDictionary => Kind == PdfKind.Dictionary;

    public string? Name => Kind == PdfKind.Name ? (string)Content! : null;

    /// <summary>Of an array; empty for anything else.</summary>
    public ReadOnlySpan<PdfValue> Items => Kind == PdfKind.Array ? (PdfValue[])Content! : [];

    /// <summary>Of a dictionary: a key, its value, the next key and so on; empty for anything else.</summary>
    public ReadOnlySpan<PdfValue> Pairs => IsDictionary ? (PdfValue[])Content! : [];

    /// <summary>The last value of the key, as most readers take it; <see cref="PdfKind.Null"/> when there is none.</summary>
    public PdfValue this[string key]
    {
        get
        {
            var pairs = Pairs;
            for (var i = pairs.Length - 2; i >= 0; i -= 2)
            {
                if ((object?)pairs[i].Content == (object)key || pairs[i].Name == key)
                {
                    return pairs[i + 1];
                }
            }

            return default;
        }
    }

    /// <summary>The key is there, with a value.</summary>
    public bool Has(string key) => this[key].Kind != PdfKind.Null;
}

/// <summary>Says why a PDF cannot be looked into, in words that hold nothing of it.</summary>
internal sealed class PdfUnreadableException(string message) : Exception(message);

/// <summary>What looking into one PDF may cost. Throws when it is used up.</summary>
internal sealed class PdfBudget
{
    /// <summary>Most bytes of a document that are not content of pages, pictures or fonts.</summary>
    public const int KeptBytesMax = 64 * 1024 * 1024;

    /// <summary>Most bytes of all that is unpacked.</summary>
    public const long UnpackedBytesMax = 64 * 1024 * 1024;

    /// <summary>Most values: those of a thousand tagged pages are some hundred thousand.</summary>
    public const int ValuesMax = 4_000_000;

    /// <summary>Most objects.</summary>
    public const int ObjectsMax = 1_000_000;

    /// <summary>Values may be in one another this deep; real ones are below ten.</summary>
    public const int DepthMax = 100;

    /// <summary>Longest time; a document of ordinary size takes some milliseconds.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(20);

    private readonly long start = System.Diagnostics.Stopwatch.GetTimestamp();
    private long unpacked;
    private int values;
    private int objects;

    public int UnpackedLeft => (int)(UnpackedBytesMax - unpacked);

    public void TakeUnpacked(int bytes)
    {
        if ((unpacked += bytes) > UnpackedBytesMax)
        {
            throw new PdfUnreadableException($"It unpacks to more than {UnpackedBytesMax} bytes.");
        }

        CheckTime();
    }

    public void TakeValue()
    {
        if (++values > ValuesMax)
        {
            throw new PdfUnreadableException($"It has more than {ValuesMax} values.");
        }

        if ((values & 0xFFF) == 0)
        {
            CheckTime();
        }
    }

    public void TakeObject()
    {
        if (++objects > ObjectsMax)
        {
            throw new PdfUnreadableException($"It has more than {ObjectsMax} objects.");
        }

        if ((objects & 0xFF) == 0)
        {
            CheckTime();
        }
    }

    public void CheckTime()
    {
        if (System.Diagnostics.Stopwatch.GetElapsedTime(start) > TimeMax)
        {
            throw new PdfUnreadableException($"It takes more than {TimeMax.TotalSeconds} seconds to look into.");
        }
    }
}
