using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Dmp.Benchmarks;

/// <summary>
/// A line to a server on which every byte travels for a while, and so many a second enter it, in each direction. TCP is answered at once on
/// both ends, so what is felt is the delay of HTTP/2 and of our own messages; the windows of TCP are the kernel's and not ours to tune.
/// </summary>
internal sealed class DelayLine : IAsyncDisposable
{
    private readonly Uri server;
    private readonly TimeSpan delay;
    private readonly double bytesPerSecond;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    public DelayLine(Uri server, TimeSpan delay, double bytesPerSecond)
    {
        (this.server, this.delay, this.bytesPerSecond) = (server, delay, bytesPerSecond);
        listener.Start();
        accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await accepting;
        listener.Stop();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var joined = new List<Task>();
        try
        {
            while (true)
            {
                joined.Add(JoinAsync(await listener.AcceptSocketAsync(stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(joined);
        }
    }

    private async Task JoinAsync(Socket near)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        try
        {
            await far.ConnectAsync(server.Host, server.Port, stop.Token);
            await Task.WhenAll(CarryAsync(near, far), CarryAsync(far, near));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // One of both has left.
        }
        finally
        {
            near.Dispose();
        }
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        var underWay = Channel.CreateUnbounded<(long Due, byte[] Bytes)>(
            new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var delivering = DeliverAsync(underWay.Reader, to);
        var buffer = new byte[64 * 1024];
        var free = 0L;
        int read;
        while ((read = await from.ReceiveAsync(buffer, stop.Token)) > 0)
        {
            // The line is busy with these bytes for a while, and those behind them wait before it.
            free = Math.Max(free, Stopwatch.GetTimestamp()) + (long)(read / bytesPerSecond * Stopwatch.Frequency);
            underWay.Writer.TryWrite((free + (long)(delay.TotalSeconds * Stopwatch.Frequency), buffer[..read]));
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), free) is var busy && busy > TimeSpan.FromMilliseconds(2))
            {
                await Task.Delay(busy, stop.Token);
            }
        }

        underWay.Writer.Complete();
        await delivering;
        to.Shutdown(SocketShutdown.Send);
    }

    private async Task DeliverAsync(ChannelReader<(long Due, byte[] Bytes)> underWay, Socket to)
    {
        await foreach (var (due, bytes) in underWay.ReadAllAsync(stop.Token))
        {
            // The timer has steps of a millisecond: what is due within one goes now.
            while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is var rest && rest > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(rest, stop.Token);
            }

            ReadOnlyMemory<byte> left = bytes;
            while (!left.IsEmpty)
            {
                left = left[await to.SendAsync(left, stop.Token)..];
            }
        }
    }
}
