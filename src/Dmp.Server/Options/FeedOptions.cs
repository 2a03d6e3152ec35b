using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>Settings of the change feed, section <c>Dmp:Feed</c>.</summary>
internal sealed record FeedOptions
{
    public const string Section = "Dmp:Feed";

    /// <summary>How long changes are kept, in days: as long a caller may stay away. Default 30, at least 7.</summary>
    [Range(7, 3660)]
    public int KeepDays { get; init; } = 30;

    /// <summary>A subscription says something at least this often, in seconds. Default 30.</summary>
    [Range(1, 240)]
    public int HeartbeatSeconds { get; init; } = 30;

    /// <summary>Most subscriptions of one caller on one server. Default 8.</summary>
    [Range(1, 1000)]
    public int StreamsMax { get; init; } = 8;

    /// <summary>Most positions that one caller may keep. Default 20.</summary>
    [Range(1, 1000)]
    public int PositionsMax { get; init; } = 20;
}
