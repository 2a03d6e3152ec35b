using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Options;

/// <summary>Where document bytes are kept, and when leftovers go.</summary>
internal sealed record ContentOptions
{
    public const string Section = "Dmp:Content";

    /// <summary>Directory of the content store: created when missing, on one file system, for the service user alone.</summary>
    [Required(AllowEmptyStrings = false)]
    public required string Directory { get; init; }

    /// <summary>An incoming part without a write for this long, and without a living writer, is deleted.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan PartAgeMax { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// A blob that no row refers to is deleted once its last byte is this old. Longer than any upload may take between
    /// its last byte and its commit, or a document could lose its bytes while it becomes visible.
    /// </summary>
    [Range(typeof(TimeSpan), "00:10:00", "30.00:00:00")]
    public TimeSpan OrphanAgeMin { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Pause between two sweeps.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "7.00:00:00")]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromHours(1);
}

[OptionsValidator]
internal sealed partial class ContentOptionsValidator : IValidateOptions<ContentOptions>;
