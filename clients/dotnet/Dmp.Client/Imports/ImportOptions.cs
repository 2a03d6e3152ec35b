namespace Dmp.Client;

/// <summary>How an import is done.</summary>
public sealed record ImportOptions
{
    /// <summary>
    /// How many calls run side by side, each with a window of many small documents; of larger ones, as many travel at once. Default 2.
    /// </summary>
    public int Streams { get; init; } = 2;

    /// <summary>
    /// True: everything is checked by the platform, the content of small documents too, and nothing is stored (<c>validate_only</c>).
    /// </summary>
    public bool ValidateOnly { get; init; }
}
