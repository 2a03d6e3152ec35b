using Dmp.Xdm;

namespace Dmp.Cli.Import;

/// <summary>The documents of a directory or of a ZIP file: CDA and FHIR as they are, anything else with a <see cref="Sidecar"/>.</summary>
internal sealed class FolderPlan(FileTree tree, TimeZoneInfo clock)
{
    private static readonly string[] withHeader = [".xml", ".xsl", ".xslt", ".cda", ".json"];

    private static readonly Dictionary<string, string> mediaTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".pdf"] = "application/pdf",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".tif"] = "image/tiff",
        [".tiff"] = "image/tiff",
        [".rtf"] = "text/rtf",
        [".txt"] = "text/plain",
        [".dcm"] = "application/dicom",
    };

    private static readonly Obstacle noDocument =
        new(ImportResult.Skipped, "NOT_A_DOCUMENT", "No document of a kind that the platform keeps, by its name.");

    /// <summary>The files that may be documents, in the order of their names.</summary>
    public IEnumerable<TreeFile> Candidates => tree.Files.Values.Where(file => !IsSidecar(file.Name));

    public IEnumerable<PlannedDocument> Links => tree.Links.Select(name => new PlannedDocument
    {
        Key = name,
        Obstacle = new Obstacle(ImportResult.Skipped, "LINK", "Symbolic links are not followed."),
    });

    public async Task<PlannedDocument> PlanAsync(TreeFile file, CancellationToken ct)
    {
        PlannedDocument document = new() { Key = file.Name, File = file };
        if (FileTree.IsSystemFile(file.Name))
        {
            return document with
            {
                Obstacle = new Obstacle(ImportResult.Skipped, "NOT_A_DOCUMENT", "A file of the operating system that it comes from."),
            };
        }

        try
        {
            if (tree.Files.TryGetValue(file.Name + Sidecar.Extension, out var described))
            {
                return await DescribedAsync(document, described, ct);
            }

            var extension = Path.GetExtension(file.Name);
            if (MayHaveHeader(file.Name))
            {
                document = document with { Sha256 = await ContentReading.Sha256Async(tree, file, ct) };
                var read = (await ContentReading.WithHeaderAsync(tree, document, isDescribed: false, ct)).Document;
                return read.Obstacle?.Reason == ContentReading.NotFhir ? document with { Obstacle = noDocument } : read;
            }

            return mediaTypes.ContainsKey(extension)
                ? document.Blocked(
                    "SIDECAR_MISSING",
                    $"Only CDA and FHIR documents describe themselves: {Path.GetFileName(file.Name)}{Sidecar.Extension} must say what this "
                        + "one is.")
                : document with { Obstacle = noDocument };
        }
        catch (XdmRefusedException refused)
        {
            return document.Blocked(refused.Fault.Code, refused.Fault.Text);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return document with { Obstacle = new Obstacle(ImportResult.Failed, "FILE_UNREADABLE", "The file cannot be read.") };
        }
    }

    private async Task<PlannedDocument> DescribedAsync(PlannedDocument document, TreeFile described, CancellationToken ct)
    {
        Sidecar sidecar;
        try
        {
            await using var content = tree.Open(described);
            sidecar = await Sidecar.ReadAsync(content, clock, ct);
        }
        catch (FormatException malformed)
        {
            return document.Blocked("SIDECAR_INVALID", $"{Path.GetFileName(described.Name)}: {malformed.Message}");
        }

        var intent = sidecar.Intent;
        var metadata = intent.Metadata ?? new();
        if (metadata.MediaType.Length == 0 && mediaTypes.TryGetValue(Path.GetExtension(document.Key), out var mediaType))
        {
            metadata.MediaType = mediaType;
        }

        document = document with
        {
            Sha256 = await ContentReading.Sha256Async(tree, document.File!, ct),
            Metadata = metadata,
            VisibilityCodes = [.. intent.VisibilityCodes],
            Patient = sidecar.Patient,
            Stated = sidecar.Stated,
            Warnings = sidecar.Warnings,
            RecordId = intent.RecordId,
            ReplacesDocumentId = intent.ReplacesDocumentId,
            Etag = intent.Etag,
            UniqueId = metadata.UniqueId,
        };
        return metadata.MediaType is "text/xml" or "application/xslt+xml" or "application/fhir+json" or "application/fhir+xml"
            || (metadata.MediaType.Length == 0 && MayHaveHeader(document.Key))
            ? (await ContentReading.WithHeaderAsync(tree, document, isDescribed: metadata.Type is not null, ct)).Document
            : document;
    }

    private bool IsSidecar(string name) =>
        name.EndsWith(Sidecar.Extension, StringComparison.Ordinal) && tree.Files.ContainsKey(name[..^Sidecar.Extension.Length]);

    private static bool MayHaveHeader(string name) => withHeader.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
}
