using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>
/// A line to a server that can be cut in the middle of a byte: every connection ends on both sides at once, without a word.
/// </summary>
internal sealed class BreakingLine : IAsyncDisposable
{
    private readonly Uri server;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, byte> sockets = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long forwarded;

    public BreakingLine(Uri server)
    {
        this.server = server;
        listener.Start();
        accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    /// <summary>Bytes that went towards the server.</summary>
    public long Forwarded => Interlocked.Read(ref forwarded);

    /// <summary>So many bytes go towards the server before the line stands still.</summary>
    public long HoldAfter { get; set; } = long.MaxValue;

    /// <summary>What was held goes on, and all that follows.</summary>
    public void Release() => released.TrySetResult();

    public void Cut()
    {
        foreach (var socket in sockets.Keys)
        {
            try
            {
                // No orderly end: what was under way is lost.
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It ended by itself at this moment.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        Cut();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = JoinAsync(await listener.AcceptSocketAsync(stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The line is taken down.
        }
    }

    private async Task JoinAsync(Socket near)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        sockets[near] = 0;
        sockets[far] = 0;
        try
        {
            await far.ConnectAsync(server.Host, server.Port, stop.Token);
            await Task.WhenAny(CopyAsync(near, far, counted: true), CopyAsync(far, near, counted: false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut, or the server is not there: the caller sees the same.
        }
        finally
        {
            sockets.TryRemove(near, out _);
            sockets.TryRemove(far, out _);
            near.Dispose();
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool counted)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, stop.Token)) > 0)
            {
                var most = counted ? (int)Math.Clamp(HoldAfter - Forwarded, 0, read) : read;
                await SendAsync(buffer.AsMemory(0, most));
                if (most < read)
                {
                    await released.Task.WaitAsync(stop.Token);
                    await SendAsync(buffer.AsMemory(most, read - most));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut.
        }

        async Task SendAsync(Memory<byte> bytes)
        {
            await to.SendAsync(bytes, stop.Token);
            if (counted)
            {
                Interlocked.Add(ref forwarded, bytes.Length);
            }
        }
    }
}
