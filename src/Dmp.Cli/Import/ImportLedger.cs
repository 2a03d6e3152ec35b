using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dmp.Cli.Import;

/// <summary>
/// The resume file: JSON lines, only ever added to. What is about to be sent is written, and on the disk, before it is sent, with the
/// request id under which it is; so whatever happens in between, the next run sends it under the same id and the platform answers the same
/// document.
/// </summary>
internal sealed class ImportLedger : IAsyncDisposable
{
    private static readonly JsonSerializerOptions json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly FileStream file;
    private readonly Dictionary<(string File, string Digest), Entry> entries = [];
    private readonly SemaphoreSlim gate = new(1, 1);

    private ImportLedger(FileStream file) => this.file = file;

    /// <summary>Opens or begins a resume file. Nobody else writes to it meanwhile.</summary>
    public static async Task<ImportLedger> OpenAsync(string path, string address, string clientId, CancellationToken ct)
    {
        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            // It names records and files.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        ImportLedger ledger = new(new FileStream(path, options));
        try
        {
            await ledger.LoadAsync(path, new Header(1, address, clientId), ct);
            return ledger;
        }
        catch
        {
            await ledger.DisposeAsync();
            throw;
        }
    }

    /// <summary>What earlier runs know of a document with exactly this content and metadata; null when nothing.</summary>
    public Entry? Find(string key, string digest) =>
        entries.GetValueOrDefault((key, digest));

    /// <summary>
    /// Gives the request id of a document, on the disk when this returns, and what it replaces as it was first said: a request that is
    /// repeated must say the same.
    /// </summary>
    public async Task<Entry> BeginAsync(string key, string digest, string recordId, string? replaces, string? etag, CancellationToken ct)
    {
        if (Find(key, digest) is { } known && known.RecordId == recordId)
        {
            if (known.Etag is null && etag is not null)
            {
                await AppendAsync(known = known with { Replaces = replaces, Etag = etag }, isDurable: true, ct);
            }

            return known;
        }

        Entry begun = new(key, digest, recordId, Guid.NewGuid().ToString(), replaces, etag, null, 0);
        await AppendAsync(begun, isDurable: true, ct);
        return begun;
    }

    /// <summary>Lets the next run begin anew with a document that was refused because what it replaces has changed.</summary>
    public Task RenewAsync(string key, string digest, CancellationToken ct) => AppendAsync(
        entries[(key, digest)] with { RequestId = Guid.NewGuid().ToString(), Replaces = null, Etag = null }, isDurable: true, ct);

    /// <summary>
    /// Writes down that a document is there. Not forced to the disk: without the line the next run asks, and is answered the same.
    /// </summary>
    public Task DoneAsync(string key, string digest, string documentId, int version, CancellationToken ct) =>
        AppendAsync(entries[(key, digest)] with { DocumentId = documentId, Version = version }, isDurable: false, ct);

    public ValueTask DisposeAsync()
    {
        gate.Dispose();
        return file.DisposeAsync();
    }

    private async Task AppendAsync(Entry entry, bool isDurable, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            entries[(entry.File, entry.Digest)] = entry;

            // Not cancelled half way: a line is whole, or it is the last.
            await WriteAsync(entry, isDurable);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task WriteAsync<T>(T line, bool isDurable)
    {
        await file.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(line, json) + "\n"), CancellationToken.None);
        file.Flush(isDurable);
    }

    private async Task LoadAsync(string path, Header header, CancellationToken ct)
    {
        var good = 0L;
        var isBroken = false;
        Header? found = null;
        using StreamReader reader = new(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            if (isBroken)
            {
                throw new RefusedException($"{path} is no resume file of an import, or is damaged.");
            }

            try
            {
                if (found is null)
                {
                    found = JsonSerializer.Deserialize<Header>(line, json);
                }
                else if (JsonSerializer.Deserialize<Entry>(line, json) is { File: not null, Digest: not null, RequestId: not null } entry)
                {
                    entries[(entry.File, entry.Digest)] = entry;
                }

                good += Encoding.UTF8.GetByteCount(line) + 1;
            }
            catch (JsonException)
            {
                // The last line may be: the crash came while it was written, and nothing was sent on the strength of it.
                isBroken = true;
            }
        }

        if (found is null)
        {
            file.SetLength(0);
            await WriteAsync(header, isDurable: true);
            return;
        }

        if (found != header)
        {
            throw new RefusedException(
                $"{path} is of an import to {found.Address} by '{found.Client}'. Request ids hold for one caller only; "
                + "give another --resume.");
        }

        // What is left of a broken line is cut off, and a whole one gets its end, so that the next one begins where it must.
        file.SetLength(Math.Min(good, file.Length));
        file.Position = file.Length;
        if (good > file.Length)
        {
            file.WriteByte((byte)'\n');
        }
    }

    /// <summary>What is known of a document.</summary>
    internal sealed record Entry(
        string File, string Digest, string RecordId, string RequestId, string? Replaces, string? Etag, string? DocumentId, int Version);

    private sealed record Header(int DmpImport, string Address, string Client);
}
