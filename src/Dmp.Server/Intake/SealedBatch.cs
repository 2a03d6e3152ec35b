using System.Buffers;
using Dmp.Storage;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>The small documents of a batch, sealed, each with the key of its record. Valid until it is disposed of.</summary>
internal sealed class SealedBatch : IDisposable
{
    private readonly List<UploadDecision> decisions = [];
    private readonly List<ReadOnlyMemory<byte>> contents = [];
    private readonly List<byte[]> buffers = [];
    private IReadOnlyDictionary<Guid, RecordKey> keys = new Dictionary<Guid, RecordKey>();

    /// <summary>What goes into the content store, in the order of <see cref="Place"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Contents => contents;

    /// <summary>The keys of all these records, in one round trip unless one has to be made.</summary>
    public async Task OpenKeysAsync(ContentVault vault, NpgsqlConnection connection, IEnumerable<Guid> recordIds, CancellationToken ct) =>
        keys = await vault.KeysOfAsync(connection, [.. recordIds.Distinct()], ct);

    public void Seal(UploadDecision decision)
    {
        var key = keys[decision.Access.RecordId];
        var plain = decision.Upload.Small!.Value.Span;
        var stored = ArrayPool<byte>.Shared.Rent((int)SealedFormat.StoredLength(plain.Length));
        buffers.Add(stored);
        contents.Add(stored.AsMemory(0, ContentVault.Seal(key, decision.Version!.ContentId, plain, stored)));
        decision.Version = decision.Version with { RecordKeyId = key.RecordKeyId };
        decisions.Add(decision);
    }

    /// <summary>Names the key that a larger document was sealed with while it came; false when it was destroyed since.</summary>
    public bool TryName(UploadDecision decision)
    {
        var used = decision.Upload.RecordKeyId!.Value;
        decision.Version = decision.Version! with { RecordKeyId = used };
        return keys[decision.Access.RecordId].RecordKeyId == used;
    }

    /// <summary>The contents are durable, and lie there.</summary>
    public void Place(IReadOnlyList<ContentPlace> places)
    {
        for (var i = 0; i < places.Count; i++)
        {
            decisions[i].Version = decisions[i].Version! with { BlobId = places[i].BlobId, BlobOffset = places[i].Offset };
        }
    }

    public void Dispose()
    {
        foreach (var key in keys.Values)
        {
            key.Dispose();
        }

        buffers.ForEach(buffer => ArrayPool<byte>.Shared.Return(buffer));
        buffers.Clear();
    }
}
