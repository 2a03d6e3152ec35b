using System.Globalization;
using System.Security.Cryptography;
using Dmp.Audit.V1;
using Dmp.Proofs;
using Dmp.Xdm;
using Google.Protobuf;

namespace Dmp.Cli.Export;

/// <summary>
/// Checks an archive without the platform: files against the manifest, contents against their metadata and the trace, the trace against its
/// keys.
/// </summary>
internal sealed class ArchiveCheck(FileTree tree, IReadOnlyList<string> keys, string? earlierCheckpoint, TextWriter output)
{
    // Of a million files, and of the longest metadata that the platform takes; an archive may be anybody's.
    private const long ManifestBytesMax = 256 * 1024 * 1024;
    private const long MetadataBytesMax = 1024 * 1024;

    private static readonly JsonParser parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>Digests that events in the log name, for each version of a document.</summary>
    private readonly Dictionary<string, HashSet<string>> traced = new(StringComparer.Ordinal);

    private long faults;

    public async Task<bool> RunAsync(CancellationToken ct)
    {
        if (await ManifestAsync(ct) is not { } manifest)
        {
            await FaultAsync(
                "ManifestMissing", ExportManifest.FileName, "The archive has no manifest that can be read: it is none, or it was cut.", ct);
            return false;
        }

        await CheckFilesAsync(manifest, ct);
        var log = await CheckTraceAsync(manifest, ct);
        var contents = manifest.Files.Where(file => file.DocumentId is not null).ToList();
        var proven = 0;
        foreach (var content in contents)
        {
            proven += await CheckContentAsync(content, ct) ? 1 : 0;
        }

        foreach (var omission in manifest.Omitted)
        {
            await SayAsync($"note: left out: {omission.Part} ({omission.Reason})", ct);
        }

        await output.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{manifest.Files.Count} files of the record {manifest.RecordId}; {contents.Count} contents, "
                + $"{proven} of them proven by the trace; {log}: "
                + $"{(faults == 0 ? "verified." : FormattableString.Invariant($"{faults} FAULTS."))}").AsMemory(),
            ct);
        return faults == 0;
    }

    private async Task<ExportManifest?> ManifestAsync(CancellationToken ct)
    {
        try
        {
            if (!tree.Files.TryGetValue(ExportManifest.FileName, out var file) || file.Length > ManifestBytesMax)
            {
                return null;
            }

            await using var content = tree.Open(file);
            return await ExportManifest.ReadAsync(content, ct);
        }
        catch (XdmRefusedException)
        {
            return null;
        }
    }

    private async Task CheckFilesAsync(ExportManifest manifest, CancellationToken ct)
    {
        HashSet<string> known = new(StringComparer.Ordinal) { ExportManifest.FileName };
        foreach (var entry in manifest.Files)
        {
            known.Add(entry.Name);
            if (!tree.Files.TryGetValue(entry.Name, out var file))
            {
                await FaultAsync("FileMissing", entry.Name, "The manifest names it, and it is not there.", ct);
                continue;
            }

            try
            {
                await using var content = tree.Open(file);
                if (Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct)) != entry.Sha256 || file.Length != entry.Size)
                {
                    await FaultAsync("FileChanged", entry.Name, "It is not what the manifest says.", ct);
                }
            }
            catch (XdmRefusedException damaged)
            {
                await FaultAsync("FileChanged", entry.Name, damaged.Fault.Text, ct);
            }
        }

        foreach (var name in tree.Files.Keys.Where(name => !known.Contains(name)))
        {
            await FaultAsync("FileAdded", name, "The manifest does not name it.", ct);
        }
    }

    private async Task<string> CheckTraceAsync(ExportManifest manifest, CancellationToken ct)
    {
        if (!manifest.Files.Any(file => file.Name == ExportManifest.Trace) || !tree.Files.TryGetValue(ExportManifest.Trace, out var file))
        {
            if (keys.Count > 0)
            {
                // Whoever takes it out can also take it out of the manifest, but not the keys out of the hands of who verifies.
                await FaultAsync("TraceMissing", ExportManifest.Trace, "Keys were given, and there is no trace to prove with them.", ct);
            }

            return "no trace";
        }

        TraceVerification trace;
        try
        {
            await using var content = tree.Open(file);
            trace = await new TraceVerifier(keys).VerifyAsync(content, earlierCheckpoint, Remember, ct);
        }
        catch (XdmRefusedException damaged)
        {
            await FaultAsync(nameof(TraceFaultKind.Incomplete), ExportManifest.Trace, damaged.Fault.Text, ct);
            return "no trace that can be read";
        }

        foreach (var fault in trace.Faults)
        {
            await FaultAsync(
                fault.Kind.ToString(), fault.EventId.Length > 0 ? $"{ExportManifest.Trace} {fault.EventId}" : ExportManifest.Trace,
                fault.Message, ct);
        }

        if (trace.RecordId != manifest.RecordId)
        {
            await FaultAsync("TraceOfAnother", ExportManifest.Trace, "It is the trace of another record.", ct);
        }

        return trace.Checkpoint is { } checkpoint
            ? string.Create(CultureInfo.InvariantCulture, $"{trace.EventCount} events in the log {checkpoint.Origin} of {checkpoint.Size}")
            : "events in no log";
    }

    private void Remember(AuditEvent proven)
    {
        foreach (var document in proven.Documents.Where(document => document.Version > 0))
        {
            var key = SpooledDocument.KeyOf(document.DocumentId, document.Version);
            if (!traced.TryGetValue(key, out var digests))
            {
                traced[key] = digests = new HashSet<string>(StringComparer.Ordinal);
            }

            digests.Add(Convert.ToHexStringLower(document.Sha256.Span));
        }
    }

    /// <summary>
    /// True when an event in the log names exactly this content. One that names another is a fault: the manifest was made to fit.
    /// </summary>
    private async Task<bool> CheckContentAsync(ExportManifest.Entry content, CancellationToken ct)
    {
        var key = SpooledDocument.KeyOf(content.DocumentId!, content.Version ?? 0);
        if (await MetadataAsync($"documents/{key}.json", ct) is not { } document
            || document.DocumentId != content.DocumentId
            || document.Version != content.Version
            || document.Content is null
            || Convert.ToHexStringLower(document.Content.Sha256.Span) != content.Sha256)
        {
            await FaultAsync("DocumentChanged", content.Name, "Its metadata are missing, or name another content.", ct);
        }

        if (!traced.TryGetValue(key, out var digests))
        {
            return false;
        }

        if (digests.Count > 1 || !digests.Contains(content.Sha256))
        {
            await FaultAsync("DocumentChanged", content.Name, "The trace proves that the document has another content.", ct);
            return false;
        }

        return true;
    }

    private async Task<Document.V1.Document?> MetadataAsync(string name, CancellationToken ct)
    {
        if (!tree.Files.TryGetValue(name, out var file) || file.Length > MetadataBytesMax)
        {
            return null;
        }

        try
        {
            using StreamReader reader = new(tree.Open(file));
            return parser.Parse<Document.V1.Document>(await reader.ReadToEndAsync(ct));
        }
        catch (Exception malformed) when (malformed is XdmRefusedException or InvalidProtocolBufferException or InvalidJsonException)
        {
            return null;
        }
    }

    private Task FaultAsync(string kind, string place, string text, CancellationToken ct)
    {
        faults++;
        return SayAsync($"{kind} {place}: {text}", ct);
    }

    private Task SayAsync(FormattableString text, CancellationToken ct) =>
        output.WriteLineAsync(text.ToString(CultureInfo.InvariantCulture).AsMemory(), ct);
}
