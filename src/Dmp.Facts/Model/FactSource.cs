namespace Dmp.Facts.Model;

/// <summary>Where in its document a fact stands.</summary>
/// <param name="Section">The LOINC code of the section; null when it has none.</param>
/// <param name="SectionTitle">Its title, as written: it sometimes says what the code does not ("Traitements arrêtés").</param>
/// <param name="Entry">The number of the entry in the document, from 1: sections with one code and one title may be several.</param>
/// <param name="Place">The number of the statement in its entry, from 1, in the order of the document.</param>
/// <param name="Within">
/// The <c>Place</c> of the fact of the same entry that this is a part of, such as the act in which something was seen; null when it
/// stands by itself.
/// </param>
/// <param name="Relation">How it belongs to that one, as HL7 writes it (<c>RSON</c>, <c>CAUS</c>, <c>MFST</c>, …); null without.</param>
/// <param name="Ids">The identifiers of the statement, <c>root</c> or <c>root^extension</c>. Copies of one statement share them.</param>
public sealed record FactSource(
    string? Section, string SectionTitle, int Entry, int Place, int? Within, string? Relation, IReadOnlyList<string> Ids)
{
    /// <summary>In no document.</summary>
    public static readonly FactSource Nowhere = new(null, "", 0, 0, null, null, []);
}

/// <summary>What was not read.</summary>
/// <param name="Section">The LOINC code of the section.</param>
/// <param name="SectionTitle">Its title.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many.</param>
public sealed record Unread(string? Section, string SectionTitle, UnreadReason Reason, int Count);

/// <summary>Why something was not read.</summary>
public enum UnreadReason
{
    /// <summary>An entry that states something of a kind that is not read.</summary>
    OtherKind = 1,

    /// <summary>An entry that names no product, by code or by words; what else it says was read.</summary>
    NoProduct = 2,

    /// <summary>An entry, or a list of codes, that is larger than one may be: of a code the beginning was read.</summary>
    TooLarge = 3,

    /// <summary>A fact beyond those that are read of one document.</summary>
    TooMany = 4,

    /// <summary>A statement that says nothing: it has neither a code nor a value nor words.</summary>
    SaysNothing = 5,

    /// <summary>A picture, a region of one, or a pointer to another document.</summary>
    Linked = 6,

    /// <summary>A section that has words and states nothing in entries.</summary>
    TextOnly = 7,
}
