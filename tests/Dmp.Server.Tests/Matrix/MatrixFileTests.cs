using System.Text;
using CsCheck;
using Dmp.Cli.Matrix;
using Xunit;

namespace Dmp.Server.Tests.Matrix;

/// <summary>Reading and writing matrix files.</summary>
public sealed class MatrixFileTests
{
    private const string Row = "1.2.3\t10\t4.5.6\tA\tallow\tours";

    private static readonly Gen<string> code = Gen.Char["ABab09.-_é€ "].Array[1, MatrixFile.CodeLengthMax]
        .Select(characters => new string(characters)).Where(text => text == text.Trim());

    private static readonly Gen<MatrixCell> cell =
        Gen.Select(code, code, code, code, Gen.Bool, (a, b, c, d, published) => new MatrixCell($"{a}|{b}", $"{c}|{d}", published));

    private static readonly Gen<MatrixCell[]> cells =
        cell.Array[1, 30].Select(all => all.DistinctBy(one => (one.Profession, one.Type)).ToArray());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task What_is_written_is_read_back_whatever_its_line_ends_and_its_beginning() =>
        Gen.Select(cells, Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[1, 5000]).SampleAsync(
            async (expected, windows, mark, unfinished, chunk) =>
            {
                var text = (mark ? "\uFEFF" : "") + MatrixFile.Write(expected).Replace(
                    "\n", windows ? "\r\n" : "\n", StringComparison.Ordinal);
                var reading = await ReadAsync(Encoding.UTF8.GetBytes(unfinished ? text.TrimEnd() : text), chunk);
                Assert.Empty(reading.Faults);
                Assert.Equal(MatrixFile.Sort(expected), reading.Cells);
                Assert.Equal(MatrixFile.Digest(expected), MatrixFile.Digest(reading.Cells.Reverse()));
            },
            iter: 300);

    [Fact]
    public Task A_fault_is_told_by_its_line_and_column_wherever_it_is() =>
        Gen.Select(cells, Gen.Int[0, 29], Gen.OneOf(damages), Gen.Int[1, 5000]).SampleAsync(
            async (good, position, damage, chunk) =>
            {
                var lines = MatrixFile.Write(good).TrimEnd('\n').Split('\n').ToList();
                var line = 1 + (position % good.Length);
                lines[line] = damage.Change(lines[line]);
                var reading = await ReadAsync(Encoding.Latin1.GetBytes(string.Concat(lines.Select(text => Latin1(text) + '\n'))), chunk);
                var fault = Assert.Single(reading.Faults);
                Assert.Equal((line + 1, damage.Column), (fault.Line, fault.Column));
                Assert.Contains(damage.Message, fault.Message, StringComparison.Ordinal);
            },
            iter: 500);

    [Fact]
    public Task Any_bytes_are_answered() =>
        Gen.Select(
            Gen.OneOf("", MatrixFile.Header, MatrixFile.Header + "\n", MatrixFile.Header + "\n" + Row), Gen.Byte.Array[0, 9000],
            Gen.Int[1, 5000])
            .SampleAsync(
                async (start, tail, chunk) =>
                {
                    var bytes = (byte[])[.. Encoding.UTF8.GetBytes(start), .. tail];
                    var reading = await ReadAsync(bytes, chunk);
                    Assert.InRange(reading.Faults.Count, 0, MatrixFile.FaultsMax);
                    Assert.Equal((await ReadAsync(bytes, bytes.Length + 1)).Faults, reading.Faults);
                },
                iter: 300);

    [Theory]
    [InlineData("", "line 1: the file is empty")]
    [InlineData("\n", "line 1: 1 columns instead of 6")]
    [InlineData("a\tb\tc\td\te\tf\n", "line 1, column profession_system: the header has another name in column 1")]
    [InlineData("profession_system\tprofession_code\ttype_system\ttype_code\tdecision\tsource\n", "line 1: no lines follow the header")]
    public async Task A_file_without_a_matrix_is_refused(string text, string expected) =>
        Assert.StartsWith(expected, (await ReadAsync(text)).Faults[0].ToString(), StringComparison.Ordinal);

    [Fact]
    public async Task A_cell_given_twice_is_refused_and_names_the_first()
    {
        var reading = await ReadAsync(string.Join(
            '\n', MatrixFile.Header, Row, "1.2.3\t10\t4.5.6\tB\tdeny\tours", Row, Row.Replace("allow", "deny", StringComparison.Ordinal)));
        Assert.Equal(
            [
                "line 4, column type_code: the same profession and type as line 2; remove one",
                "line 5, column decision: contradicts line 2 for the same profession and type; remove one",
            ],
            reading.Faults.Select(fault => fault.ToString()));
    }

