using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Media.Fixtures;

/// <summary>
/// A real clamd with a database of one signature, that of the EICAR test file. It listens on a Unix socket and on loopback.
/// </summary>
public sealed class ClamdServer : IAsyncLifetime
{
    /// <summary>What the scanner calls the test file; it adds to our name that the signature is not an official one.</summary>
    public const string Signature = "Dmp.Test.Eicar.UNOFFICIAL";

    /// <summary>The scanner takes no more than this.</summary>
    public const int StreamBytesMax = 2 * 1024 * 1024;

    private readonly string directory = Directory.CreateTempSubdirectory("dmp-clamd-").FullName;
    private readonly int port = TestServer.FreePort();
    private Process? process;

    /// <summary>The EICAR test file, which every virus scanner knows. In halves, so that none finds it here.</summary>
    public static byte[] Eicar => Encoding.ASCII.GetBytes(@"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*");

    internal Uri UnixEndpoint => new($"unix://{SocketPath}");

    internal Uri TcpEndpoint => new($"tcp://127.0.0.1:{port}");

    private string SocketPath => Path.Combine(directory, "clamd.sock");

    public async ValueTask InitializeAsync()
    {
        if (Find() is not { } program)
        {
            return;
        }

        await File.WriteAllTextAsync(Path.Combine(directory, "dmp.ndb"), $"Dmp.Test.Eicar:0:*:{Convert.ToHexStringLower(Eicar)}\n");
        var configuration = Path.Combine(directory, "clamd.conf");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            Foreground yes
            DatabaseDirectory {directory}
            TemporaryDirectory {directory}
            LocalSocket {SocketPath}
            TCPAddr 127.0.0.1
            TCPSocket {port}
            StreamMaxLength {StreamBytesMax}

            """);
        process = Process.Start(
            new ProcessStartInfo(program, ["--config-file", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException("clamd does not start.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Waiting.UntilAsync(() =>
        {
            Assert.False(process.HasExited, "clamd ended by itself.");
            return AnswersAsync();
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Skips the test where there is no clamd.</summary>
    internal void Require() => Assert.SkipWhen(process is null, "clamd is not installed (package clamav-daemon of Debian and Ubuntu).");

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(["/usr/sbin", "/usr/local/sbin"])
            .Select(folder => Path.Combine(folder, "clamd")).FirstOrDefault(File.Exists);

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync("zPING\0"u8.ToArray());
            var answer = new byte[16];
            return File.Exists(SocketPath) && answer.AsSpan(0, await socket.ReceiveAsync(answer)).StartsWith("PONG"u8);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
