using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Dmp.Cli.Matrix;

/// <summary>"This profession may read this type." Both are written <c>system|code</c>.</summary>
internal readonly record struct MatrixCell(string Profession, string Type, bool Published);

/// <summary>What is wrong where. The content of the file is not repeated: it may be the wrong file.</summary>
internal sealed record MatrixFault(int Line, string? Column, string Message)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"line {Line}{(Column is null ? "" : ", column " + Column)}: {Message}");
}

/// <summary>A matrix file, read. Without faults the cells are what the file allows; with faults they mean nothing.</summary>
internal sealed record MatrixReading(IReadOnlyList<MatrixCell> Cells, int Denied, IReadOnlyList<MatrixFault> Faults, bool MoreFaults);

/// <summary>
/// A matrix as tab-separated text. No field of it may hold a tab or a line end and nothing is quoted, so lines are split by
/// hand: a CSV library would only bring its own idea of quotes.
/// </summary>
internal static class MatrixFile
{
    public const int FaultsMax = 100;

    // As the server limits the codes of documents.
    public const int CodeLengthMax = 64;
    public const int LineBytesMax = 4096;

    private static readonly string[] columns =
        ["profession_system", "profession_code", "type_system", "type_code", "decision", "source"];

    public static string Header { get; } = string.Join('\t', columns);

    public static async Task<MatrixReading> ReadAsync(Stream file, CancellationToken cancellationToken)
    {
        List<MatrixCell> cells = [];
        List<MatrixFault> faults = [];
        Dictionary<(string Profession, string Type), (int Line, bool Allowed)> seen = [];
        var number = 0;
        await foreach (var line in LinesAsync(file, cancellationToken))
        {
            number++;
            if (number == 1)
            {
                CheckHeader(line.Span, faults);
                if (faults.Count > 0)
                {
                    // Whatever follows would be read by columns that are not there.
                    return new([], 0, faults, MoreFaults: false);
                }
            }
            else if (ReadRow(number, line.Span, faults) is var (cell, allowed))
            {
                if (!seen.TryAdd((cell.Profession, cell.Type), (number, allowed)))
                {
                    var (first, before) = seen[(cell.Profession, cell.Type)];
                    faults.Add(before == allowed
                        ? new(number, "type_code", string.Create(
                            CultureInfo.InvariantCulture, $"the same profession and type as line {first}; remove one"))
                        : new(number, "decision", string.Create(
                            CultureInfo.InvariantCulture, $"contradicts line {first} for the same profession and type; remove one")));
                }
                else if (allowed)
                {
                    cells.Add(cell);
                }
            }

            if (faults.Count > FaultsMax)
            {
                return new([], 0, faults[..FaultsMax], MoreFaults: true);
            }
        }

        if (number == 0)
        {
            faults.Add(new(1, null, "the file is empty; the first line names the columns"));
        }
        else if (number == 1)
        {
            faults.Add(new(1, null, "no lines follow the header; a matrix that closes everything says so with deny lines"));
        }

        return new(cells, seen.Count - cells.Count, faults, MoreFaults: false);
    }

    /// <summary>The one way to write these cells, so that equal matrices are equal texts.</summary>
    public static string Write(IEnumerable<MatrixCell> cells)
    {
        StringBuilder text = new();
        text.Append(Header).Append('\n');
        foreach (var cell in Sort(cells))
        {
            // Codes hold no bar; the first one is ours.
            text.Append(cell.Profession.Replace('|', '\t')).Append('\t')
                .Append(cell.Type.Replace('|', '\t')).Append("\tallow\t")
                .Append(cell.Published ? "published" : "ours").Append('\n');
        }

        return text.ToString();
    }

    /// <summary>SHA-256 of <see cref="Write"/>: the digest of a version in the database.</summary>
    public static byte[] Digest(IEnumerable<MatrixCell> cells) => SHA256.HashData(Encoding.UTF8.GetBytes(Write(cells)));

