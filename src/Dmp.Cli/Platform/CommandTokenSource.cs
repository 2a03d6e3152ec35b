using System.Buffers.Text;
using System.Diagnostics;
using System.Text.Json;
using Dmp.Client;

namespace Dmp.Cli.Platform;

/// <summary>Tokens that another program prints, for logins this one knows nothing of. Asked again shortly before a token ends.</summary>
internal sealed class CommandTokenSource(string command, TimeProvider time) : ITokenSource, IDisposable
{
    private const int TokenLengthMax = 32 * 1024;

    private static readonly TimeSpan runLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan renewBefore = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim gate = new(1, 1);
    private volatile Cached? cached;

    public async ValueTask<string> GetTokenAsync(CancellationToken cancellationToken)
    {
        if (Fresh() is { } present)
        {
            return present;
        }

        await gate.WaitAsync(cancellationToken);
        try
        {
            if (Fresh() is { } meanwhile)
            {
                return meanwhile;
            }

            var token = await RunAsync(cancellationToken);
            cached = new Cached(token, RenewTime(token));
            return token;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Invalidate(string token)
    {
        if (this.cached is { } cached && string.Equals(cached.Token, token, StringComparison.Ordinal))
        {
            Interlocked.CompareExchange(ref this.cached, null, cached);
        }
    }

    public void Dispose() => gate.Dispose();

    private string? Fresh() => this.cached is { } cached && time.GetUtcNow() < cached.RenewTime ? cached.Token : null;

    /// <summary>What it says on its standard error is for the user; what it prints is in no message of ours.</summary>
    private async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        ProcessStartInfo start = OperatingSystem.IsWindows()
            ? new("cmd.exe", ["/d", "/c", command]) : new("/bin/sh", ["-c", command]);
        start.RedirectStandardOutput = true;
        start.UseShellExecute = false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(runLimit);
        using var process = Process.Start(start)!;
        try
        {
            var token = (await process.StandardOutput.ReadToEndAsync(limit.Token)).Trim();
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode != 0 ? throw new DmpAuthenticationException($"The token command ended with {process.ExitCode}.")
                : token.Length is 0 or > TokenLengthMax || token.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter))
                    ? throw new DmpAuthenticationException("The token command must print one access token and nothing else.")
                : token;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DmpAuthenticationException($"The token command took more than {runLimit.TotalSeconds:0} seconds.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>By the token's own end when it is a JWT, which is read here and verified by the platform; else a minute.</summary>
    private DateTimeOffset RenewTime(string token)
    {
        var now = time.GetUtcNow();
        var minute = now + renewBefore;
        try
        {
            if (token.Split('.') is [_, var payload, _])
            {
                using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
                if (claims.RootElement.TryGetProperty("exp", out var exp) && exp.TryGetInt64(out var end))
                {
                    var lifetime = DateTimeOffset.FromUnixTimeSeconds(end) - now;
                    return now + lifetime - (lifetime / 10 < renewBefore ? lifetime / 10 : renewBefore);
                }
            }
        }
        catch (Exception malformed)
            when (malformed is FormatException or JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            // No JWT. The platform decides whether it is a token.
            return minute;
        }

        return minute;
    }

    private sealed record Cached(string Token, DateTimeOffset RenewTime);
}
