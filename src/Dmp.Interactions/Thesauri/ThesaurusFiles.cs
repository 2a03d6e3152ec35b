namespace Dmp.Interactions.Thesauri;

/// <summary>An edition of the thesaurus by its files, in whichever form it is at hand.</summary>
public static class ThesaurusFiles
{
    /// <summary>The published text with its layout.</summary>
    public const string Text = "text";

    /// <summary>A table made from the text, to compare it with. Optional.</summary>
    public const string Table = "table";

    /// <summary>The rules as JSON.</summary>
    public const string Rules = "rules";

    /// <summary>The substances with their classes as JSON.</summary>
    public const string Substances = "substances";

    /// <summary>Reads a text, with its table when there is one, or both files of JSON.</summary>
    /// <exception cref="InvalidDataException">There is neither, or a file is not of its form.</exception>
    public static ThesaurusReading Read(string edition, IReadOnlyDictionary<string, PublishedFile> files) =>
        files.TryGetValue(Text, out var text) ? TextThesaurus.Read(edition, text, files.GetValueOrDefault(Table))
            : files.TryGetValue(Rules, out var rules) && files.TryGetValue(Substances, out var substances)
                ? JsonThesaurus.Read(edition, substances, rules)
            : throw new InvalidDataException("An edition is a text, or rules and substances as JSON.");
}
