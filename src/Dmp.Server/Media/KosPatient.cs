using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Dmp.Storage;

namespace Dmp.Server.Media;

/// <summary>
/// Reads from the beginning of a DICOM file whom it is about: name and day of birth of the patient (groups 0008 to 0010 of the data set).
/// What cannot be read names nobody: whether the file is good is found by <see cref="KosHeader"/>.
/// </summary>
internal static class KosPatient
{
    private const uint CharacterSet = 0x0008_0005;
    private const uint Name = 0x0010_0010;
    private const uint BirthDate = 0x0010_0030;
    private const uint Item = 0xFFFE_E000;
    private const uint SequenceEnd = 0xFFFE_E0DD;
    private const uint Undefined = uint.MaxValue;
    private const int DepthMax = 8;
    private const int ElementsMax = 4096;

    /// <summary>The patient; null when the file names none.</summary>
    public static async Task<NamedPatient?> ReadAsync(IContentReader reader, CancellationToken ct)
    {
        var head = new byte[Math.Min(KosHeader.BytesMax, reader.Length)];
        return Read(head.AsSpan(0, await reader.ReadAsync(0, head, ct)));
    }

    /// <summary>The same from the first bytes of a file.</summary>
    public static NamedPatient? Read(ReadOnlySpan<byte> head)
    {
        if (!KosHeader.IsDicom(head))
        {
            return null;
        }

        var walk = new DataSet(head, at: 132) { IsExplicit = true };
        var encoding = Encoding.Latin1;
        string? name = null;
        DateOnly? birth = null;
        while (walk.Next(out var tag, out var value) && tag <= BirthDate)
        {
            switch (tag)
            {
                case 0x0002_0010:
                    walk.IsExplicitAfterMeta = Ascii(value) != "1.2.840.10008.1.2";
                    break;
                case CharacterSet when Ascii(value).Contains("ISO_IR 192", StringComparison.Ordinal):
                    encoding = Encoding.UTF8;
                    break;
                case Name:
                    name = encoding.GetString(value);
                    break;
                case BirthDate:
                    birth = DateOnly.TryParseExact(
                        Ascii(value), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                        ? date
                        : null;
                    break;
            }
        }

        // FAMILY^GIVEN^MIDDLE^PREFIX^SUFFIX, once as it is spoken and perhaps again as it is written elsewhere.
        var parts = (name ?? "").Split('=')[0].Split('^', StringSplitOptions.TrimEntries);
        var (family, given) = (parts[0], parts.Length > 1 ? parts[1] : "");
        return family.Length + given.Length == 0 && birth is null ? null : new NamedPatient
        {
            Families = family.Length > 0 && given.Length > 0 ? [family] : [],
            Givens = given.Length > 0 ? [given] : [],
            Texts = family.Length > 0 && given.Length == 0 ? [family] : [],
            BirthDate = birth,
        };
    }

    private static string Ascii(ReadOnlySpan<byte> value) => Encoding.ASCII.GetString(value).Trim('\0', ' ');

    /// <summary>Data elements one after the other, little endian; sequences are stepped over.</summary>
    private ref struct DataSet(ReadOnlySpan<byte> bytes, int at)
    {
        private readonly ReadOnlySpan<byte> bytes = bytes;
        private int offset = at;
        private int count;
        private bool isInMeta = true;

        public bool IsExplicit { get; set; }

        public bool IsExplicitAfterMeta { get; set; } = true;

        public bool Next(out uint tag, out ReadOnlySpan<byte> value)
        {
            value = default;
            if (!Head(out tag, out var length))
            {
                return false;
            }

            if (length == Undefined)
            {
                return SkipItems(0);
            }

            if (length > bytes.Length - offset)
            {
                return false;
            }

            value = bytes.Slice(offset, (int)length);
            offset += (int)length;
            return true;
        }

        private bool Head(out uint tag, out uint length)
        {
            (tag, length) = (0, 0);
            if (bytes.Length - offset < 8 || ++count > ElementsMax)
            {
                return false;
            }

            var rest = bytes[offset..];
            tag = ((uint)BinaryPrimitives.ReadUInt16LittleEndian(rest) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            if (isInMeta && tag >> 16 != 2)
            {
                (isInMeta, IsExplicit) = (false, IsExplicitAfterMeta);
            }

            var isMark = tag >> 16 == 0xFFFE;
            var isLong = IsExplicit && !isMark && "OBODOFOLOVOWSQSVUCUNURUTUV"u8.IndexOf(rest[4..6]) is >= 0 and var found
                && found % 2 == 0;
            if (isLong && rest.Length < 12)
            {
                return false;
            }

            length = isLong ? BinaryPrimitives.ReadUInt32LittleEndian(rest[8..])
                : IsExplicit && !isMark ? BinaryPrimitives.ReadUInt16LittleEndian(rest[6..])
                : BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            offset += isLong ? 12 : 8;
            return true;
        }

        /// <summary>To behind the end of a sequence without a length.</summary>
        private bool SkipItems(int depth)
        {
            while (depth < DepthMax && Head(out var tag, out var length))
            {
                if (tag == SequenceEnd)
                {
                    return true;
                }

                if (length != Undefined)
                {
                    if (length > bytes.Length - offset)
                    {
                        return false;
                    }

                    offset += (int)length;
                }
                else if (!SkipItem(depth, tag))
                {
                    return false;
                }
            }

            return false;
        }

        /// <summary>An item ends with a mark of its own; what is in it may be sequences again.</summary>
        private bool SkipItem(int depth, uint opening)
        {
            if (opening != Item)
            {
                return SkipItems(depth + 1);
            }

            while (Head(out var tag, out var length))
            {
                if (tag == 0xFFFE_E00D)
                {
                    return true;
                }

                if (length == Undefined)
                {
                    if (!SkipItems(depth + 1))
                    {
                        return false;
                    }
                }
                else if (length > bytes.Length - offset)
                {
                    return false;
                }
                else
                {
                    offset += (int)length;
                }
            }

            return false;
        }
    }
}
