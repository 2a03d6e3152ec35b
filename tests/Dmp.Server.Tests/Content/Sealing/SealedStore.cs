using Dmp.Storage;
using Dmp.Storage.Keys;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Content.Sealing;

/// <summary>A vault on a disk store of its own, with master keys in files, and one record with its key. No database.</summary>
internal sealed class SealedStore : IDisposable
{
    private readonly TemporaryStore temporary = new();
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmp-master-keys-");

    public SealedStore(ILogger<ContentVault>? logger = null)
    {
        MasterKeys = new MasterKeySet(MasterKeyKind.File, (MasterKeyKind.File, new FileMasterKeys(directory.FullName)));
        Keys = new RecordKeys(MasterKeys, new MasterKeyOptions(), TimeProvider.System, NullLogger<RecordKeys>.Instance);
        Vault = new ContentVault(temporary.Store, Keys, new MasterKeyOptions(), logger ?? NullLogger<ContentVault>.Instance);
    }

    public MasterKeySet MasterKeys { get; }

    public RecordKeys Keys { get; }

    public ContentVault Vault { get; }

    public DiskContentStore Store => temporary.Store;

    public IEnumerable<string> Files => temporary.Files;

    /// <summary>A new key of a new record, as its row.</summary>
    public async Task<RecordKeyRow> NewKeyAsync(CancellationToken ct)
    {
        var master = (await MasterKeys.ListAsync(ct)) is [var newest, ..]
            ? newest
            : await MasterKeys.CreateAsync(DateTimeOffset.UtcNow, ct);
        RecordKeyName name = new(Guid.CreateVersion7(), Guid.CreateVersion7());
        using var key = SecretBytes.Random(RecordKeyName.KeyBytes);
        return new RecordKeyRow
        {
            RecordKeyId = name.RecordKeyId,
            RecordId = name.RecordId,
            MasterKeyId = master,
            Wrapped = await MasterKeys.WrapAsync(master, name, key.Bytes, ct),
        };
    }

    /// <summary>Stores content as an upload does; answers where it is.</summary>
    public async Task<ContentLocation> PutAsync(RecordKeyRow row, byte[] content, int chunkSize, CancellationToken ct)
    {
        ContentLocation place =
            new() { ContentId = Guid.CreateVersion7(), BlobId = Guid.CreateVersion7(), SizeBytes = content.Length, Key = row };
        using var key = await Keys.OpenAsync(row, ct);
        await using var writer = await Vault.CreateAsync(key, place.ContentId, place.BlobId, ct);
        foreach (var chunk in content.Chunk(chunkSize))
        {
            await writer.AppendAsync(chunk, ct);
        }

        Assert.Equal(content.Length, writer.Length);
        await writer.CommitAsync(ct);
        return place;
    }

    /// <summary>All of a content, in reads of this size.</summary>
    public async Task<byte[]> GetAsync(ContentLocation place, CancellationToken ct, int chunkSize = SealedFormat.SegmentBytes)
    {
        await using var reader = await Vault.OpenAsync(place, ct);
        Assert.NotNull(reader);
        var content = new byte[reader.Length];
        for (var offset = 0; offset < content.Length; offset += chunkSize)
        {
            var part = content.AsMemory(offset, Math.Min(chunkSize, content.Length - offset));
            Assert.Equal(part.Length, await reader.ReadAsync(offset, part, ct));
        }

        return content;
    }

    /// <summary>What lies in the store under a blob id.</summary>
    public byte[] Stored(Guid blobId) => File.ReadAllBytes(Store.BlobPath(blobId));

    public void Overwrite(Guid blobId, byte[] bytes) => File.WriteAllBytes(Store.BlobPath(blobId), bytes);

    public void Dispose()
    {
        Keys.Dispose();
        temporary.Dispose();
        directory.Delete(recursive: true);
    }
}
