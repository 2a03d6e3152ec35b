using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dmp.Cli.Export;

/// <summary>What is in an archive of a record: the last file in it, <c>manifest.json</c>.</summary>
internal sealed record ExportManifest
{
    public const string FileName = "manifest.json";
    public const string FormatName = "dmp-record-export/1";

    public const string Record = "record.json";
    public const string Trace = "trace.jsonl";

    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 16,
        WriteIndented = true,
        NewLine = "\n",
    };

    public required string Format { get; init; }

    public required string RecordId { get; init; }

    /// <summary>The platform that it was read from.</summary>
    public required string Address { get; init; }

    public required string Software { get; init; }

    /// <summary>From when to when it was read. It is no picture of one moment.</summary>
    public required DateTimeOffset StartTime { get; init; }

    public required DateTimeOffset EndTime { get; init; }

    /// <summary>The note of the checkpoint that the trace is proven against; null without a trace.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>What the platform did not give to this caller.</summary>
    public required IReadOnlyList<Omission> Omitted { get; init; }

    public required IReadOnlyList<Entry> Files { get; init; }

    public static Task WriteAsync(Stream destination, ExportManifest manifest, CancellationToken ct) =>
        JsonSerializer.SerializeAsync(destination, manifest, json, ct);

    /// <summary>Null for what is no manifest.</summary>
    public static async Task<ExportManifest?> ReadAsync(Stream source, CancellationToken ct)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<ExportManifest>(
                source, json, ct) is { Format: FormatName, Files: not null, Omitted: not null } manifest
                && manifest.Files.All(file => file is { Name: not null, Sha256: not null }) ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A part, or a document's content, and the reason of the platform.</summary>
    internal sealed record Omission(string Part, string Reason);

    /// <summary>A file with its digest; of a document's content and metadata also which.</summary>
    internal sealed record Entry(string Name, long Size, string Sha256, string? DocumentId = null, int? Version = null);
}
