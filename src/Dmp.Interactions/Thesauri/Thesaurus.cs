namespace Dmp.Interactions.Thesauri;

/// <summary>One edition of the national thesaurus of drug interactions (ANSM), read and resolved. It never changes.</summary>
/// <param name="Edition">Its name, for instance <c>2023-09</c>.</param>
/// <param name="Rules">Mirrored rows are one rule.</param>
/// <param name="Substances">Every substance that is named, by <see cref="Names.Key"/>, with its name as published.</param>
/// <param name="Classes">The classes of each substance, by <see cref="Names.Key"/>; as published, sorted.</param>
public sealed record Thesaurus(
    string Edition,
    IReadOnlyList<Rule> Rules,
    IReadOnlyDictionary<string, string> Substances,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Classes);

/// <summary>An edition, and what was odd in its files.</summary>
public sealed record ThesaurusReading(Thesaurus Thesaurus, IReadOnlyList<ReadingNotice> Notices);
