using System.Security.Cryptography;
using Dmp.Cda;
using Dmp.Fhir;
using Dmp.Type.V1;
using Dmp.Xdm;

namespace Dmp.Cli.Import;

/// <summary>What the bytes of a document say about it before they are sent.</summary>
internal static class ContentReading
{
    /// <summary>JSON of another kind.</summary>
    public const string NotFhir = "NOT_FHIR";

    // What is not larger is held in memory while it travels, so that an upload can be repeated from a package, whose files do not seek.
    private const int HeldBytesMax = 4 * 1024 * 1024;

    public static async Task<byte[]> Sha256Async(FileTree tree, TreeFile file, CancellationToken ct)
    {
        await using var content = tree.Open(file);
        return await SHA256.HashDataAsync(content, ct);
    }

    /// <summary>
    /// The document with what its header says, CDA or FHIR; blocked when it has none that can be read, unless it was described by hand.
    /// </summary>
    public static async Task<(PlannedDocument Document, SourceHeader? Header)> WithHeaderAsync(
        FileTree tree, PlannedDocument document, bool isDescribed, CancellationToken ct)
    {
        var (header, reason, fault) = await ReadAsync(tree, document, ct);
        if (header is null)
        {
            return (isDescribed ? document : document.Blocked(reason, fault), null);
        }

        var described = document with
        {
            Patient = header.Patient?.InsIds.FirstOrDefault() is { } ins
                ? new Ins { Number = ins.Extension, System = ins.Root }
                : document.Patient,
            UniqueId = CdaUniqueIds.Kept(header.UniqueId) ?? document.UniqueId,
            ReplacedIds = [.. header.ReplacedIds.Select(id => CdaUniqueIds.Kept(id)!)],
        };
        return (described, header);
    }

    /// <summary>JSON is FHIR; XML shows by its root which of both it is.</summary>
    private static async Task<(SourceHeader? Header, string Reason, string Fault)> ReadAsync(
        FileTree tree, PlannedDocument document, CancellationToken ct)
    {
        await using var content = tree.Open(document.File!);
        if (IsJson(document))
        {
            return await ReadFhirAsync(content, ct);
        }

        var read = await CdaReader.ReadAsync(content, cancellationToken: ct);
        if (read.Document is { } header)
        {
            return (SourceHeader.Of(header), "", "");
        }

        var refusal = read.Faults[^1];
        if (refusal.Kind == CdaFaultKind.WrongRoot && document.Metadata.MediaType is "" or "application/fhir+xml")
        {
            // Sent as text/xml, it would be described by hand alone.
            await using var again = tree.Open(document.File!);
            var other = await ReadFhirAsync(again, ct);
            if (other.Reason != NotFhir)
            {
                return other;
            }
        }

        return (null, "CDA_UNREADABLE", $"{refusal.Place}: {refusal.Text}");
    }

    private static async Task<(SourceHeader? Header, string Reason, string Fault)> ReadFhirAsync(Stream content, CancellationToken ct)
    {
        var read = await FhirReader.ReadHeaderAsync(content, cancellationToken: ct);
        var fault = read.Faults.Count > 0 ? read.Faults[^1] : null;
        return (read.Header, fault?.Kind) switch
        {
            ({ } header, _) => (SourceHeader.Of(header), "", ""),
            (_, FhirFaultKind.WrongRoot or FhirFaultKind.UnknownFormat or FhirFaultKind.Encoding or FhirFaultKind.Empty) =>
                (null, NotFhir, "The file is no FHIR document."),
            _ => (null, "FHIR_UNREADABLE", $"{fault!.Path}: {fault.Text}"),
        };
    }

    /// <summary>By its media type, or by its name where none is given.</summary>
    private static bool IsJson(PlannedDocument document) =>
        document.Metadata.MediaType is { Length: > 0 } mediaType
            ? mediaType == "application/fhir+json"
            : Path.GetExtension(document.Key).Equals(".json", StringComparison.OrdinalIgnoreCase);

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
