using System.Net;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Options;

/// <summary>What becomes of a document that the scanner could not look at.</summary>
internal enum ScannerDown
{
    /// <summary>The upload ends with SCANNER_UNAVAILABLE and may be repeated.</summary>
    Refuse,

    /// <summary>The document is accepted, and the log says that it was not scanned.</summary>
    Accept,
}

/// <summary>Virus scanning by a clamd, section <c>Dmp:Scan</c>. Off without an endpoint.</summary>
internal sealed record ScanOptions
{
    public const string Section = "Dmp:Scan";

    /// <summary><c>unix:///run/clamav/clamd.ctl</c>, or <c>tcp://127.0.0.1:3310</c>; null: nothing is scanned.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>A document must be scanned within this time. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>When the scanner does not answer. Default <see cref="ScannerDown.Refuse"/>.</summary>
    public ScannerDown WhenDown { get; init; }

    /// <summary>Documents with more bytes are refused: at most the scanner's <c>StreamMaxLength</c>. Default 100 MiB, as that.</summary>
    public long BytesMax { get; init; } = 100L * 1024 * 1024;

    /// <summary>Where infected documents are kept, for the service user alone.</summary>
    public string QuarantineDirectory { get; init; } = "";

    /// <summary>Infected documents are deleted after this many days; 0 keeps none. Default 30.</summary>
    public int QuarantineDays { get; init; } = 30;

    /// <summary>Most bytes in quarantine; beyond them infected documents are refused without being kept. Default 1 GiB.</summary>
    public long QuarantineBytesMax { get; init; } = 1024L * 1024 * 1024;
}

/// <summary>Stops the server at start when it could not scan, or would send documents over a network in plain text.</summary>
internal sealed class ScanOptionsRules : IValidateOptions<ScanOptions>
{
    public ValidateOptionsResult Validate(string? name, ScanOptions options)
    {
        var faults = Faults(options).ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    public static IEnumerable<string> Faults(ScanOptions options)
    {
        if (options.Endpoint is { } endpoint && !IsLocal(endpoint))
        {
            yield return $"{ScanOptions.Section}:Endpoint must be unix:///path of a socket, or tcp:// with a loopback address and a port.";
        }

        if (options.Timeout < TimeSpan.FromMilliseconds(100) || options.Timeout > TimeSpan.FromMinutes(10))
        {
            yield return $"{ScanOptions.Section}:Timeout must be between 100 ms and 10 minutes.";
        }

        if (!Enum.IsDefined(options.WhenDown))
        {
            yield return $"{ScanOptions.Section}:WhenDown must be Refuse or Accept.";
        }

        if (options.BytesMax < 1)
        {
            yield return $"{ScanOptions.Section}:BytesMax must be at least 1.";
        }

        if (options.QuarantineDays is < 0 or > 3660)
        {
            yield return $"{ScanOptions.Section}:QuarantineDays must be 0 to 3660.";
        }

        if (options.QuarantineDays > 0 && string.IsNullOrWhiteSpace(options.QuarantineDirectory))
        {
            yield return $"{ScanOptions.Section}:QuarantineDirectory must be a directory.";
        }

        if (options.QuarantineBytesMax < 0)
        {
            yield return $"{ScanOptions.Section}:QuarantineBytesMax must not be negative.";
        }
    }

    /// <summary>The protocol of clamd knows neither encryption nor authentication.</summary>
    private static bool IsLocal(Uri endpoint) => endpoint.IsAbsoluteUri && endpoint.Scheme switch
    {
        "unix" => endpoint.Host.Length == 0 && endpoint.AbsolutePath.Length > 1,
        "tcp" => endpoint.Port > 0 && IPAddress.TryParse(endpoint.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address),
        _ => false,
    };
}
