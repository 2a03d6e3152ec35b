namespace Dmp.Search.Index;

/// <summary>A form of a document with its positions, in the order in which a block has it: by stem, and below it by form.</summary>
internal readonly struct FormPlaces(string stem, string form, List<int> positions) : IComparable<FormPlaces>
{
    private const int BeginningChars = 4;

    // Most stems differ in their first letters, which are compared as one number.
    private readonly ulong beginning = BeginningOf(stem);

    public string Stem { get; } = stem;

    public string Form { get; } = form;

    public List<int> Positions { get; } = positions;

    public int CompareTo(FormPlaces other)
    {
        if (beginning != other.beginning)
        {
            return beginning < other.beginning ? -1 : 1;
        }

        var order = string.CompareOrdinal(Stem, other.Stem);
        return order != 0 ? order : string.CompareOrdinal(Form, other.Form);
    }

    /// <summary>As numbers, beginnings are in the order of characters. A shorter one is filled with zeros, which no form has.</summary>
    private static ulong BeginningOf(string stem)
    {
        var beginning = 0UL;
        for (var i = 0; i < BeginningChars; i++)
        {
            beginning = (beginning << 16) | (i < stem.Length ? stem[i] : 0UL);
        }

        return beginning;
    }
}
