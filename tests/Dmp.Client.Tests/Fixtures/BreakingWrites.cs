using System.Net;

namespace Dmp.Client.Tests.Fixtures;

/// <summary>
/// Ends the first call in the middle of a message as a connection does that has just ended: the write itself fails, as HTTP says it.
/// </summary>
internal sealed class BreakingWrites(int after) : DelegatingHandler(new SocketsHttpHandler())
{
    private int calls;

    /// <summary>How many calls were made.</summary>
    public int Calls => calls;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref calls) == 1)
        {
            request.Content = new BreakingContent(request.Content!, after);
        }
        return base.SendAsync(request, cancellationToken);
    }

    private sealed class BreakingContent : HttpContent
    {
        private readonly HttpContent content;
        private readonly int after;

        public BreakingContent(HttpContent content, int after)
        {
            (this.content, this.after) = (content, after);
            Headers.ContentType = content.Headers.ContentType;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await using BreakingStream breaking = new(stream, after);
            var ended = await Task.WhenAny(content.CopyToAsync(breaking, cancellationToken), breaking.Broken);
            await ended;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = -1;
            return false;
        }
    }

    private sealed class BreakingStream(Stream inner, int after) : Stream
    {
        private readonly TaskCompletionSource broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int written;

        public Task Broken => broken.Task;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if ((written += buffer.Length) > after)
            {
                HttpRequestException failure = new("The request was aborted.");
                broken.TrySetException(failure);
                throw failure;
            }
            await inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
