namespace Dmp.Facts.Model;

/// <summary>Where in its document a fact stands.</summary>
/// <param name="Section">The LOINC code of the section; null when it has none.</param>
/// <param name="SectionTitle">Its title, as written: it sometimes says what the code does not ("Traitements arrêtés").</param>
/// <param name="Entry">The number of the entry in its section, from 1.</param>
/// <param name="Ids">The identifiers of the statement, <c>root</c> or <c>root^extension</c>. Copies of one statement share them.</param>
public sealed record FactSource(string? Section, string SectionTitle, int Entry, IReadOnlyList<string> Ids);

/// <summary>Entries that were not read.</summary>
/// <param name="Section">The LOINC code of the section.</param>
/// <param name="SectionTitle">Its title.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many.</param>
public sealed record Unread(string? Section, string SectionTitle, UnreadReason Reason, int Count);

/// <summary>Why an entry was not read.</summary>
public enum UnreadReason
{
    /// <summary>It states something of a kind that is not read yet.</summary>
    OtherKind = 1,

    /// <summary>It names no product, by code or by words; what else it says was read.</summary>
    NoProduct = 2,

    /// <summary>It is larger than an entry may be.</summary>
    TooLarge = 3,

    /// <summary>The document has more facts than are read.</summary>
    TooMany = 4,
}
