using System.Text;

namespace Dmp.Cda.Tests;

/// <summary>A long document that exists only as it is read: a start, something repeated, an end.</summary>
internal sealed class EndlessStream(string start, string repeated, long length, string end = "") : Stream
{
    private readonly byte[] start = Encoding.UTF8.GetBytes(start);
    private readonly byte[] repeated = Encoding.UTF8.GetBytes(repeated);
    private readonly byte[] end = Encoding.UTF8.GetBytes(end);

    public long BytesRead { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var span = buffer.Span;
        // Whole repetitions only, so that the end follows one.
        var middle = Math.Max(0, length - start.Length - end.Length) / repeated.Length * repeated.Length;
        var i = 0;
        for (; i < span.Length; i++)
        {
            var at = BytesRead + i;
            if (at >= start.Length + middle + end.Length)
            {
                break;
            }

            span[i] = at < start.Length ? start[at]
                : at - start.Length < middle ? repeated[(at - start.Length) % repeated.Length]
                : end[at - start.Length - middle];
        }

        BytesRead += i;
        return ValueTask.FromResult(i);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
