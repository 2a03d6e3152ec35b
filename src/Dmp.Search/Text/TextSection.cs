namespace Dmp.Search.Text;

/// <summary>A part of a document with its words: a section of a CDA or FHIR document, a page of a PDF, or a whole text.</summary>
/// <param name="Title">Its title as written; empty when it has none.</param>
/// <param name="Code">LOINC code of a section; null for others.</param>
/// <param name="Text">Its words. Line ends separate what stands on lines or in rows of its own.</param>
public sealed record TextSection(string Title, string? Code, string Text)
{
    /// <summary>Number of the page in its PDF, from 1; null for anything else.</summary>
    public int? Page { get; init; }
}