    public static IEnumerable<MatrixCell> Sort(IEnumerable<MatrixCell> cells) =>
        cells.OrderBy(cell => cell.Profession, StringComparer.Ordinal).ThenBy(cell => cell.Type, StringComparer.Ordinal);

    private static void CheckHeader(ReadOnlySpan<byte> line, List<MatrixFault> faults)
    {
        // Spreadsheets begin UTF-8 with a byte order mark.
        var names = Split(line.StartsWith(Encoding.UTF8.Preamble) ? line[Encoding.UTF8.Preamble.Length..] : line);
        if (names.Count != columns.Length)
        {
            faults.Add(new(1, null, string.Create(
                CultureInfo.InvariantCulture,
                $"{names.Count} columns instead of {columns.Length}; the header is, between tabs: {string.Join(' ', columns)}")));
            return;
        }

        for (var index = 0; index < columns.Length; index++)
        {
            if (names[index] != columns[index])
            {
                faults.Add(new(1, columns[index], string.Create(
                    CultureInfo.InvariantCulture, $"the header has another name in column {index + 1}")));
            }
        }
    }

    private static (MatrixCell Cell, bool Allowed)? ReadRow(int number, ReadOnlySpan<byte> line, List<MatrixFault> faults)
    {
        if (line.Length > LineBytesMax)
        {
            faults.Add(new(number, null, string.Create(CultureInfo.InvariantCulture, $"longer than {LineBytesMax} bytes")));
            return null;
        }

        var fields = Split(line);
        if (fields.Count != columns.Length)
        {
            faults.Add(new(number, null, line.IsEmpty
                ? "empty; remove it"
                : string.Create(CultureInfo.InvariantCulture, $"{fields.Count} columns instead of {columns.Length}")));
            return null;
        }

        var before = faults.Count;
        for (var index = 0; index < columns.Length; index++)
        {
            if (Fault(index, fields[index]) is { } message)
            {
                faults.Add(new(number, columns[index], message));
            }
        }

        return faults.Count > before
            ? null
            : (new($"{fields[0]}|{fields[1]}", $"{fields[2]}|{fields[3]}", fields[5] == "published"), fields[4] == "allow");
    }

    private static string? Fault(int index, string? value) => (index, value) switch
    {
        (_, null) => "is not UTF-8; save the file as UTF-8",
        (4, not ("allow" or "deny")) => "is neither allow nor deny",
        (5, not ("published" or "ours")) => "is neither published nor ours",
        (4 or 5, _) => null,
        (_, "") => "is empty",
        (_, { Length: > CodeLengthMax }) => string.Create(CultureInfo.InvariantCulture, $"is longer than {CodeLengthMax} characters"),
        _ when value.Contains('|', StringComparison.Ordinal) => "has a '|', which separates system and code; they have a column each",
        _ when value.Any(char.IsControl) => "has a control character",
        // A code that only looks right would close a type without a word.
        _ when value != value.Trim() => "begins or ends with a space",
        _ => null,
    };

    /// <summary>The fields between tabs; null for one that is not UTF-8.</summary>
    private static List<string?> Split(ReadOnlySpan<byte> line)
    {
        List<string?> fields = [];
        foreach (var range in line.Split((byte)'\t'))
        {
            fields.Add(Utf8.IsValid(line[range]) ? Encoding.UTF8.GetString(line[range]) : null);
        }

        return fields;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        Stream file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(file, new(leaveOpen: true));
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                yield return Line(rest.Slice(0, end));
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            // A line without an end is not collected: its beginning is enough to refuse it, and the rest is not read.
            if (read.IsCompleted || rest.Length > LineBytesMax)
            {
                if (!rest.IsEmpty)
                {
                    yield return Line(rest);
                }

                break;
            }

            reader.AdvanceTo(rest.Start, rest.End);
        }

        await reader.CompleteAsync();
    }

    private static ReadOnlyMemory<byte> Line(ReadOnlySequence<byte> bytes)
    {
        var line = bytes.ToArray();
        return line is [.., (byte)'\r'] ? line.AsMemory(..^1) : line;
    }
}
