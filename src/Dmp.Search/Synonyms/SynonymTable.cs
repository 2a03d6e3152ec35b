using Dmp.Search.Words;

namespace Dmp.Search.Synonyms;

/// <summary>
/// Words that say the same. The embedded table holds French abbreviations; an operator may load another one in its place. Many are
/// ambiguous, so all readings apply, each at a lower score than what was typed.
/// </summary>
public sealed class SynonymTable
{
    private const int RowsMax = 10_000;
    private const int LineCharsMax = 1_000;
    private const int WordsMax = 8;
    private const int FaultsMax = 100;

    // Sides that are answered for one stretch of a question.
    private const int ReadingsMax = 16;

    private readonly Dictionary<string, List<(SynonymSide Side, SynonymSide Other)>> rows = new(StringComparer.Ordinal);

    private SynonymTable()
    {
    }

    /// <summary>The table that comes with the library.</summary>
    public static SynonymTable Embedded { get; } = ReadEmbedded();

    /// <summary>A table without rows.</summary>
    public static SynonymTable None { get; } = new();

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Reads a table: a line is a short form, a tab, a long form, and what else stands behind another tab. Blank lines and lines that begin
    /// with a number sign are passed over.
    /// </summary>
    /// <param name="reader">The lines. At most 10,000 rows of 1,000 characters and 8 words a side are read.</param>
    /// <exception cref="IOException">The reader failed.</exception>
    public static SynonymReading Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        SynonymTable table = new();
        List<SynonymFault> faults = [];
        HashSet<(string, string)> seen = [];
        var words = new WordReader();
        for (var number = 1; LineOf(reader) is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line) || line[0] == '#')
            {
                continue;
            }

            var fault = table.Count >= RowsMax ? $"The table has more than {RowsMax} rows." : table.Take(line, words, seen);
            if (fault is not null && faults.Count < FaultsMax)
            {
                faults.Add(new SynonymFault(number, fault));
            }

            if (table.Count >= RowsMax && fault is not null)
            {
                break;
            }
        }

        return new SynonymReading(table, faults);
    }

    /// <summary>What else may stand for the words of a question from one of them on, with how many of them it stands for.</summary>
    internal IEnumerable<(int Words, SynonymSide Other)> At(IReadOnlyList<string> forms, int at)
    {
        var found = rows.GetValueOrDefault(forms[at]) ?? [];
        var byStem = rows.GetValueOrDefault(FrenchStem.Of(forms[at])) ?? [];
        return found.Concat(ReferenceEquals(found, byStem) ? [] : byStem)
            .Where(row => row.Side.IsAt(forms, at))
            .Take(ReadingsMax)
            .Select(row => (row.Side.Forms.Count, row.Other));
    }

    private static SynonymTable ReadEmbedded()
    {
        using var reader = new StreamReader(typeof(SynonymTable).Assembly.GetManifestResourceStream("synonyms.tsv")!);
        var (table, faults) = Read(reader);
        return faults.Count == 0 ? table : throw new InvalidOperationException($"The embedded table is wrong: {faults[0]}");
    }

    /// <summary>A line; of one that is far too long the beginning, so that it is told as too long without being held.</summary>
    private static string? LineOf(TextReader reader)
    {
        if (reader.Peek() < 0)
        {
            return null;
        }

        var line = new System.Text.StringBuilder();
        for (var letter = reader.Read(); letter is not (-1 or '\n'); letter = reader.Read())
        {
            if (letter != '\r' && line.Length <= LineCharsMax)
            {
                line.Append((char)letter);
            }
        }

        return line.ToString();
    }

    private string? Take(string line, WordReader words, HashSet<(string, string)> seen)
    {
        var columns = line.Split('\t');
        if (line.Length > LineCharsMax)
        {
            return $"The line has more than {LineCharsMax} characters.";
        }

        if (columns.Length < 2)
        {
            return "The line has no tab between a short form and a long one.";
        }

        var (left, right) = (SideOf(columns[0], words), SideOf(columns[1], words));
        if (left.Forms.Count == 0 || right.Forms.Count == 0)
        {
            return "One of the two sides has no word.";
        }

        if (left.Forms.Count > WordsMax || right.Forms.Count > WordsMax)
        {
            return $"One of the two sides has more than {WordsMax} words.";
        }

        if (left.Key == right.Key)
        {
            return "Both sides are the same.";
        }

        if (!seen.Add((left.Key, right.Key)))
        {
            return "The row stands above already.";
        }

        Add(left, right);
        Add(right, left);
        Count++;
        return null;
    }

    private void Add(SynonymSide side, SynonymSide other)
    {
        if (!rows.TryGetValue(side.Stems[0], out var found))
        {
            rows[side.Stems[0]] = found = [];
        }

        found.Add((side, other));
    }

    private static SynonymSide SideOf(string text, WordReader words)
    {
        List<Word> read = [];
        words.Read(text, 0, read);
        var parts = read.Where(word => word.Span == 1).ToList();
        var forms = parts.ConvertAll(part => part.Form);
        var kept = parts.Where(part => !SmallWords.Contains(part.Form, text.AsSpan(part.Start, part.Length)))
            .Select(part => part.Form).ToList();
        var isExact = !text.Any(char.IsLower) || (forms.Count == 1 && text.Any(char.IsDigit));
        return new SynonymSide(kept.Count > 0 ? kept : forms, isExact);
    }
}
