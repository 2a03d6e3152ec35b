using System.Buffers;
using System.IO.Compression;

namespace Dmp.Server.Media;

/// <summary>What a PDF bears besides pages. Words of ours, never of the document.</summary>
/// <param name="IsEncrypted">It names a security handler, whether or not it asks for a password.</param>
/// <param name="Active">Kinds of what acts or carries files, such as <c>JavaScript</c>, in order.</param>
/// <param name="Unreadable">Why the rest of it cannot be known; null when all was seen.</param>
internal sealed record PdfFindings(bool IsEncrypted, IReadOnlyList<string> Active, string? Unreadable);

/// <summary>
/// Finds what a PDF bears that acts, in one pass of constant memory: names of objects anywhere in the file, and in object streams, which
/// are unpacked within limits. Other streams hold no objects and are never unpacked.
/// </summary>
internal sealed class PdfScanner() : PdfLexer(knowsStreams: true)
{
    /// <summary>Most bytes of one packed object stream; real ones have a hundred kilobytes.</summary>
    internal const int ObjectStreamBytesMax = 8 * 1024 * 1024;

    /// <summary>Most bytes of all object streams of a document, unpacked.</summary>
    internal const long UnpackedBytesMax = 64 * 1024 * 1024;

    /// <summary>Most object streams of a document.</summary>
    internal const int ObjectStreamsMax = 20_000;

    private static readonly (byte[] Name, string Kind)[] activeNames =
    [
        .. Kinds("JavaScript", "JavaScript", "JS"), .. Kinds("Launch", "Launch"), .. Kinds("SubmitForm", "SubmitForm"),
        .. Kinds("ImportData", "ImportData"), .. Kinds("RichMedia", "RichMedia", "RichMediaContent", "RichMediaExecute"), .. Kinds("XFA", "XFA"),
        .. Kinds("EmbeddedFile", "EmbeddedFile", "EmbeddedFiles", "FileAttachment", "GoToE"),
    ];

    // Most names of a document have another length.
    private static readonly ulong activeLengths = activeNames.Aggregate(0UL, (lengths, active) => lengths | (1UL << active.Name.Length));

    private readonly SortedSet<string> active = new(StringComparer.Ordinal);
    private ArrayBufferWriter<byte>? objectStream;
    private bool isEncrypted;
    private bool isAfterFileKey;

    // What was seen in the dictionary that is open or was the last one, and in all since the last stream.
    private Keys own;
    private Keys recent;
    private int depth;
    private bool isInDoubt;
    private int objectStreams;
    private long unpacked;
    private string? unreadable;

    [Flags]
    private enum Keys
    {
        None = 0,
        First = 1,
        Count = 2,
        ObjectStream = First | Count,
    }

    /// <summary>What was found. Object streams of an encrypted document are encrypted, too: what they hold stays unknown.</summary>
    public PdfFindings Conclude()
    {
        End();
        return new PdfFindings(isEncrypted, [.. active], isEncrypted ? null : unreadable);
    }

    protected override void OnName(ReadOnlySpan<byte> name)
    {
        isEncrypted |= name.SequenceEqual("Encrypt"u8);
        own |= name.SequenceEqual("ObjStm"u8) ? Keys.ObjectStream
            : name.SequenceEqual("First"u8) ? Keys.First
            : name.SequenceEqual("N"u8) ? Keys.Count
            : Keys.None;
        recent |= own;
        OnNameOfObject(name);
    }

    protected override void OnDictionary(bool opens)
    {
        if (opens && depth == 0)
        {
            own = Keys.None;
        }

        depth = opens ? depth + 1 : Math.Max(0, depth - 1);
        OnFileKeyEnd(opens);
    }

    protected override void OnOther() => isAfterFileKey = false;

    // A dictionary may bear what looks like the beginning of an object, to hide what it is.
    protected override void OnObject(bool isHidden)
    {
        isInDoubt |= isHidden || depth > 0;
        isAfterFileKey = false;
    }

    protected override bool OnStream()
    {
        // Viewers know an object stream from the table of offsets and ask for these two keys, not for its type.
        var isObjectStream = own == Keys.ObjectStream || isInDoubt && recent == Keys.ObjectStream;
        (own, recent, depth, isInDoubt) = (Keys.None, Keys.None, 0, false);
        if (!isObjectStream || unreadable is not null)
        {
            return false;
        }

        if (++objectStreams > ObjectStreamsMax)
        {
            unreadable = $"It has more than {ObjectStreamsMax} object streams.";
            return false;
        }

        objectStream = new ArrayBufferWriter<byte>();
        return true;
    }

