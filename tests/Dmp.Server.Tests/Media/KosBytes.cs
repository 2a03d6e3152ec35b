using System.Buffers.Binary;
using System.Text;

namespace Dmp.Server.Tests.Media;

/// <summary>A small DICOM file, with what its tests change. No field of a patient is in it.</summary>
internal sealed record KosBytes
{
    public const string ExplicitLittleEndian = "1.2.840.10008.1.2.1";

    public const string ImplicitLittleEndian = "1.2.840.10008.1.2";

    public string MediaClass { get; init; } = "1.2.840.10008.5.1.4.1.1.88.59";

    public string DataClass { get; init; } = "1.2.840.10008.5.1.4.1.1.88.59";

    public string Syntax { get; init; } = ExplicitLittleEndian;

    public byte[] Preamble { get; init; } = new byte[128];

    public byte[] Bytes
    {
        get
        {
            using var meta = new MemoryStream();
            Element(meta, 0x0002_0001, "OB", [0, 1], isExplicit: true);
            Element(meta, 0x0002_0002, "UI", Uid(MediaClass), isExplicit: true);
            Element(meta, 0x0002_0003, "UI", Uid("1.2.250.1.999.7"), isExplicit: true);
            Element(meta, 0x0002_0010, "UI", Uid(Syntax), isExplicit: true);
            using var file = new MemoryStream();
            file.Write(Preamble);
            file.Write("DICM"u8);
            var length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, (int)meta.Length);
            Element(file, 0x0002_0000, "UL", length, isExplicit: true);
            file.Write(meta.ToArray());
            var isExplicit = Syntax != ImplicitLittleEndian;
            Element(file, 0x0008_0005, "CS", "ISO_IR 100"u8, isExplicit);
            Element(file, 0x0008_0016, "UI", Uid(DataClass), isExplicit);
            Element(file, 0x0008_0018, "UI", Uid("1.2.250.1.999.7"), isExplicit);
            Element(file, 0x0008_0060, "CS", "KO"u8, isExplicit);
            return file.ToArray();
        }
    }

    public static void Element(Stream file, uint tag, string representation, ReadOnlySpan<byte> value, bool isExplicit)
    {
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)(tag >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(head[2..], (ushort)tag);
        if (!isExplicit)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], value.Length);
            file.Write(head[..8]);
        }
        else
        {
            Encoding.ASCII.GetBytes(representation, head[4..]);
            var isLong = representation is "OB" or "SQ";
            head[6..].Clear();
            if (isLong)
            {
                BinaryPrimitives.WriteInt32LittleEndian(head[8..], value.Length);
            }
            else
            {
                BinaryPrimitives.WriteUInt16LittleEndian(head[6..], (ushort)value.Length);
            }

            file.Write(head[..(isLong ? 12 : 8)]);
        }

        file.Write(value);
    }

    private static byte[] Uid(string uid) => Encoding.ASCII.GetBytes(uid.Length % 2 == 0 ? uid : uid + "\0");
}
