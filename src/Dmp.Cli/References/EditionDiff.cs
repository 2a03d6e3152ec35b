using System.Globalization;

namespace Dmp.Cli.References;

/// <summary>What one edition has that another has not, line by line.</summary>
internal static class EditionDiff
{
    /// <summary>Writes how much, and the lines: all of them, or the first of each kind.</summary>
    public static async Task WriteAsync(TextWriter output, ReadEdition before, ReadEdition after, int linesMax)
    {
        var added = after.Lines.Keys.Except(before.Lines.Keys).Order(StringComparer.Ordinal)
            .Select(key => $"+ {key}: {after.Lines[key].Short}")
            .ToList();
        var removed = before.Lines.Keys.Except(after.Lines.Keys).Order(StringComparer.Ordinal)
            .Select(key => $"- {key}: {before.Lines[key].Short}")
            .ToList();
        var changed = after.Lines.Keys.Intersect(before.Lines.Keys)
            .Where(key => before.Lines[key].Whole != after.Lines[key].Whole)
            .Order(StringComparer.Ordinal)
            .Select(key => before.Lines[key].Short == after.Lines[key].Short
                ? $"~ {key}: in its words"
                : $"~ {key}: {before.Lines[key].Short} -> {after.Lines[key].Short}")
            .ToList();
        foreach (var lines in new[] { added, removed, changed })
        {
            foreach (var line in lines.Take(linesMax))
            {
                await output.WriteLineAsync(line);
            }

            if (lines.Count > linesMax)
            {
                await output.WriteLineAsync(
                    string.Create(CultureInfo.InvariantCulture, $"{lines[0][0]} and {lines.Count - linesMax} more; --all prints them"));
            }
        }

        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{added.Count} added, {removed.Count} removed, {changed.Count} changed."));
    }
}
