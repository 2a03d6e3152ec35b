using System.ComponentModel.DataAnnotations;

namespace Dmp.Server.Options;

/// <summary>Limits of uploads, section <c>Dmp:Upload</c>.</summary>
internal sealed record UploadOptions : IValidatableObject
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

    /// <summary>The clock that wrote the times without an offset in headers of CDA documents: a time zone by its IANA name. Default
    /// Europe/Paris.</summary>
    public string TimeZone { get; init; } = "Europe/Paris";

    /// <summary>The same for structures elsewhere, by their national identifier, such as <c>1970100123</c>:
    /// <c>America/Martinique</c>.</summary>
    public Dictionary<string, string> StructureTimeZones { get; init; } = [];

    /// <summary>The clock of a structure.</summary>
    public TimeZoneInfo TimeZoneOf(string? structureId) =>
        TimeZoneInfo.FindSystemTimeZoneById(
            structureId is not null && StructureTimeZones.TryGetValue(structureId, out var own) ? own : TimeZone);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from zone in StructureTimeZones.Values.Prepend(TimeZone).Distinct()
        where !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)
        select new ValidationResult(
            $"{Section}: there is no time zone {zone} on this machine. It must be an IANA name, and the tz database be installed.");
}