    protected override void OnStreamBytes(ReadOnlySpan<byte> bytes)
    {
        if (objectStream!.WrittenCount + bytes.Length > ObjectStreamBytesMax)
        {
            unreadable ??= $"An object stream has more than {ObjectStreamBytesMax} bytes.";
            return;
        }

        objectStream.Write(bytes);
    }

    protected override void OnStreamEnd()
    {
        var packed = objectStream!.WrittenMemory;
        objectStream = null;
        if (unreadable is null)
        {
            ReadObjects(packed);
        }
    }

    private static IEnumerable<(byte[], string)> Kinds(string kind, params string[] names) =>
        names.Select(name => (System.Text.Encoding.ASCII.GetBytes(name), kind));

    private void OnFileKeyEnd(bool opensDictionary)
    {
        if (isAfterFileKey && opensDictionary)
        {
            active.Add("EmbeddedFile");
        }

        isAfterFileKey = false;
    }

    private void OnNameOfObject(ReadOnlySpan<byte> name)
    {
        isAfterFileKey = name.SequenceEqual("EF"u8);
        if ((activeLengths & (1UL << name.Length)) == 0)
        {
            return;
        }

        foreach (var (known, kind) in activeNames)
        {
            if (name.SequenceEqual(known))
            {
                active.Add(kind);
            }
        }
    }

    private void ReadObjects(ReadOnlyMemory<byte> packed)
    {
        var data = packed[(packed.Length - packed.Span.TrimStart("\0\t\n\f\r "u8).Length)..];
        var objects = new ObjectReader(this);
        if (data.Span is not [var method, var flags, ..] || (method & 0x0F) != 8 || ((method << 8) | flags) % 31 != 0)
        {
            var text = data.Span.EndsWith("endstream"u8) ? data.Span[..^9] : data.Span;
            unpacked += text.Length;
            objects.Write(text);
            objects.Conclude();
            return;
        }

        // Without the two bytes before and the checksum behind, which viewers do not insist on.
        using var source = new EndingStream(data[2..]);
        using var inflate = new DeflateStream(source, CompressionMode.Decompress);
        var piece = new byte[16 * 1024];
        try
        {
            int read;
            while (unreadable is null && (read = inflate.Read(piece)) > 0)
            {
                if ((unpacked += read) > UnpackedBytesMax)
                {
                    unreadable = $"Its object streams unpack to more than {UnpackedBytesMax} bytes.";
                    return;
                }

                objects.Write(piece.AsSpan(0, read));
            }

            objects.Conclude();
            unreadable ??= source.WasDrained ? "An object stream is damaged." : null;
        }
        catch (InvalidDataException)
        {
            unreadable ??= "An object stream is damaged.";
        }
    }

    /// <summary>The objects of one object stream: first pairs of numbers, then values. Anything else is of a filter that is not undone here.</summary>
    private sealed class ObjectReader(PdfScanner document) : PdfLexer(knowsStreams: false)
    {
        private static readonly SearchValues<byte> numbers = SearchValues.Create("0123456789\0\t\n\f\r "u8);

        private bool isBegun;

        public new void Write(ReadOnlySpan<byte> bytes)
        {
            if (!isBegun && bytes.IndexOfAnyExcept(numbers) is >= 0 and var first)
            {
                isBegun = true;
                if (!"<[/(+-.tfn%"u8.Contains(bytes[first]) || bytes[first] is (byte)'f' && bytes[first..] is not [_, (byte)'a', (byte)'l', ..])
                {
                    document.unreadable ??= "An object stream is packed by a filter that is not read.";
                }
            }

            base.Write(bytes);
        }

        public void Conclude() => End();

        protected override void OnName(ReadOnlySpan<byte> name) => document.OnNameOfObject(name);

        protected override void OnDictionary(bool opens) => document.OnFileKeyEnd(opens);

        protected override void OnOther() => document.OnOther();

        protected override void OnObject(bool isHidden) => document.OnOther();

        protected override bool OnStream() => false;

        protected override void OnStreamBytes(ReadOnlySpan<byte> bytes)
        {
        }

        protected override void OnStreamEnd()
        {
        }
    }

    /// <summary>Bytes in memory that remember whether somebody asked for more than there are: packed data that were cut off.</summary>
    private sealed class EndingStream(ReadOnlyMemory<byte> bytes) : Stream
    {
        private int offset;

        public bool WasDrained { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var taken = Math.Min(buffer.Length, bytes.Length - offset);
            bytes.Span.Slice(offset, taken).CopyTo(buffer);
            offset += taken;
            WasDrained |= taken == 0;
            return taken;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
