using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>Limits of uploads, section <c>Dmp:Upload</c>.</summary>
internal sealed record UploadOptions
{
    public const string Section = "Dmp:Upload";

    /// <summary>Most bytes a document may have. Default 2 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long DocumentBytesMax { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Most bytes one chunk may hold. Default 256 KiB.</summary>
    [Range(1024, 1024 * 1024)]
    public int ChunkBytesMax { get; init; } = 256 * 1024;

    /// <summary>Most bytes an encoded intent may have. Default 64 KiB.</summary>
    [Range(1024, 1024 * 1024)]
    public int IntentBytesMax { get; init; } = 64 * 1024;

    /// <summary>An upload that sends nothing for this long is ended. Default 30 s.</summary>
    [Range(1, 3600)]
    public int StallSecondsMax { get; init; } = 30;

    /// <summary>An upload whose server gave no sign of life for this long may be taken over. Default 60 s.</summary>
    [Range(2, 3600)]
    public int AbandonSeconds { get; init; } = 60;

    /// <summary>
    /// An upload that broke, and that nobody took up again for this long, is forgotten with its bytes. Default 24 h. At most
    /// <c>Dmp:Content:PartAgeMax</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "30.00:00:00")]
    public TimeSpan ExpireAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>True accepts encrypted PDFs, which nobody can look into. Default false.</summary>
    public bool AllowEncryptedPdf { get; init; }

    /// <summary>True accepts PDFs that bear scripts, actions on the reader's machine or files. Default false.</summary>
    public bool AllowActivePdf { get; init; }
}
