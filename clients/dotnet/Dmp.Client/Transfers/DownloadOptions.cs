namespace Dmp.Client;

/// <summary>Which part of which version to read.</summary>
public sealed record DownloadOptions
{
    /// <summary>The version; 0 is the latest.</summary>
    public int Version { get; init; }

    /// <summary>The first byte wanted.</summary>
    public long Offset { get; init; }

    /// <summary>The most bytes wanted; 0 is all.</summary>
    public long Limit { get; init; }
}
