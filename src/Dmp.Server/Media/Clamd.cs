using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Media;

/// <summary>The scanner cannot say whether content is infected: it is not there, too slow, or answers with an error.</summary>
internal sealed class ScannerDownException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Asks a clamd over its socket, by its command INSTREAM.</summary>
internal sealed class Clamd(IOptions<ScanOptions> options)
{
    public bool IsConfigured => options.Value.Endpoint is not null;

    /// <summary>Begins to scan one file. Bytes are sent as they come.</summary>
    /// <param name="tooSlow">When it is cancelled the scanner takes too long.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="ScannerDownException">There is no scanner.</exception>
    public async Task<Scan> BeginAsync(CancellationToken tooSlow, CancellationToken ct)
    {
        var endpoint = options.Value.Endpoint ?? throw new InvalidOperationException("No scanner is configured.");
        var isUnix = endpoint.Scheme == "unix";
        EndPoint address = isUnix
            ? new UnixDomainSocketEndPoint(endpoint.AbsolutePath)
            : new IPEndPoint(IPAddress.Parse(endpoint.Host.Trim('[', ']')), endpoint.Port);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        var scan = new Scan(socket, tooSlow, ct);
        try
        {
            await scan.OpenAsync(address);
            return scan;
        }
        catch (Exception)
        {
            scan.Dispose();
            throw;
        }
    }

    /// <summary>One file on its way to the scanner.</summary>
    internal sealed class Scan : IDisposable
    {
        private const int AnswerBytesMax = 4096;

        private readonly Socket socket;
        private readonly CancellationToken tooSlow;
        private readonly CancellationToken callerLeft;
        private readonly CancellationTokenSource stop;

        public Scan(Socket socket, CancellationToken tooSlow, CancellationToken callerLeft)
        {
            (this.socket, this.tooSlow, this.callerLeft) = (socket, tooSlow, callerLeft);
            stop = CancellationTokenSource.CreateLinkedTokenSource(tooSlow, callerLeft);
        }

        public Task OpenAsync(EndPoint address) => GuardedAsync(async () =>
        {
            await socket.ConnectAsync(address, stop.Token);
            await SendAsync("zINSTREAM\0"u8.ToArray());
            return true;
        });

        public Task WriteAsync(ReadOnlyMemory<byte> bytes) => GuardedAsync(async () =>
        {
            // A length of 0 would end the file.
            if (!bytes.IsEmpty)
            {
                var length = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
                await SendAsync(length);
                await SendAsync(bytes);
            }

            return true;
        });

        /// <summary>The file is complete: the name of what was found in it, null when nothing was.</summary>
        public Task<string?> ConcludeAsync() => GuardedAsync(async () =>
        {
            await SendAsync(new byte[4]);
            var buffer = new byte[AnswerBytesMax];
            var length = 0;
            int read;
            while (length < buffer.Length && (read = await socket.ReceiveAsync(buffer.AsMemory(length), stop.Token)) > 0)
            {
                length += read;
            }

            return SignatureIn(Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\0', '\n'));
        });

        public void Dispose()
        {
            socket.Dispose();
            stop.Dispose();
        }

        /// <summary><c>stream: OK</c>, <c>stream: NAME FOUND</c>, or an error.</summary>
        internal static string? SignatureIn(string answer)
        {
            const string Begin = "stream: ";
            const string Found = " FOUND";
            if (answer == "stream: OK")
            {
                return null;
            }

            if (answer.StartsWith(Begin, StringComparison.Ordinal)
                && answer.EndsWith(Found, StringComparison.Ordinal)
                && answer.Length > Begin.Length + Found.Length)
            {
                var name = answer[Begin.Length..^Found.Length];
                return string.Concat(name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or ':').Take(100));
            }

            throw new ScannerDownException(answer.Length == 0 ? "The scanner ended without an answer." : $"The scanner answered: {answer}");
        }

        private async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await socket.SendAsync(bytes, stop.Token)..];
            }
        }

        private async Task<T> GuardedAsync<T>(Func<Task<T>> step)
        {
            try
            {
                return await step();
            }
            catch (SocketException failure)
            {
                throw new ScannerDownException("The scanner does not answer.", failure);
            }
            catch (OperationCanceledException slow) when (tooSlow.IsCancellationRequested && !callerLeft.IsCancellationRequested)
            {
                throw new ScannerDownException("The scanner takes too long.", slow);
            }
        }
    }
}
