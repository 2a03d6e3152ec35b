using System.Buffers;
using Dmp.Server.Media;
using Dmp.Storage;

namespace Dmp.Server.Intake;

/// <summary>
/// Where the bytes of one upload go while they come: into memory as long as they are few, then into a part of the content store, from
/// which another call can take them up. Digest and form are found on the way.
/// </summary>
internal sealed class UploadSink : IAsyncDisposable
{
    /// <summary>Documents up to this size are kept in memory until they are finished, and then share a blob with others.</summary>
    public const int SmallBytesMax = 256 * 1024;

    private const int ReadBackBytes = 256 * 1024;

    private readonly ContentDigest digest = new();
    private readonly ContentSniffer sniffer = new();
    private byte[] memory = [];
    private int memoryLength;
    private IContentWriter? part;

    /// <summary>An earlier call made the bytes durable and came no further: they can only be read.</summary>
    private IContentReader? committed;

    /// <summary>Bytes of the document that are here.</summary>
    public long Size => digest.Size;

    /// <summary>Bytes that another call could take up.</summary>
    public long PersistedSize => part?.PersistedLength ?? committed?.Length ?? 0;

    /// <summary>The key that the bytes in the content store are sealed with; null while there are none.</summary>
    public Guid? RecordKeyId { get; private set; }

    /// <summary>Small enough that nothing is in the content store.</summary>
    public bool IsSmall => part is null && committed is null;

    /// <summary>The bytes cannot grow any more.</summary>
    public bool IsCommitted => committed is not null;

    /// <summary>The bytes of a small document, valid until this is disposed of.</summary>
    public ReadOnlyMemory<byte> Small => memory.AsMemory(0, memoryLength);

    /// <summary>
    /// Goes on from what an earlier call left of this blob: a part, or a blob that is durable already. False when there is neither.
    /// </summary>
    /// <exception cref="ContentInUseException">The call before still holds it.</exception>
    public async Task<bool> TakeUpAsync(ContentVault vault, RecordKey key, Guid contentId, CancellationToken ct)
    {
        RecordKeyId = key.RecordKeyId;
        part = await vault.ResumeAsync(key, contentId, contentId, ct);
        if (part is null)
        {
            committed = await vault.OpenWholeAsync(key, contentId, contentId, ct);
        }

        if (IsSmall)
        {
            return false;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(ReadBackBytes);
        try
        {
            while (Size < PersistedSize)
            {
                Observe(buffer.AsSpan(0, await ReadAsync(Size, buffer, ct)));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return true;
    }

    /// <summary>
    /// True when the next <paramref name="count"/> bytes do not fit into memory: <see cref="SpillAsync"/> must come first.
    /// </summary>
    public bool MustSpill(int count) => IsSmall && memoryLength + count > SmallBytesMax;

    /// <summary>Moves what is in memory into a part of the content store.</summary>
    public async Task SpillAsync(ContentVault vault, RecordKey key, Guid contentId, CancellationToken ct)
    {
        RecordKeyId = key.RecordKeyId;
        part = await vault.CreateAsync(key, contentId, contentId, ct);
        await part.AppendAsync(Small, ct);
        ReturnMemory();
    }

    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (committed is not null)
        {
            throw new InvalidOperationException("The bytes are durable and cannot grow.");
        }

        if (part is null)
        {
            Keep(bytes.Span);
            Observe(bytes.Span);
            return;
        }

        // The disk takes the bytes while the processor hashes them.
        var write = part.AppendAsync(bytes, ct);
        Observe(bytes.Span);
        await write;
    }

    /// <summary>Makes durable what is in the content store; answers how much.</summary>
    public Task<long> FlushAsync(CancellationToken ct) => part?.FlushAsync(ct) ?? Task.FromResult(PersistedSize);

    public ContentDigests Digests() => digest.Conclude();

    public SniffedForm Form() => sniffer.Conclude();

    /// <summary>Makes a document that is in the content store durable, under the id of its content.</summary>
    public Task CommitAsync(CancellationToken ct) => part?.CommitAsync(ct) ?? Task.CompletedTask;

    /// <summary>The bytes to look into, wherever they are; valid until this is disposed of, before and after the commit.</summary>
    public IContentReader Reader() => new SinkReader(this);

    /// <summary>Nothing of the bytes is needed any more, here or by another call.</summary>
    public async Task DiscardAsync(IContentStore store, Guid contentId)
    {
        if (part is not null)
        {
            await part.DiscardAsync(CancellationToken.None);
        }

        if (!IsSmall)
        {
            await store.DeleteAsync(contentId, CancellationToken.None);
        }
    }

    /// <summary>Lets go; a part stays for the call that takes it up.</summary>
    public async ValueTask DisposeAsync()
    {
        ReturnMemory();
        digest.Dispose();
        if (part is not null)
        {
            await part.DisposeAsync();
        }

        if (committed is not null)
        {
            await committed.DisposeAsync();
        }
    }

    private ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct) =>
        part?.ReadAsync(offset, buffer, ct)
        ?? committed?.ReadAsync(offset, buffer, ct)
        ?? new MemoryContent(Small).ReadAsync(offset, buffer, ct);

    private void Observe(ReadOnlySpan<byte> bytes)
    {
        digest.Append(bytes);
        sniffer.Observe(bytes);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (memory.Length < memoryLength + bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(SmallBytesMax, Math.Max(memoryLength + bytes.Length, memory.Length * 2)));
            Small.Span.CopyTo(larger);
            var length = memoryLength;
            ReturnMemory();
            (memory, memoryLength) = (larger, length);
        }

        bytes.CopyTo(memory.AsSpan(memoryLength));
        memoryLength += bytes.Length;
    }

    private void ReturnMemory()
    {
        if (memory.Length > 0)
        {
            // Medical content does not stay in a buffer that anybody may rent next.
            ArrayPool<byte>.Shared.Return(memory, clearArray: true);
        }

        (memory, memoryLength) = ([], 0);
    }

    private sealed class SinkReader(UploadSink sink) : IContentReader
    {
        public long Length => sink.Size;

        public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            sink.ReadAsync(offset, buffer, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
