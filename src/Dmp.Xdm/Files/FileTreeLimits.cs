namespace Dmp.Xdm;

/// <summary>The limits that keep any package cheap.</summary>
public sealed record FileTreeLimits
{
    /// <summary>Most files and directories.</summary>
    public int FilesMax { get; init; } = 200_000;

    /// <summary>Most bytes of one file, unpacked.</summary>
    public long FileBytesMax { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Most bytes of all files, unpacked.</summary>
    public long TotalBytesMax { get; init; } = 256L * 1024 * 1024 * 1024;

    /// <summary>Most bytes that one packed byte may become. Published CDA documents go to 20, deflate itself to 1,032.</summary>
    public int RatioMax { get; init; } = 200;

    /// <summary>Files up to this size may have any ratio: a page of blanks is no attack.</summary>
    public long RatioFreeBytes { get; init; } = 1024 * 1024;

    /// <summary>Most directories below each other.</summary>
    public int DepthMax { get; init; } = 32;
}
