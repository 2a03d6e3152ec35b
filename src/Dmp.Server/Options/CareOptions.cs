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
}
