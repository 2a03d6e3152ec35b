using System.Globalization;

namespace Dmp.Cli.Matrix;

/// <summary>What an import changes.</summary>
internal sealed class MatrixDiff
{
    private readonly Dictionary<(string Profession, string Type), MatrixCell> before;
    private readonly Dictionary<(string Profession, string Type), MatrixCell> after;

    public MatrixDiff(IEnumerable<MatrixCell> before, IEnumerable<MatrixCell> after)
    {
        this.before = before.ToDictionary(cell => (cell.Profession, cell.Type));
        this.after = after.ToDictionary(cell => (cell.Profession, cell.Type));
        Added = [.. MatrixFile.Sort(this.after.Where(cell => !this.before.ContainsKey(cell.Key)).Select(cell => cell.Value))];
        Removed = [.. MatrixFile.Sort(this.before.Where(cell => !this.after.ContainsKey(cell.Key)).Select(cell => cell.Value))];
        Resourced = [.. MatrixFile.Sort(this.after.Values.Where(cell =>
            this.before.TryGetValue((cell.Profession, cell.Type), out var old) && old.Published != cell.Published))];
    }

    public IReadOnlyList<MatrixCell> Added { get; }

    public IReadOnlyList<MatrixCell> Removed { get; }

    /// <summary>Open before and after, with another source.</summary>
    public IReadOnlyList<MatrixCell> Resourced { get; }

    public async Task WriteAsync(TextWriter output)
    {
        var professions = before.Keys.Concat(after.Keys).Select(cell => cell.Profession).Distinct().Order(StringComparer.Ordinal).ToList();
        var width = professions.Select(profession => profession.Length).Append("profession".Length).Max();
        await output.WriteLineAsync($"{"profession".PadRight(width)}  before   after   added  removed");
        var (old, now, added, removed) = (Counts(before.Values), Counts(after.Values), Counts(Added), Counts(Removed));
        foreach (var profession in professions)
        {
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{profession.PadRight(width)}  {Of(old),6}  {Of(now),6}  {Of(added),6}  {Of(removed),7}"));

            int Of(Dictionary<string, int> counts) => counts.GetValueOrDefault(profession);
        }

        // Sorted together, so that one profession's changes stand together.
        foreach (var cell in MatrixFile.Sort([.. Added, .. Removed, .. Resourced]))
        {
            var key = (cell.Profession, cell.Type);
            var sign = !before.ContainsKey(key) ? '+' : after.ContainsKey(key) ? '~' : '-';
            await output.WriteLineAsync($"{sign} {cell.Profession} {cell.Type} {(cell.Published ? "published" : "ours")}");
        }
    }
    private static Dictionary<string, int> Counts(IEnumerable<MatrixCell> cells) => cells.CountBy(cell => cell.Profession).ToDictionary();
}
