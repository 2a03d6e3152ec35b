using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Dmp.Interactions;

namespace Dmp.Codes.Formats;

/// <summary>
/// A table of dBASE III, the form in which the health insurance offers its code systems: a header with the columns, then rows of fixed
/// width.
/// </summary>
internal sealed class DbfTable
{
    private const int HeaderBytes = 32;
    private const int ColumnBytes = 32;
    private const byte HeaderEnd = 0x0D;
    private const byte Deleted = (byte)'*';

    private readonly PublishedFile file;
    private readonly Dictionary<string, (int Begin, int Length)> columns = new(StringComparer.OrdinalIgnoreCase);
    private readonly Encoding encoding;
    private readonly int rowCount;
    private readonly int firstRow;
    private readonly int rowBytes;

    /// <exception cref="InvalidDataException">The file is no such table.</exception>
    public DbfTable(PublishedFile file)
    {
        this.file = file;
        using var stream = file.Open();
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || (header[0] & 0x07) != 3)
        {
            throw new InvalidDataException($"{file.Name} is no table of dBASE III.");
        }

        rowCount = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        firstRow = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        rowBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);

        // The driver's number says the code page; without one, that of DOS in western Europe, which the health insurance writes.
        encoding = CodePagesEncodingProvider.Instance.GetEncoding(header[29] is 0x03 or 0x57 or 0x58 or 0x59 ? 1252 : 850)!;
        ReadColumns(stream);
        if (rowCount < 0 || rowBytes < 1 || columns.Values.Any(column => column.Begin + column.Length > rowBytes))
        {
            throw new InvalidDataException($"The header of {file.Name} contradicts itself.");
        }
    }

    /// <summary>Whether it has the column.</summary>
    public bool Has(string column) => columns.ContainsKey(column);

    /// <exception cref="InvalidDataException">It lacks one of them.</exception>
    public void Require(params ReadOnlySpan<string> needed)
    {
        foreach (var column in needed)
        {
            if (!Has(column))
            {
                throw new InvalidDataException($"{file.Name} has no column {column}; it has {string.Join(", ", columns.Keys)}.");
            }
        }
    }

    /// <summary>The rows that are not marked as deleted, numbered from 1.</summary>
    /// <exception cref="InvalidDataException">It ends before its last row.</exception>
    public IEnumerable<DbfRow> Rows()
    {
        using var stream = file.Open();
        Skip(stream, firstRow);
        for (var number = 1; number <= rowCount; number++)
        {
            var bytes = new byte[rowBytes];
            if (stream.ReadAtLeast(bytes, rowBytes, throwOnEndOfStream: false) < rowBytes)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture, $"{file.Name} ends in row {number} of {rowCount}: it was not downloaded whole."));
            }

            if (bytes[0] != Deleted)
            {
                yield return new DbfRow(number, name => Text(bytes, name));
            }
        }
    }

    private string Text(byte[] row, string column) =>
        columns.TryGetValue(column, out var place) ? encoding.GetString(row, place.Begin, place.Length) : "";

    private void ReadColumns(Stream stream)
    {
        Span<byte> column = stackalloc byte[ColumnBytes];

        // The first byte of a row says whether it was deleted.
        var begin = 1;
        while (true)
        {
            if (stream.ReadAtLeast(column[..1], 1, throwOnEndOfStream: false) < 1)
            {
                throw new InvalidDataException($"{file.Name} ends in its header.");
            }

            if (column[0] == HeaderEnd)
            {
                return;
            }

            if (stream.ReadAtLeast(column[1..], ColumnBytes - 1, throwOnEndOfStream: false) < ColumnBytes - 1)
            {
                throw new InvalidDataException($"{file.Name} ends in its header.");
            }

            var name = Encoding.ASCII.GetString(column[..11]).Split('\0')[0].Trim();
            columns[name] = (begin, column[16]);
            begin += column[16];
        }
    }

    private static void Skip(Stream stream, int count)
    {
        Span<byte> bytes = stackalloc byte[1024];
        while (count > 0 && stream.Read(bytes[..Math.Min(count, bytes.Length)]) is var read and > 0)
        {
            count -= read;
        }
    }
}

/// <summary>A row: its number, and the text of a column, with the blanks that fill it up.</summary>
internal sealed record DbfRow(int Number, Func<string, string> Padded)
{
    public string this[string column] => Padded(column).Trim(' ', '\0');
}
