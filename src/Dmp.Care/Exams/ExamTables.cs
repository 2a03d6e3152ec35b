using System.Globalization;
using System.Text;
using Dmp.Care.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Exams;

/// <summary>What is wrong with a line of a table.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Text">What is wrong, in a sentence that does not quote the line.</param>
public sealed record TableFault(int Line, string Text);

/// <summary>
/// What others say of examinations: how long a result stands, where an earlier one must never stand in, which codes mean the same, and what
/// imaging acts are taken of. But for the last they come from the operator; there is no rule of ours.
/// </summary>
public sealed class ExamTables
{
    /// <summary>Most rows of a table.</summary>
    public const int RowsMax = 50_000;

    private const decimal HoursMax = 24 * 366 * 100;
    private const int LineCharsMax = 4_000;

    private readonly Dictionary<(string System, string Code), List<ExamWindow>> windows = [];
    private readonly Dictionary<(string System, string Code), List<NeverRule>> never = [];
    private readonly Dictionary<(string System, string Code), HashSet<(string System, string Code)>> equivalents = [];
    private readonly Dictionary<(string System, string Code), ImagingAct> acts = [];

    /// <summary>No table but the one of imaging acts that comes along.</summary>
    public static ExamTables Embedded { get; } = Default();

    /// <summary>Tables without rows.</summary>
    public static ExamTables Empty() => new();

    /// <summary>How long a result stands, by every row for a code.</summary>
    public IReadOnlyList<ExamWindow> WindowsOf(string system, string code) => windows.GetValueOrDefault(KeyOf(system, code)) ?? [];

    /// <summary>Why an earlier result must not stand in.</summary>
    public IReadOnlyList<NeverRule> NeverOf(string system, string code) => never.GetValueOrDefault(KeyOf(system, code)) ?? [];

    /// <summary>The codes that mean the same, without the code itself.</summary>
    public IReadOnlySet<(string System, string Code)> EquivalentsOf(string system, string code) =>
        equivalents.GetValueOrDefault(KeyOf(system, code)) ?? [];

    /// <summary>What an imaging act is taken of, or a site or a modality; null when the table does not have it.</summary>
    public ImagingAct? ImagingOf(string system, string code) => acts.GetValueOrDefault(KeyOf(system, code));

    /// <summary>One form of what documents know by two OIDs: CCAM and NABM.</summary>
    public static (string System, string Code) KeyOf(string system, string code) => (
        system switch
        {
            "1.2.250.1.215.300.1" => "1.2.250.1.213.2.5",
            "1.2.250.1.213.2.7" => "1.2.250.1.215.200.4.1",
            _ => system,
        },
        code);

