using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Dmp.Server.Media;

/// <summary>
/// Tells from the beginning of a DICOM file (part 10) that it is a Key Object Selection (KOS): the list of the objects of an imaging
/// study, and no image. Reads the file meta information and the data set up to the class of the object, nothing further.
/// </summary>
internal static class KosHeader
{
    /// <summary>Key Object Selection Document Storage; also the format code of value set J60.</summary>
    public const string SopClass = "1.2.840.10008.5.1.4.1.1.88.59";

    /// <summary>This much of the file is needed at most; real headers have some 500 bytes.</summary>
    public const int BytesMax = 64 * 1024;

    private const int PreambleBytes = 128;
    private const int ElementsMax = 256;
    private const string ImplicitLittleEndian = "1.2.840.10008.1.2";
    private const string ExplicitLittleEndian = "1.2.840.10008.1.2.1";
    private const uint SopClassElement = 0x0008_0016;

    private static readonly SearchValues<byte> uidCharacters = SearchValues.Create("0123456789."u8);

    /// <summary>
    /// The bytes begin as a DICOM file does: after the preamble come its mark and the group of the file meta information.
    /// </summary>
    public static bool IsDicom(ReadOnlySpan<byte> head) =>
        head.Length >= PreambleBytes + 6 && head[PreambleBytes..].StartsWith("DICM\x02\0"u8);

    /// <summary>Null when the file is a KOS.</summary>
    /// <param name="head">The first <see cref="BytesMax"/> bytes of the file, or all of a shorter one.</param>
    public static MediaFault? Check(ReadOnlySpan<byte> head)
    {
        if (!IsDicom(head))
        {
            return Malformed("It does not begin as a DICOM file.");
        }

        if (head[..PreambleBytes].ContainsAnyExcept((byte)0))
        {
            // The preamble may hold the head of another format, even of a program.
            return new MediaFault(MediaFaultKind.Ambiguous, "The preamble of the DICOM file is not empty.");
        }

        var walk = new Elements(head, PreambleBytes + 4) { IsExplicit = true };
        string? mediaClass = null, syntax = null;
        while (walk.PeekGroup() == 2)
        {
            if (!walk.Next())
            {
                return Malformed(walk.Fault);
            }

            mediaClass = walk.Tag == 0x0002_0002 ? walk.Uid() : mediaClass;
            syntax = walk.Tag == 0x0002_0010 ? walk.Uid() : syntax;
        }

        if (mediaClass is null || syntax is null)
        {
            return Malformed("Its file meta information lacks the SOP class or the transfer syntax, or it is no identifier.");
        }

        if (mediaClass != SopClass)
        {
            return OtherClass(mediaClass);
        }

        if (syntax is not (ImplicitLittleEndian or ExplicitLittleEndian))
        {
            return new MediaFault(
                MediaFaultKind.DicomNotAccepted,
                $"Its transfer syntax is {syntax}; accepted are {ExplicitLittleEndian} and {ImplicitLittleEndian} (little endian, "
                + "not compressed).");
        }

        walk.IsExplicit = syntax == ExplicitLittleEndian;
        while (walk.Next())
        {
            if (walk.Tag == SopClassElement)
            {
                return walk.Uid() switch
                {
                    SopClass => null,
                    { } other => OtherClass(other),
                    null => Malformed("The SOP class of its data set is no identifier."),
                };
            }

            if (walk.Tag > SopClassElement)
            {
                return Malformed("Its data set lacks the SOP class.");
            }
        }

        return Malformed(walk.Fault);
    }

    private static MediaFault OtherClass(string sopClass) => new(
        MediaFaultKind.DicomNotAccepted,
        $"Its SOP class is {sopClass}; of DICOM only Key Object Selection ({SopClass}) is accepted. Images stay in the imaging archive.");

    private static MediaFault Malformed(string text) => new(MediaFaultKind.DicomMalformed, text);

    /// <summary>Data elements in order, little endian.</summary>
    private ref struct Elements(ReadOnlySpan<byte> bytes, int start)
    {
        private readonly ReadOnlySpan<byte> bytes = bytes;
        private int offset = start;
        private int count;
        private ReadOnlySpan<byte> value;

        public bool IsExplicit { get; set; }

        /// <summary>Group and element of the present element.</summary>
        public uint Tag { get; private set; }

        /// <summary>Why there is no next element.</summary>
        public string Fault { get; private set; } = "It ends within its header.";

        /// <summary>Group of the next element; -1 at the end.</summary>
        public readonly int PeekGroup() =>
            bytes.Length - offset >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]) : -1;

        /// <summary>Goes to the next element. Tags must rise, as the format demands, so that nothing can come twice.</summary>
        public bool Next()
        {
            if (bytes.Length - offset < 8)
            {
                return false;
            }

            var rest = bytes[offset..];
            var tag = ((uint)BinaryPrimitives.ReadUInt16LittleEndian(rest) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            if (count++ > 0 && tag <= Tag || count > ElementsMax)
            {
                Fault = count > ElementsMax ? $"Its header has more than {ElementsMax} elements." : "Its elements are not in order.";
                return false;
            }

            var isLong = IsExplicit && IsLong(rest[4..6]);
            var head = isLong ? 12 : 8;
            if (rest.Length < head)
            {
                return false;
            }

            var length = isLong ? BinaryPrimitives.ReadUInt32LittleEndian(rest[8..])
                : IsExplicit ? BinaryPrimitives.ReadUInt16LittleEndian(rest[6..])
                : BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (length > rest.Length - head)
            {
                // Sequences of undefined length included: there are none before the class of the object.
                return false;
            }

            Tag = tag;
            value = rest.Slice(head, (int)length);
            offset += head + (int)length;
            return true;
        }

        /// <summary>The value as an identifier; null when it is none.</summary>
        public readonly string? Uid()
        {
            var uid = value.TrimEnd("\0 "u8);
            return uid.Length is > 0 and <= 64 && !uid.ContainsAnyExcept(uidCharacters) ? Encoding.ASCII.GetString(uid) : null;
        }

        private static bool IsLong(ReadOnlySpan<byte> representation) =>
            "OBODOFOLOVOWSQSVUCUNURUTUV"u8.IndexOf(representation) is >= 0 and var at && at % 2 == 0;
    }
}