    [Fact]
    public async Task All_faults_of_a_line_are_told() => Assert.Equal(
        [
            "line 2, column profession_system: is empty",
            "line 2, column type_code: has a '|', which separates system and code; they have a column each",
            "line 2, column decision: is neither allow nor deny",
            "line 2, column source: is neither published nor ours",
        ],
        (await ReadAsync($"{MatrixFile.Header}\n\t10\t4.5.6\tA|B\tAllow\t\n")).Faults.Select(fault => fault.ToString()));

    [Theory]
    [InlineData(100, false)]
    [InlineData(101, true)]
    public async Task A_hundred_faults_are_told(int faults, bool more)
    {
        var reading = await ReadAsync(MatrixFile.Header + "\n" + string.Concat(Enumerable.Repeat("x\n", faults)));
        Assert.Equal(100, reading.Faults.Count);
        Assert.Equal(more, reading.MoreFaults);
    }

    [Fact]
    public async Task Denied_lines_make_no_cell()
    {
        var reading = await ReadAsync($"{MatrixFile.Header}\n{Row}\n1.2.3\t10\t4.5.6\tB\tdeny\tpublished\n");
        Assert.Equal([new MatrixCell("1.2.3|10", "4.5.6|A", false)], reading.Cells);
        Assert.Equal(1, reading.Denied);
    }

    [Fact]
    public async Task A_file_without_line_ends_is_not_collected()
    {
        await using Endless endless = new(MatrixFile.Header + "\n");
        var reading = await MatrixFile.ReadAsync(endless, Token);
        Assert.Equal("line 2: longer than 4096 bytes", Assert.Single(reading.Faults).ToString());
        Assert.InRange(endless.Given, 1, 1 << 20);
    }

    private static readonly (string? Column, string Message, Func<string, string> Change)[] damages =
    [
        (null, "5 columns instead of 6", line => line[..line.LastIndexOf('\t')]),
        (null, "7 columns instead of 6", line => line + "\t"),
        (null, "empty; remove it", _ => ""),
        (null, "longer than 4096 bytes", line => line + new string('x', 5000)),
        ("profession_system", "is empty", line => With(line, 0, "")),
        ("profession_code", "is longer than 64 characters", line => With(line, 1, new string('é', 65))),
        ("type_system", "has a '|'", line => With(line, 2, "a|b")),
        ("type_code", "is not UTF-8", line => With(line, 3, Broken)),
        ("type_code", "begins or ends with a space", line => With(line, 3, "A\u00A0")),
        ("type_code", "has a control character", line => With(line, 3, "A\0B")),
        ("decision", "is neither allow nor deny", line => With(line, 4, "ALLOW")),
        ("decision", "is not UTF-8", line => With(line, 4, Broken)),
        ("source", "is neither published nor ours", line => With(line, 5, "ours ")),
    ];

    // A character no code of these tests has; written as a byte that UTF-8 does not know.
    private const string Broken = "\uFFFF";

    private static string With(string line, int column, string value)
    {
        var fields = line.Split('\t');
        fields[column] = value;
        return string.Join('\t', fields);
    }

    /// <summary>The UTF-8 bytes of a text as characters, and 0xFF for <see cref="Broken"/>.</summary>
    private static string Latin1(string text) =>
        string.Join('\u00FF', text.Split(Broken).Select(part => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(part))));

    private static Task<MatrixReading> ReadAsync(string text) => ReadAsync(Encoding.UTF8.GetBytes(text), 4096);

    private static async Task<MatrixReading> ReadAsync(byte[] content, int chunk)
    {
        await using Pieces file = new(content, chunk);
        return await MatrixFile.ReadAsync(file, Token);
    }

    /// <summary>Gives at most so many bytes at a time, as disks and pipes may.</summary>
    private sealed class Pieces(byte[] content, int chunk) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }

    /// <summary>A beginning, and then one line that never ends.</summary>
    private sealed class Endless(string beginning) : MemoryStream(Encoding.UTF8.GetBytes(beginning))
    {
        public long Given { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                buffer.Span.Fill((byte)'x');
                read = buffer.Length;
            }

            Given += read;
            return read;
        }
    }
}
