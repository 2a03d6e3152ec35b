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

    /// <summary>
    /// A part without a write for this long, and without a living writer, is deleted. Longer than an unfinished upload may wait to be
    /// taken up again (<see cref="UploadOptions.ExpireAfter"/>), or its bytes would go before it does.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "31.00:00:00")]
    public TimeSpan PartAgeMax { get; init; } = TimeSpan.FromDays(2);

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
