using System.Net.Http.Headers;

namespace Dmp.Client;

/// <summary>Where the platform is, who calls, and how patient the client is.</summary>
public sealed class DmpClientOptions
{
    private const int SoftwareLengthMax = 100;

    /// <summary>
    /// Required. The address of the platform, for example <c>https://dmp.example.fr</c>. Plain <c>http</c> is accepted on
    /// the loopback interface only: a token is never sent in plain text over a network.
    /// </summary>
    public Uri? Address { get; set; }

    /// <summary>Required. Gives the tokens; <see cref="ClientCredentialsTokenSource"/> or <see cref="DelegateTokenSource"/>.</summary>
    public ITokenSource? Tokens { get; set; }

    /// <summary>
    /// Name and version of your software, as <c>LogicielCabinet/4.2</c> (RFC 9110, 10.1.5): the trace of each record shows it. Default
    /// null, and the trace then knows the SDK only.
    /// </summary>
    public string? Software { get; set; }

    /// <summary>The most time a unary call takes, all its attempts together. Default 30 s.</summary>
    public TimeSpan CallDeadline { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an upload or download may stand still before it counts as broken. Default 60 s. The whole transfer has no
    /// limit: documents and lines differ too much.
    /// </summary>
    public TimeSpan TransferStallTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long an upload, a download, an export or an import goes on trying without a byte of progress, while the platform is away or
    /// asks to come back: long enough for a restart, and for a short power cut. Default 10 minutes.
    /// </summary>
    public TimeSpan RetryBudget { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The most attempts of a call one after the other, the first included. Default: as many as <see cref="CallDeadline"/> (unary calls) or
    /// <see cref="RetryBudget"/> leave time for; 1 switches retries off.
    /// </summary>
    public int AttemptsMax { get; set; } = int.MaxValue;

    /// <summary>
    /// Told before each wait for another attempt. On whatever thread the call runs, and not awaited: do little in it, and throw nothing.
    /// </summary>
    public Action<DmpRetry>? Retrying { get; set; }

    /// <summary>The wait before the second attempt; each further one waits about twice as long. Default 200 ms.</summary>
    public TimeSpan BackoffInitial { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait of the client's own choice. A longer delay that the platform asks for is kept. Default 5 s.</summary>
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The handler to send with, for example one with a client certificate. Used by <see cref="DmpClient(DmpClientOptions)"/>
    /// only and disposed with the client; with dependency injection configure the <c>IHttpClientBuilder</c> instead.
    /// </summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>
    /// Whether calls carry the consistency tokens of the changes seen so far, so that no later read can meet the state before
    /// them, on whichever server. Default true; it costs some 150 bytes of metadata per call. See
    /// <see cref="DmpClient.ConsistencyToken"/>.
    /// </summary>
    public bool SendConsistencyTokens { get; set; } = true;

    /// <summary>The clock, for tests. Default the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    // Here because all clients made from these options share it: one per user, and those that dependency injection makes.
    internal SeenChanges Seen { get; } = new();

    internal void Validate()
    {
        if (Address is null || !Address.IsAbsoluteUri || (Address.Scheme != Uri.UriSchemeHttp && Address.Scheme != Uri.UriSchemeHttps))
        {
            throw new InvalidOperationException($"{nameof(DmpClientOptions)}.{nameof(Address)} must be an absolute http or https address.");
        }
        if (!PlaintextRule.Allows(Address))
        {
            throw new InvalidOperationException(
                $"{nameof(DmpClientOptions)}.{nameof(Address)} must be https: a token never travels in plain text beyond this machine.");
        }
        if (!AddressRule.HoldsNoSecret(Address))
        {
            throw new InvalidOperationException(
                $"{nameof(DmpClientOptions)}.{nameof(Address)} must not hold a user or password: "
                + "nothing reads them, and addresses are shown in errors.");
        }
        if (Tokens is null)
        {
            throw new InvalidOperationException($"{nameof(DmpClientOptions)}.{nameof(Tokens)} is missing: every call carries a token.");
        }
        if (Software is not null
            && (Software.Length > SoftwareLengthMax
                || !ProductInfoHeaderValue.TryParse(Software, out var named)
                || named.Product?.Version is null))
        {
            throw new InvalidOperationException(
                $"{nameof(DmpClientOptions)}.{nameof(Software)} must be a name and a version, as LogicielCabinet/4.2, "
                + $"of at most {SoftwareLengthMax} characters.");
        }
        if (AttemptsMax < 1 || CallDeadline <= TimeSpan.Zero || RetryBudget < TimeSpan.Zero || TransferStallTimeout <= TimeSpan.Zero
            || BackoffInitial <= TimeSpan.Zero || BackoffMax < BackoffInitial)
        {
            throw new InvalidOperationException(
                $"The limits of {nameof(DmpClientOptions)} must be positive, and BackoffMax at least BackoffInitial.");
        }
    }
}
