using System.Globalization;

namespace Dmp.Fhir.Reading;

/// <summary>How much may still be kept of a document, counted while its tree is made.</summary>
internal sealed class TreeBudget(FhirReaderOptions options, Faults faults)
{
    private const int NodesBetweenLooks = 4095;
    private const string Root = "Bundle";

    private readonly long begin = options.Time.GetTimestamp();
    private long nodes;
    private int elements;
    private long chars;
    private int entryElements;
    private long entryChars;
    private int entries;
    private int entryElementsMax;
    private bool isInEntry;
    private bool isTold;

    /// <summary>Entries that were passed over for their size, and for their number.</summary>
    public int TooLarge { get; private set; }

    public int TooMany { get; private set; }

    /// <summary>Values that were left out, by entry: the number of the entry, or -1 outside of them.</summary>
    public Dictionary<int, int> Cuts { get; } = [];

    /// <summary>False when the entry is not to be kept: go on reading, and keep nothing.</summary>
    public bool IsKept { get; private set; } = true;

    /// <summary>The path of the entry that is being read, or of the bundle.</summary>
    public string Path => isInEntry ? string.Create(CultureInfo.InvariantCulture, $"{Root}.entry[{entries - 1}]") : Root;

    public void Look()
    {
        if ((++nodes & NodesBetweenLooks) == 0)
        {
            CheckTime();
        }
    }

    public void CheckTime()
    {
        if (options.Time.GetElapsedTime(begin) > options.TimeMax)
        {
            throw new FhirRefusedException(
                FhirFaultKind.TooSlow, Path, $"Reading took more than {options.TimeMax.TotalSeconds:0} seconds.");
        }
    }

    public void CheckDepth(int depth)
    {
        if (depth > options.DepthMax)
        {
            throw new FhirRefusedException(FhirFaultKind.TooDeep, Path, $"Elements are nested more than {options.DepthMax} deep.");
        }
    }

    public void BeginEntry()
    {
        (isInEntry, entryElements, entryChars) = (true, 0, 0);
        entries++;
        entryElementsMax = entries == 1 ? options.ElementsMax : options.EntryElementsMax;
        IsKept = entries <= options.EntriesMax && elements < options.ElementsMax && chars < options.KeptCharsMax;
        if (!IsKept)
        {
            Skip(isTooLarge: false);
        }
    }

    public void EndEntry()
    {
        if (IsKept)
        {
            elements += entryElements;
            chars += entryChars;
        }

        (isInEntry, IsKept) = (false, true);
    }

    /// <summary>An element more; false when it is not to be kept, nor any other one of the entry.</summary>
    public bool Element()
    {
        if (!IsKept)
        {
            return false;
        }

        if (!isInEntry)
        {
            // Beside its entries a bundle has a handful of elements, and links.
            return ++elements <= options.ElementsMax;
        }

        if (++entryElements > entryElementsMax)
        {
            Skip(isTooLarge: true);
        }
        else if (elements + entryElements > options.ElementsMax)
        {
            Skip(isTooLarge: false);
        }

        return IsKept;
    }

    /// <summary>The characters of the value of an element; false when it is not to be kept.</summary>
    public bool Chars(int count, string name)
    {
        if (!IsKept)
        {
            return false;
        }

        var max = name == "div" ? options.NarrativeCharsMax ?? options.ValueCharsMax : options.ValueCharsMax;
        if (count > max)
        {
            if (name == "data")
            {
                // A file, of which the tree keeps nothing: FhirParts gives it.
                return false;
            }

            var entry = isInEntry ? entries - 1 : -1;
            Cuts[entry] = Cuts.GetValueOrDefault(entry) + 1;
            faults.Add(FhirFaultKind.ValueTooLong, Path, $"A value has more than {max} characters; it was left out.");
            return false;
        }

        entryChars += count;
        if (chars + entryChars > options.KeptCharsMax)
        {
            if (!isInEntry)
            {
                return false;
            }

            Skip(isTooLarge: false);
        }

        return IsKept;
    }

    private void Skip(bool isTooLarge)
    {
        IsKept = false;
        if (isTooLarge)
        {
            TooLarge++;
            faults.Add(FhirFaultKind.PassedOver, Path, $"The entry has more than {entryElementsMax} elements.");
        }
        else
        {
            TooMany++;
            if (!isTold)
            {
                isTold = true;
                faults.Add(FhirFaultKind.PassedOver, Path, "This entry and others behind it are more than are read of one document.");
            }
        }
    }
}
