using Dmp.Search.Index;

namespace Dmp.Search.Queries;

/// <summary>What was found.</summary>
/// <param name="Hits">The first of them, in the order asked for; ties are in the order of keys.</param>
/// <param name="Count">All documents that were found, told or not.</param>
/// <param name="Unreadable">Keys of blocks that are damaged or of another version: they must be written anew.</param>
public sealed record SearchAnswer(IReadOnlyList<SearchHit> Hits, int Count, IReadOnlyList<string> Unreadable);

/// <summary>A document that was found.</summary>
/// <param name="Key">As handed in.</param>
/// <param name="Time">As handed in.</param>
/// <param name="Score">
/// From 0 to 1. It depends on the question and on this document alone, so that no other one, seen or hidden, can be felt in it.
/// </param>
/// <param name="Place">Which part of the document the snippet is from.</param>
/// <param name="SectionCode">LOINC code of the section; null when it has none.</param>
/// <param name="SectionTitle">Title of the section as written; empty when it has none.</param>
/// <param name="Page">Page of a PDF, from 1; null for anything else.</param>
/// <param name="Snippet">The words around the best place. An ellipsis stands for what was left out at an end.</param>
/// <param name="Marks">What was looked for in the snippet, from front to back, without overlap.</param>
public sealed record SearchHit(
    string Key,
    DateTimeOffset Time,
    double Score,
    HitPlace Place,
    string? SectionCode,
    string SectionTitle,
    int? Page,
    string Snippet,
    IReadOnlyList<TextMark> Marks);

/// <summary>A stretch of a snippet.</summary>
/// <param name="Start">First character, as an offset in UTF-16.</param>
/// <param name="Length">Characters in UTF-16.</param>
public readonly record struct TextMark(int Start, int Length);
