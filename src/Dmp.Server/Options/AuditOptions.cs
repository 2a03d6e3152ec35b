using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>The log over the trace, section <c>Dmp:Audit</c>.</summary>
internal sealed record AuditOptions
{
    public const string Section = "Dmp:Audit";

    /// <summary>Directory of the private keys, and of the last checkpoint seen. Default: <c>audit-keys</c> in the data directory.</summary>
    [Required(AllowEmptyStrings = false)]
    public required string KeyDirectory { get; init; }

    /// <summary>
    /// Name of the log, in every checkpoint: a host and path without scheme, of this log alone. Only for a first key that the server makes
    /// itself; otherwise the keys name it.
    /// </summary>
    public string? LogOrigin { get; init; }

    /// <summary>Least time between two checkpoints. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(1);
}
