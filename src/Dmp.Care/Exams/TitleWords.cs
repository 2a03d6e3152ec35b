using Dmp.Interactions;

namespace Dmp.Care.Exams;

/// <summary>A title as it is compared: without capitals, accents and signs.</summary>
/// <param name="title">The title.</param>
internal sealed class TitleWords(string title)
{
    private readonly string folded = Fold(title);

    /// <summary>Whether the words stand in it, one behind the other.</summary>
    public bool Has(string words) => Fold(words) is { Length: > 3 } wanted && folded.Contains(wanted, StringComparison.Ordinal);

    private static string Fold(string text)
    {
        var letters = Names.Key(text).Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : ' ').ToArray();
        return $" {string.Join(' ', new string(letters).Split(' ', StringSplitOptions.RemoveEmptyEntries))} ";
    }
}
