namespace Dmp.Search.Words;

/// <summary>One token of a text.</summary>
/// <param name="Form">Lower case, accents folded, ligatures opened, numbers normalised.</param>
/// <param name="Position">Its place among the words of the document. A whole has the place of its first part.</param>
/// <param name="Start">First character in the text, as an offset in UTF-16.</param>
/// <param name="Length">Characters of the text that it covers.</param>
/// <param name="Span">Places that it covers: 1 for a part, more for what is also kept whole, such as <c>12/8</c>.</param>
internal readonly record struct Word(string Form, int Position, int Start, int Length, int Span);
