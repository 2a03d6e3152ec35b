using System.Buffers.Binary;
using System.Text;
using Dmp.Interactions;

namespace Dmp.Codes.Tests;

/// <summary>Files in the forms of their publishers, written by hand.</summary>
internal static class Files
{
    public static DateOnly Today { get; } = new(2026, 11, 30);

    /// <summary>The files of an edition: of LOINC the second one has the French names.</summary>
    public static CodeReading Read(CodeKind kind, params PublishedFile[] files) => CodeFiles.Read(
        kind,
        kind == CodeKinds.ValueSets
            ? files.ToDictionary(file => file.Name)
            : files.Zip([CodeFiles.Table, CodeFiles.French]).ToDictionary(pair => pair.Second, pair => pair.First),
        Today);

    public static PublishedFile Of(string name, string text, Encoding? encoding = null) =>
        Of(name, (encoding ?? Encoding.UTF8).GetBytes(text));

    public static PublishedFile Of(string name, byte[] bytes) => new(name, () => new MemoryStream(bytes, writable: false));

    /// <summary>A table of dBASE III in the code page of DOS, or in another one by the number of its driver.</summary>
    public static byte[] Dbf((string Name, char Type, int Length)[] columns, string[][] rows, byte driver = 0, int codePage = 850)
    {
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(codePage)!;
        using MemoryStream file = new();
        var header = new byte[32];
        header[0] = 3;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), rows.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(32 + (32 * columns.Length) + 1));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(10), (ushort)(1 + columns.Sum(column => column.Length)));
        header[29] = driver;
        file.Write(header);
        foreach (var (name, type, length) in columns)
        {
            var column = new byte[32];
            Encoding.ASCII.GetBytes(name).CopyTo(column, 0);
            column[11] = (byte)type;
            column[16] = (byte)length;
            file.Write(column);
        }

        file.WriteByte(0x0D);
        foreach (var row in rows)
        {
            // A row that begins with an asterisk was deleted.
            var isDeleted = row[0].StartsWith('*');
            file.WriteByte((byte)(isDeleted ? '*' : ' '));
            for (var i = 0; i < columns.Length; i++)
            {
                file.Write(encoding.GetBytes(row[i].TrimStart('*').PadRight(columns[i].Length)));
            }
        }

        file.WriteByte(0x1A);
        return file.ToArray();
    }
}
