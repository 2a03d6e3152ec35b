using System.Text;
using Dmp.Client;
using Google.Protobuf;

namespace Dmp.Cli.Export;

/// <summary>
/// Writes each version of each document: its metadata as the contract's JSON, and its content where the XDM view expects it.
/// </summary>
internal sealed class DocumentExport(
    DmpClient dmp, ArchiveWriter archive, DocumentSpool spool, string temporaryPath, List<ExportManifest.Omission> omitted)
{
    private const int HeldBytesMax = 1024 * 1024;

    private static readonly JsonFormatter indented = new(JsonFormatter.Settings.Default.WithIndentation());

    /// <summary>Writes all, and gives those that are there: true with their content, false without.</summary>
    public async Task<IReadOnlyDictionary<string, bool>> WriteAsync(Action<long> onBytes, CancellationToken ct)
    {
        Dictionary<string, bool> exported = new(StringComparer.Ordinal);
        foreach (var spooled in spool.Read())
        {
            var document = spooled.Document;
            await using var content = await DownloadAsync(spooled, ct);
            if (content is null && !await IsStillSeenAsync(document, ct))
            {
                // Hidden since the search. For the caller it does not exist, so nothing of it is in the archive.
                continue;
            }

            exported.Add(spooled.Key, content is not null);
            if (content is not null)
            {
                await archive.AddAsync(
                    spooled.Path, isPacked: false, stream => content.CopyToAsync(stream, ct), (document.DocumentId, document.Version));
            }
            else
            {
                omitted.Add(new ExportManifest.Omission($"documents/{spooled.Key} content", "DOCUMENT_NOT_FOUND"));
            }

            await archive.AddAsync(
                $"documents/{spooled.Key}.json",
                isPacked: true,
                stream => stream.WriteAsync(Encoding.UTF8.GetBytes(indented.Format(document) + "\n"), ct).AsTask());
            onBytes(document.Content.SizeBytes);
        }

        return exported;
    }

    /// <summary>
    /// The whole content, verified; null when it is not served to this caller: that of a deleted document, or of one that was hidden
    /// meanwhile. Not straight into the archive, where a piece of it would stay when the right ends in the middle.
    /// </summary>
    private async Task<Stream?> DownloadAsync(SpooledDocument spooled, CancellationToken ct)
    {
        var document = spooled.Document;
        Stream content = document.Content.SizeBytes <= HeldBytesMax
            ? new MemoryStream((int)document.Content.SizeBytes)
            : TemporaryFile.Create(temporaryPath);
        try
        {
            await dmp.DownloadAsync(
                document.RecordId, document.DocumentId, content, new DownloadOptions { Version = document.Version }, cancellationToken: ct);
            content.Position = 0;
            return content;
        }
        catch (DmpNotFoundException)
        {
            await content.DisposeAsync();
            return null;
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }
    }

    private async Task<bool> IsStillSeenAsync(Document.V1.Document document, CancellationToken ct)
    {
        try
        {
            await dmp.GetDocumentAsync(
                new() { RecordId = document.RecordId, DocumentId = document.DocumentId, Version = document.Version }, ct);
            return true;
        }
        catch (DmpNotFoundException)
        {
            return false;
        }
    }
}
