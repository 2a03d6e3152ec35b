using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;

namespace Dmp.Server.Tests.Edge;

/// <summary>An HTTP/2 client that sends what no library would: frames by hand, over plain TCP.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte GoAway = 7;
    private const byte WindowUpdate = 8;
    private const byte Ack = 1;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;

    private readonly TcpClient tcp = new();
    private readonly CancellationTokenSource ending = new();
    private readonly SemaphoreSlim writing = new(1);
    private Task reading = Task.CompletedTask;
    private int lastStream = -1;
    private bool isDisposed;

    /// <summary>Streams that the server ended with a reset, and their codes.</summary>
    public ConcurrentDictionary<int, uint> Resets { get; } = new();

    /// <summary>
    /// What headers and trailers came of streams, as text. Names and values are legible: Kestrel uses no Huffman code.
    /// </summary>
    public ConcurrentDictionary<int, string> Answers { get; } = new();

    /// <summary>Bytes of answers that came of streams.</summary>
    public ConcurrentDictionary<int, long> Received { get; } = new();

    /// <summary>The server has said its first word: it has taken the connection.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The server asked to use another connection.</summary>
    public bool WasToldToGo { get; private set; }

    /// <summary>The server has closed the connection.</summary>
    public bool IsClosed { get; private set; }

    /// <param name="address">The server.</param>
    /// <param name="window">What the server may send on a stream: 0 takes nothing.</param>
    public static async Task<RawConnection> OpenAsync(Uri address, int window)
    {
        var connection = new RawConnection();
        await connection.tcp.ConnectAsync(address.Host, address.Port);
        connection.tcp.NoDelay = true;

        // No table of headers, so that each answer is legible by itself; and the window of a stream.
        var settings = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(settings, 1);
        BinaryPrimitives.WriteUInt16BigEndian(settings.AsSpan(6), 4);
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(8), window);
        await connection.SendAsync([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, settings)]);
        connection.reading = Task.Run(connection.ReadAsync);
        return connection;
    }

    /// <summary>Sends a whole call and answers its stream.</summary>
    public async Task<int> CallAsync(string method, string? token, IMessage message)
    {
        var bytes = message.ToByteArray();
        var body = new byte[5 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), bytes.Length);
        bytes.CopyTo(body, 5);
        var stream = Interlocked.Add(ref lastStream, 2);
        await SendAsync([.. Frame(Headers, EndHeaders, stream, Fields(method, token)), .. Frame(Data, EndStream, stream, body)]);
        return stream;
    }

    /// <summary>Begins calls and resets each at once, in one packet.</summary>
    public async Task ResetManyAsync(string method, string? token, int count)
    {
        var fields = Fields(method, token);
        using var packet = new MemoryStream();
        for (var i = 0; i < count; i++)
        {
            var stream = Interlocked.Add(ref lastStream, 2);
            packet.Write(Frame(Headers, EndHeaders, stream, fields));
            packet.Write(Frame(Reset, 0, stream, [0, 0, 0, 8]));
        }

        await SendAsync(packet.ToArray());
    }

    /// <summary>Lets the server send so much more on a stream, and as much on the connection.</summary>
    public Task TakeAsync(int stream, int bytes)
    {
        var more = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(more, bytes);
        return SendAsync([.. Frame(WindowUpdate, 0, 0, more), .. Frame(WindowUpdate, 0, stream, more)]);
    }

    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        await ending.CancelAsync();
        tcp.Dispose();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ending.Dispose();
        writing.Dispose();
    }

    private static byte[] Fields(string method, string? token)
    {
        using var block = new MemoryStream();
        void Add(string name, string value)
        {
            // A literal that enters no table, without Huffman (RFC 7541, 6.2.2).
            block.WriteByte(0);
            foreach (var text in new[] { name, value })
            {
                var bytes = Encoding.ASCII.GetBytes(text);
                var rest = bytes.Length - 127;
                block.WriteByte((byte)Math.Min(bytes.Length, 127));
                for (; rest >= 128; rest >>= 7)
                {
                    block.WriteByte((byte)((rest & 127) | 128));
                }

                if (bytes.Length >= 127)
                {
                    block.WriteByte((byte)rest);
                }

                block.Write(bytes);
            }
        }

        Add(":method", "POST");
        Add(":scheme", "http");
        Add(":path", "/" + method);
        Add(":authority", "localhost");
        Add("content-type", "application/grpc");
        Add("te", "trailers");
        if (token is not null)
        {
            Add("authorization", "Bearer " + token);
        }

        return block.ToArray();
    }

    private static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    private async Task SendAsync(byte[] bytes)
    {
        await writing.WaitAsync(ending.Token);
        try
        {
            await tcp.GetStream().WriteAsync(bytes, ending.Token);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            IsClosed = true;
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        var header = new byte[9];
        var stream = tcp.GetStream();
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(header, ending.Token);
                var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
                await stream.ReadExactlyAsync(payload, ending.Token);
                var id = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5));
                switch (header[3])
                {
                    case Settings when (header[4] & Ack) == 0:
                        IsOpen = true;
                        await SendAsync(Frame(Settings, Ack, 0, []));
                        break;
                    case Ping when (header[4] & Ack) == 0:
                        await SendAsync(Frame(Ping, Ack, 0, payload));
                        break;
                    case Data:
                        Received.AddOrUpdate(id, payload.Length, (_, before) => before + payload.Length);
                        break;
                    case Headers:
                        var text = Encoding.Latin1.GetString(payload);
                        Answers.AddOrUpdate(id, text, (_, before) => before + text);
                        break;
                    case Reset:
                        Resets[id] = BinaryPrimitives.ReadUInt32BigEndian(payload);
                        break;
                    case GoAway:
                        WasToldToGo = true;
                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            IsClosed = true;
        }
    }
}
