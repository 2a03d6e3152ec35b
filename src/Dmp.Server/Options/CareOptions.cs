namespace Dmp.Server.Options;

/// <summary>Answers for care, section <c>Dmp:Care</c>.</summary>
internal sealed record CareOptions
{
    public const string Section = "Dmp:Care";

    /// <summary>
    /// A table of the groups of dangerous medicines in place of the one that comes along: UTF-8, eight columns between tabs. Read at the
    /// start.
    /// </summary>
    public string? DangerousMedicines { get; init; }

    /// <summary>
    /// Tables of what others say of examinations, UTF-8 with tabs, read at the start: how long a result stands (eight columns).
    /// </summary>
    public string? RetestingIntervals { get; init; }

    /// <summary>Codes where an earlier result must never stand in for a new one: four columns.</summary>
    public string? NeverReplaced { get; init; }

    /// <summary>Codes that mean the same in another unit or by another method: five columns.</summary>
    public string? EquivalentCodes { get; init; }

    /// <summary>Imaging acts with their regions, in place of those that come along: seven columns.</summary>
    public string? ImagingActs { get; init; }
}
