using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Dmp.Storage;

/// <summary>A kind of content store.</summary>
public enum ContentStoreKind
{
    /// <summary>Files below <see cref="ContentOptions.Directory"/>.</summary>
    Disk,

    /// <summary>A bucket of an S3 server: <see cref="ContentOptions.S3"/>.</summary>
    S3,
}

/// <summary>Where document bytes are kept, and when leftovers go.</summary>
public sealed record ContentOptions
{
    public const string Section = "Dmp:Content";

    /// <summary>Where new documents go. Default: local disk.</summary>
    public ContentStoreKind Store { get; init; } = ContentStoreKind.Disk;

    /// <summary>
    /// While documents move to another store: what <see cref="Store"/> does not have is read here. Deletions reach both; nothing new is
    /// written here.
    /// </summary>
    public ContentStoreKind? Fallback { get; init; }

    /// <summary>Directory of the content store: created when missing, on one file system, for the service user alone.</summary>
    [Required(AllowEmptyStrings = false)]
    public required string Directory { get; init; }

    /// <summary>The bucket, when one of the stores is S3.</summary>
    public S3Options S3 { get; init; } = new();

    /// <summary>
    /// A part without a write for this long, and without a living writer, is deleted. Longer than an unfinished upload may wait to be
    /// taken up again (<c>Dmp:Upload:ExpireAfter</c>), or its bytes would go before it does.
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

    /// <summary>True when the server writes to or reads from this kind of store.</summary>
    public bool Uses(ContentStoreKind kind) => Store == kind || Fallback == kind;
}

/// <summary>A bucket and how to reach it.</summary>
public sealed record S3Options
{
    /// <summary>Address of the server. Empty: AWS, by <see cref="Region"/>.</summary>
    public string? Endpoint { get; init; }

    public string? Bucket { get; init; }

    /// <summary>Before every key, so that a bucket can be shared. Default: none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// Region that requests are signed for. Default <c>us-east-1</c>, which servers other than AWS take; required for AWS.
    /// </summary>
    public string? Region { get; init; }

    /// <summary>The bucket in the path instead of the host name. Default true with an endpoint, false for AWS.</summary>
    public bool? PathStyle { get; init; }

    /// <summary>Without a key the usual chain of the AWS SDK finds one: environment, profile, role of the machine.</summary>
    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    /// <summary>A request without its answer after this long has failed. Default 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a failed request is tried again. Default 2.</summary>
    public int Retries { get; init; } = 2;
}

[OptionsValidator]
public sealed partial class ContentOptionsValidator : IValidateOptions<ContentOptions>;
