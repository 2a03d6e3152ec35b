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
}
