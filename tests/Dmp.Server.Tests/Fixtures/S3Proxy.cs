using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>What happens to a connection.</summary>
internal enum LineFault
{
    None,

    /// <summary>Ends as soon as it begins.</summary>
    Refuse,

    /// <summary>Each request is answered with 503, and the server does not see it.</summary>
    Busy,

    /// <summary>Each request is answered with 400 and no reason, as by a server that could not read it.</summary>
    Unread,

    /// <summary>Takes requests and never says anything.</summary>
    Stall,

    /// <summary>Ends after <see cref="S3Proxy.Bytes"/> bytes of what the client sends.</summary>
    CutRequest,

    /// <summary>Ends after <see cref="S3Proxy.Bytes"/> bytes of what the server answers.</summary>
    CutAnswer,

    /// <summary>One bit changes after <see cref="S3Proxy.Bytes"/> bytes of what the client sends.</summary>
    FlipRequest,
}

/// <summary>A line to the S3 server that can be made bad.</summary>
internal sealed class S3Proxy : IAsyncDisposable
{
    private static readonly byte[] busy =
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 36\r\nConnection: close\r\n\r\n"u8
            + "<Error><Code>SlowDown</Code></Error>"u8).ToArray();

    private static readonly byte[] unread =
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly ConcurrentDictionary<TcpClient, bool> lines = new();
    private readonly int upstreamPort;
    private readonly Task accepting;
    private LineFault fault;
    private int times;

    public S3Proxy(int upstreamPort)
    {
        this.upstreamPort = upstreamPort;
        listener.Start();
        accepting = AcceptAsync();
    }

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public int Bytes { get; private set; }

    /// <summary>Connections that had the fault.</summary>
    public int Hits { get; private set; }

    /// <summary>The next <paramref name="connections"/> connections are bad; those that are open end.</summary>
    public void Set(LineFault next, int bytes = 0, int connections = int.MaxValue)
    {
        lock (lines)
        {
            (fault, times, Bytes, Hits) = (next, connections, bytes, 0);
        }

        foreach (var line in lines.Keys)
        {
            line.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Stop();
        Set(LineFault.None);
        await accepting;
        closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> served = [];
        try
        {
            while (true)
            {
                served.Add(ServeAsync(await listener.AcceptTcpClientAsync(closing.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        client.NoDelay = true;
        lines[client] = true;
        try
        {
            switch (Next())
            {
                case LineFault.Refuse:
                    client.LingerState = new LingerOption(true, 0);
                    break;
                case LineFault.Busy:
                    await AnswerAsync(client.GetStream(), busy);
                    break;
                case LineFault.Unread:
                    await AnswerAsync(client.GetStream(), unread);
                    break;
                case LineFault.Stall:
                    var ignored = new byte[65536];
                    while (await client.GetStream().ReadAsync(ignored, closing.Token) > 0)
                    {
                    }

                    break;
                case var other:
                    await PassAsync(client, other, Bytes);
                    break;
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One of the sides has left.
        }
        finally
        {
            lines.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private LineFault Next()
    {
        lock (lines)
        {
            if (fault == LineFault.None || times == 0)
            {
                return LineFault.None;
            }

            times--;
            Hits++;
            return fault;
        }
    }

    private async Task PassAsync(TcpClient client, LineFault way, int bytes)
    {
        using var server = new TcpClient { NoDelay = true };
        await server.ConnectAsync(IPAddress.Loopback, upstreamPort, closing.Token);
        var up = PumpAsync(client, server, way == LineFault.CutRequest ? bytes : int.MaxValue, way == LineFault.FlipRequest ? bytes : -1);
        var down = PumpAsync(server, client, way == LineFault.CutAnswer ? bytes : int.MaxValue, -1);
        await Task.WhenAny(up, down);
        server.Dispose();
        client.Dispose();
        await Task.WhenAll(up, down);
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, int limit, int flipAt)
    {
        var buffer = new byte[65536];
        var passed = 0;
        try
        {
            while (passed < limit && await from.GetStream().ReadAsync(buffer, closing.Token) is > 0 and var read)
            {
                var count = Math.Min(read, limit - passed);
                if (flipAt >= passed && flipAt < passed + count)
                {
                    buffer[flipAt - passed] ^= 1;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), closing.Token);
                passed += count;
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or SocketException or ObjectDisposedException
            or InvalidOperationException)
        {
            // One of the sides has left.
        }
    }

    private async Task AnswerAsync(NetworkStream stream, byte[] answer)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, closing.Token) == 0)
            {
                return;
            }

            head.Append((char)one[0]);
        }

        // A client that waits for leave to send the body will not send it.
        var length = head.ToString().Contains("100-continue", StringComparison.Ordinal) ? 0 : head.ToString().Split("\r\n")
            .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(line => int.Parse(line["Content-Length:".Length..], CultureInfo.InvariantCulture))
            .FirstOrDefault();
        var body = new byte[Math.Min(length, 65536)];
        for (var rest = length; rest > 0;)
        {
            var read = await stream.ReadAsync(body.AsMemory(0, Math.Min(rest, body.Length)), closing.Token);
            rest = read == 0 ? 0 : rest - read;
        }

        await stream.WriteAsync(answer, closing.Token);
    }
}