    /// <summary>Adds retesting intervals: system, code, value, unit, population, source, date, licence.</summary>
    /// <param name="reader">The lines.</param>
    /// <returns>What is wrong with them; a line with a fault is left out.</returns>
    public IReadOnlyList<TableFault> AddIntervals(TextReader reader) => Read(reader, 8, row =>
    {
        if (!decimal.TryParse(row[2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value <= 0
            || HoursOf(row[3]) is not { } hours || value > HoursMax / hours || value * hours * 3600 < 1)
        {
            return "Columns 3 and 4 must be a number and h, d, wk, mo or a, together a second at least and 100 years at most.";
        }

        if (row[5].Length == 0 || row[7].Length == 0)
        {
            return "Columns 6 and 8 must name a source and a licence.";
        }

        Add(windows, KeyOf(row[0], row[1]), new ExamWindow
        {
            Duration = Duration.FromTimeSpan(TimeSpan.FromSeconds((long)(value * hours * 3600))),
            Value = row[2],
            Unit = row[3],
            Population = row[4],
            Source = row[5],
            SourceDate = row[6],
            Licence = row[7],
        });
        return null;
    });

    /// <summary>Adds codes where an earlier result must never stand in: system, code, reason, source.</summary>
    /// <param name="reader">The lines.</param>
    public IReadOnlyList<TableFault> AddNever(TextReader reader) => Read(reader, 4, row =>
    {
        Add(never, KeyOf(row[0], row[1]), new NeverRule { Reason = row[2], Source = row[3] });
        return null;
    });

    /// <summary>Adds codes that mean the same by another unit or method: system, code, system, code, source.</summary>
    /// <param name="reader">The lines.</param>
    public IReadOnlyList<TableFault> AddEquivalents(TextReader reader) => Read(reader, 5, row =>
    {
        var (one, other) = (KeyOf(row[0], row[1]), KeyOf(row[2], row[3]));
        if (one == other || other.Item1.Length == 0 || other.Item2.Length == 0)
        {
            return "The codes must be two.";
        }

        foreach (var (from, to) in new[] { (one, other), (other, one) })
        {
            if (!equivalents.TryGetValue(from, out var set))
            {
                equivalents[from] = set = [];
            }

            set.Add(to);
        }

        return null;
    });

    /// <summary>Adds imaging acts, sites and modalities: system, code, modality, regions, side, contrast, label.</summary>
    /// <param name="reader">The lines.</param>
    public IReadOnlyList<TableFault> AddImaging(TextReader reader) => Read(reader, 7, row =>
    {
        string[] regions = row[3] == "-" ? [] : row[3].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var modality = Modality.Unspecified;
        if (row[2] != "-" && !(System.Enum.TryParse(row[2], ignoreCase: true, out modality) && System.Enum.IsDefined(modality)))
        {
            return "Column 3 must be CT, MR, US, XR, MG, PT, NM or -.";
        }

        if (!regions.All(Regions.IsKnown))
        {
            return "Column 4 must be - or regions of the list.";
        }

        if (row[4] is not ("L" or "R" or "B" or "-") || row[5] is not ("Y" or "N" or "-"))
        {
            return "Column 5 must be L, R, B or -, and column 6 Y, N or -.";
        }

        ImagingAct act = new()
        {
            Modality = modality,
            Side = row[4] switch { "L" => BodySide.Left, "R" => BodySide.Right, "B" => BodySide.Both, _ => BodySide.Unspecified },
            Contrast = row[5] switch { "Y" => ContrastUse.With, "N" => ContrastUse.Without, _ => ContrastUse.Unspecified },
        };
        act.Regions.AddRange(regions.Distinct().Order(StringComparer.Ordinal));
        return acts.TryAdd(KeyOf(row[0], row[1]), act) ? null : "The code stands in the table already.";
    });

    /// <summary>The imaging acts that come along.</summary>
    public void AddEmbeddedImaging()
    {
        using var stream = typeof(ExamTables).Assembly.GetManifestResourceStream("imaging-acts.tsv")!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        if (AddImaging(reader) is [var fault, ..])
        {
            throw new InvalidOperationException($"imaging-acts.tsv, line {fault.Line}: {fault.Text}");
        }
    }

    private static ExamTables Default()
    {
        ExamTables tables = new();
        tables.AddEmbeddedImaging();
        return tables;
    }

    private static decimal? HoursOf(string unit) => unit switch
    {
        "h" => 1,
        "d" => 24,
        "wk" => 168,
        "mo" => 730.5m,
        "a" => 8766,
        _ => null,
    };

    private static void Add<T>(Dictionary<(string, string), List<T>> table, (string, string) key, T row)
    {
        if (!table.TryGetValue(key, out var rows))
        {
            table[key] = rows = [];
        }

        rows.Add(row);
    }

    private static List<TableFault> Read(TextReader reader, int columns, Func<string[], string?> take)
    {
        ArgumentNullException.ThrowIfNull(reader);
        List<TableFault> faults = [];
        var (number, rows) = (0, 0);
        while (reader.ReadLine() is { } line && faults.Count < 100)
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            string[] row = [.. line.Split('\t').Select(cell => cell.Trim())];
            var fault = ++rows > RowsMax ? $"A table has at most {RowsMax} rows."
                : line.Length > LineCharsMax ? $"A line has at most {LineCharsMax} characters."
                : row.Length != columns ? $"A line has {columns} columns with tabs between them."
                : row[0].Length == 0 || row[1].Length == 0 ? "Columns 1 and 2 must be a code system and a code."
                : take(row);
            if (fault is not null)
            {
                faults.Add(new TableFault(number, fault));
            }

            if (rows > RowsMax)
            {
                break;
            }
        }

        return faults;
    }
}
