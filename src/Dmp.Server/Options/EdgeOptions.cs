using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Dmp.Server.Options;

/// <summary>What one address, connection or caller may take of a server, section <c>Dmp:Edge</c> (ADR 0026).</summary>
internal sealed record EdgeOptions : IValidatableObject
{
    public const string Section = "Dmp:Edge";

    /// <summary>Most connections of one server. Default 10 000.</summary>
    [Range(1, 1_000_000)]
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>
    /// Most connections of one address (of one /64) on which no caller was verified yet; for one more the oldest of them is closed. One
    /// that a verified caller uses no longer counts: a hospital behind one address may have any number. Default 256.
    /// </summary>
    [Range(1, 1_000_000)]
    public int UnverifiedConnectionsMax { get; init; } = 256;

    /// <summary>
    /// New connections, and calls of nobody on connections that no verified caller uses, of one address at once; a tenth of it comes back
    /// in a second. Beyond it new connections wait for <see cref="HoldFor"/> and such calls end theirs. Default 1000.
    /// </summary>
    [Range(10, 1_000_000)]
    public int UnverifiedCallsPerAddress { get; init; } = 1000;

    /// <summary>
    /// Calls of nobody on one connection at once; a tenth of it comes back in a second. Beyond it the connection is closed. Ten times as
    /// many where a verified caller uses it too. Default 200.
    /// </summary>
    [Range(10, 1_000_000)]
    public int UnverifiedCallsPerConnection { get; init; } = 200;

    /// <summary>
    /// Calls that callers leave before their end, on one connection at once; a tenth of it comes back in a second. Default 5000.
    /// </summary>
    [Range(10, 1_000_000)]
    public int ResetsPerConnection { get; init; } = 5000;

    /// <summary>How long new connections of an address wait that has sent too much of nobody. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Addresses or networks (<c>10.1.0.0/16</c>) of proxies that bound their own callers: nothing is counted for their address, and none
    /// of their connections is closed. Default none.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>
    /// Most calls of one caller that run at once on one server, without streams. Default 8. See <see cref="CallsPerStructure"/>.
    /// </summary>
    [Range(1, 10_000)]
    public int CallsPerCaller { get; init; } = 8;

    /// <summary>Most further calls of one caller that wait for their turn; what comes beyond is refused. Default 64.</summary>
    [Range(0, 10_000)]
    public int CallsWaitingPerCaller { get; init; } = 64;

    /// <summary>
    /// The same of a structure that calls in its own name, for which many people may work by one certificate. Default 32.
    /// </summary>
    [Range(1, 10_000)]
    public int CallsPerStructure { get; init; } = 32;

    /// <summary>Most further calls of one structure that wait for their turn. Default 256.</summary>
    [Range(0, 10_000)]
    public int CallsWaitingPerStructure { get; init; } = 256;

    /// <summary>
    /// Most streams of one caller at once on one server: uploads, imports, downloads, exports. Subscriptions have
    /// <see cref="FeedOptions.StreamsMax"/>. Default 400.
    /// </summary>
    [Range(1, 100_000)]
    public int StreamsPerCaller { get; init; } = 400;

    /// <summary>An answer of which the caller takes nothing for this long is ended (DOWNLOAD_STALLED). Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Refused calls of nobody, and those of a caller that has too many, are written into the trace so often, one event for all of an
    /// origin or caller and reason. Default 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan RefusalPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Most origins and reasons that are told apart in that time; the rest is counted together. As many callers and reasons; further ones
    /// have an event for each call. Default 500.
    /// </summary>
    [Range(1, 100_000)]
    public int RefusalOriginsMax { get; init; } = 500;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < TrustedProxies.Count; i++)
        {
            if (NetworkOf(TrustedProxies[i]) is null)
            {
                yield return new ValidationResult(
                    $"{Section}:{nameof(TrustedProxies)}:{i} must be an IP address or a network such as 10.1.0.0/16.");
            }
        }
    }

    /// <summary>The network; null when the text is none.</summary>
    public static IPNetwork? NetworkOf(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}
