namespace Dmp.Cda;

/// <summary>
/// The bytes of a document on their way to the parser. The parser holds a tag, a comment or an attribute as a whole, and its
/// buffer grows as long as bytes come; so the limits stand here, where the bytes come from.
/// </summary>
internal sealed class CdaInput(Stream source, CdaReaderOptions options) : Stream
{
    /// <summary>The parser and the decoder read ahead by this much at most.</summary>
    private const int ReadAheadMax = 128 * 1024;

    /// <summary>A declaration ends far before; what it looks like is told by less.</summary>
    public const int PrefixBytesMax = 1024;

    private readonly byte[] prefix = new byte[PrefixBytesMax];
    private int prefixLength;
    private int prefixTaken;
    private long total;
    private long sinceMark;
    private bool isHeader = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The first bytes, which the parser gets later.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
    {
        int read;
        while (prefixLength < prefix.Length && (read = await source.ReadAsync(prefix.AsMemory(prefixLength), cancellationToken)) > 0)
        {
            prefixLength += read;
        }

        return prefix.AsMemory(0, prefixLength);
    }

    /// <summary>The same from memory or a file, without waiting.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        prefixLength = source.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false);
        return prefix.AsSpan(0, prefixLength);
    }

    /// <summary>Leaves out the first bytes: the byte order mark and blanks before the declaration.</summary>
    public void Skip(int bytes) => prefixTaken = bytes;

    /// <summary>The parser has come to the next node: what it holds may begin to grow anew.</summary>
    public void Mark() => sinceMark = 0;

    /// <summary>The body has begun: from here on markup may be longer, and only the size of the document is limited.</summary>
    public void EndHeader() => isHeader = false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        return Count(prefixTaken < prefixLength ? TakePrefix(buffer.Span) : await source.ReadAsync(buffer, cancellationToken));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer) => Count(prefixTaken < prefixLength ? TakePrefix(buffer) : source.Read(buffer));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>What was read, within the limits.</summary>
    private int Count(int read)
    {
        total += read;
        sinceMark += read;
        var markupBytesMax = isHeader ? options.MarkupBytesMax : options.BodyMarkupBytesMax;
        if (sinceMark > markupBytesMax + ReadAheadMax)
        {
            throw new CdaRefusedException(
                CdaFaultKind.MarkupTooLong,
                $"A tag, a comment, a CDATA section, a processing instruction or a run of blanks has more than {markupBytesMax} bytes.");
        }

        if (total > options.DocumentBytesMax)
        {
            throw new CdaRefusedException(
                CdaFaultKind.DocumentTooLong, $"The document has more than {options.DocumentBytesMax} bytes.");
        }

        return isHeader && total > options.HeaderBytesMax + ReadAheadMax
            ? throw new CdaRefusedException(
                CdaFaultKind.HeaderTooLong, $"The body of the document does not begin within {options.HeaderBytesMax} bytes.")
            : read;
    }

    private int TakePrefix(Span<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, prefixLength - prefixTaken);
        prefix.AsSpan(prefixTaken, taken).CopyTo(buffer);
        prefixTaken += taken;
        return taken;
    }
}
