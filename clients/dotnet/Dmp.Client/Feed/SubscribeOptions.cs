namespace Dmp.Client;

/// <summary>How a subscription is read.</summary>
public sealed record SubscribeOptions
{
    internal const int CreditMax = 10_000;

    /// <summary>
    /// The most events on the way or not yet taken by your program, 1 to 10000. Default 500. A single commit with more comes whole.
    /// </summary>
    public int EventsAhead { get; init; } = 500;

    /// <summary>Whether responses without events (heartbeats) are given out too, so that you can keep their tokens. Default true.</summary>
    public bool WithHeartbeats { get; init; } = true;
}
