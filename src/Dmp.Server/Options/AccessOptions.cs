using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>Settings of the rules of access, section <c>Dmp:Access</c>.</summary>
internal sealed record AccessOptions
{
    public const string Section = "Dmp:Access";

    /// <summary>Longest and default duration of an authorisation in days. Default 365 (domain rule: one year, renewable).</summary>
    [Range(1, 3660)]
    public int AuthorizationDaysMax { get; init; } = 365;

    /// <summary>How long a request id is remembered, in hours; at least 24. Default 48.</summary>
    [Range(24, 24 * 90)]
    public int RequestIdHours { get; init; } = 48;

    /// <summary>
    /// After this long the patient is told of a document that waits for its announcement. Default two weeks (CSP R1111-53).
    /// </summary>
    public TimeSpan AnnounceAfter { get; init; } = TimeSpan.FromDays(14);

    /// <summary>
    /// After this long such a document becomes visible to the patient by itself. Default 30 days (CSP R1111-53: a month).
    /// </summary>
    public TimeSpan RevealAfter { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long an emergency access lasts, in hours. Default 4.</summary>
    [Range(1, 24)]
    public int EmergencyHours { get; init; } = 4;

    /// <summary>
    /// A document may be hidden from the patient and masked from professionals at the same time (the parameter <i>cumul</i> of the DMP,
    /// EX_2.1-1050). Default: no, whatever would make it so is refused.
    /// </summary>
    public bool HiddenAndMasked { get; init; }
}
