using Dmp.Codes.Formats;
using Dmp.Interactions;

namespace Dmp.Codes;

/// <summary>The concepts of one list as they are read, with what is odd in them.</summary>
internal sealed class CodeListBuilder(string oid, string file, List<ReadingNotice> notices)
{
    private readonly List<Concept> concepts = [];
    private readonly Dictionary<(string System, string Key, DateOnly? Start), int> places = [];

    public int Count => concepts.Count;

    /// <summary>The row is left out, and told with its line.</summary>
    public void Fault(int line, string text) => notices.Add(new ReadingNotice(file, line, text, IsFault: true));

    /// <summary>The row is kept, or says nothing, and is told with its line.</summary>
    public void Odd(int line, string text) => notices.Add(new ReadingNotice(file, line, text, IsFault: false));

    /// <summary>Adds a concept with its days as they are written; one whose days cannot be read is wrong.</summary>
    public void Add(Concept concept, string? start, string? end)
    {
        if (PublishedDate.TryRead(start, out var startDate) && PublishedDate.TryReadEnd(end, out var endDate))
        {
            Add(concept with { StartDate = startDate, EndDate = endDate });
        }
        else
        {
            Fault(concept.Line, $"{concept.Code} has a day that cannot be read ({start?.Trim()}, {end?.Trim()})");
        }
    }

    /// <summary>
    /// Adds a concept. One code may stand in a list several times, each from another day on; of two rows from the same day on one is kept.
    /// </summary>
    public void Add(Concept concept)
    {
        var place = (concept.SystemOid, concept.Key, concept.StartDate);
        if (Refusal(concept) is { } refusal)
        {
            Fault(concept.Line, refusal);
        }
        else if (places.TryAdd(place, concepts.Count))
        {
            concepts.Add(concept);
        }
        else
        {
            Choose(places[place], concept);
        }
    }

    /// <exception cref="InvalidDataException">The file holds no concept.</exception>
    public CodeList Build(IReadOnlyList<string> otherOids, string name, string version) => concepts.Count > 0
        ? new CodeList(oid, otherOids, name, version, concepts)
        : throw new InvalidDataException($"{file} holds no code.");

    private static string? Refusal(Concept concept) =>
        concept.Code.Length == 0 ? "no code"
        : concept.Code.Length > Concept.CodeLengthMax ? $"a code of more than {Concept.CodeLengthMax} characters"
        : concept.Code.Any(char.IsControl) ? "a code with control characters"
        : concept.Display.Length == 0 ? $"{concept.Code} has no name"
        : concept.Display.Length > Concept.DisplayLengthMax || concept.EnglishDisplay.Length > Concept.DisplayLengthMax
            ? $"{concept.Code} has a name of more than {Concept.DisplayLengthMax} characters"
        : (concept.Display + concept.EnglishDisplay).Any(char.IsControl) ? $"{concept.Code} has control characters in its name"
        : null;

    /// <summary>Of two rows of one code, the one that is in use longer, or that comes first, which is told.</summary>
    private void Choose(int place, Concept second)
    {
        var first = concepts[place];
        var later = (second.EndDate ?? DateOnly.MaxValue) > (first.EndDate ?? DateOnly.MaxValue);
        concepts[place] = later ? second : first;
        Odd(second.Line, $"{second.Code} stands in line {first.Line} too"
            + (second.Display == first.Display ? "" : $", as {first.Display}")
            + (later ? "; this one is kept, which is in use longer" : "; that one is kept"));
    }
}
