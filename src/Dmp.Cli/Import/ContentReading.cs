using System.Security.Cryptography;
using Dmp.Cda;
using Dmp.Type.V1;
using Dmp.Xdm;

namespace Dmp.Cli.Import;

/// <summary>What the bytes of a document say about it before they are sent.</summary>
internal static class ContentReading
{
    // What is not larger is held in memory while it travels, so that an upload can be repeated from a package, whose files do not seek.
    private const int HeldBytesMax = 4 * 1024 * 1024;

    public static async Task<byte[]> Sha256Async(FileTree tree, TreeFile file, CancellationToken ct)
    {
        await using var content = tree.Open(file);
        return await SHA256.HashDataAsync(content, ct);
    }

    /// <summary>The document with what its CDA header says; blocked when it is no CDA document, unless it was described by hand.</summary>
    public static async Task<(PlannedDocument Document, CdaDocument? Header)> WithHeaderAsync(
        FileTree tree, PlannedDocument document, bool isDescribed, CancellationToken ct)
    {
        await using var content = tree.Open(document.File!);
        var read = await CdaReader.ReadAsync(content, cancellationToken: ct);
        if (read.Document is not { } header)
        {
            return (isDescribed ? document : document.Blocked("CDA_UNREADABLE", $"{read.Faults[^1].Place}: {read.Faults[^1].Text}"), null);
        }

        var metadata = CdaMetadata.From(header);
        var described = document with
        {
            Patient = PatientOf(header) ?? document.Patient,
            UniqueId = CdaUniqueIds.Kept(metadata.UniqueId) ?? document.UniqueId,
            ReplacedIds = [.. metadata.ReplacedIds.Select(id => CdaUniqueIds.Kept(id)!)],
        };
        return (described, header);
    }

    private static Ins? PatientOf(CdaDocument header) =>
        header.Patients is [var patient] && patient.InsIds.FirstOrDefault() is { } ins
            ? new Ins { Number = ins.Extension, System = ins.Root }
            : null;

    /// <summary>Opens a document to be sent.</summary>
    public static async ValueTask<Stream> OpenAsync(FileTree tree, TreeFile file, CancellationToken ct)
    {
        var content = tree.Open(file);
        if (content.CanSeek || file.Length > HeldBytesMax)
        {
            return content;
        }

        await using (content)
        {
            MemoryStream held = new((int)file.Length);
            await content.CopyToAsync(held, ct);
            held.Position = 0;
            return held;
        }
    }
}
