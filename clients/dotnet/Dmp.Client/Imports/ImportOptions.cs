namespace Dmp.Client;

/// <summary>How an import is done.</summary>
public sealed record ImportOptions
{
    /// <summary>How many documents travel at once. Default 4.</summary>
    public int Streams { get; init; } = 4;

    /// <summary>True: nothing is sent or stored; what is known before the bytes travel is checked by the platform (<c>validate_only</c>).</summary>
    public bool ValidateOnly { get; init; }
}
