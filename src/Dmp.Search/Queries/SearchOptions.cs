namespace Dmp.Search.Queries;

/// <summary>In which order hits come.</summary>
public enum HitOrder
{
    /// <summary>Highest score first, then the newest.</summary>
    Best = 1,

    /// <summary>The newest first, then the highest score.</summary>
    Newest = 2,
}

/// <summary>How hits are told.</summary>
public sealed record SearchOptions
{
    /// <summary>The most that <see cref="HitsMax"/> may be.</summary>
    public const int HitsLimit = 500;

    /// <summary>Most characters of a snippet, at most: what is unpacked and read again for one.</summary>
    public const int SnippetCharsLimit = 500;

    /// <summary>Most hits that are told; all are counted.</summary>
    public int HitsMax { get; init; } = 20;

    /// <summary>Their order.</summary>
    public HitOrder Order { get; init; } = HitOrder.Best;

    /// <summary>Most characters (UTF-16) of a snippet, without the marks of what was left out at its ends.</summary>
    public int SnippetChars { get; init; } = 200;
}
