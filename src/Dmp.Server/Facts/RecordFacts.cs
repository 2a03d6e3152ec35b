using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Storage;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Facts;

/// <summary>Documents that exist for a caller with what they state, in the order of a search.</summary>
/// <param name="Documents">As many as an answer has room for, one at least when there are any.</param>
/// <param name="HasMore">There are further ones behind them.</param>
internal sealed record FactPage(IReadOnlyList<(DocumentRow Row, DocumentFacts Facts)> Documents, bool HasMore)
{
    /// <summary>Where the next page begins; only where there is one.</summary>
    public (DateTimeOffset Time, Guid Id, int Version) Position =>
        (Documents[^1].Row.ServiceStartTime, Documents[^1].Row.DocumentId, Documents[^1].Row.Version);
}

/// <summary>What the documents of a record state that exist for a caller at this moment, read from their sealed blocks.</summary>
internal sealed class RecordFacts(Database database, AccessPolicy policy, ContentVault vault, ILogger<RecordFacts> logger)
{
    private const int AttemptsMax = 5;

    /// <summary>Bytes of an answer, but for its first document.</summary>
    private const int BytesMax = 1024 * 1024;

    /// <summary>Bytes of blocks that are fetched for it, but for the first one: they become four times as long, or more.</summary>
    private const int StoredBytesMax = BytesMax / 4;

    /// <summary>The next documents of a search, whose limit is the size of the page, with their facts of these kinds.</summary>
    /// <exception cref="Grpc.Core.RpcException">WRITE_CONFLICT: the record changed under each attempt.</exception>
    public async Task<FactPage> ReadAsync(
        Call call, Guid recordId, DocumentSearch search, IReadOnlySet<FactKind> kinds, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (rows, stored, seen) = await FindAsync(call, recordId, search, FactBlock.BitsOf(kinds), ct);
            var documents = await OpenAsync(recordId, rows.Take(search.Limit), stored, kinds, ct);

            // Opening them may have taken a while: what was withdrawn or hidden meanwhile is not answered.
            if (!await database.InBatchesAsync(connection => ChangeSql.HasChangedAsync(connection, recordId, seen, null, ct), ct))
            {
                return new FactPage(documents, documents.Count < rows.Count);
            }

            if (attempt == AttemptsMax)
            {
                throw Failures.Of(ErrorReason.WriteConflict);
            }

            // A change that has no place yet counts as one of meanwhile, also when it came before: now each has its place.
            await database.InBatchesAsync(connection => ChangeSql.SequenceWaitingAsync(connection, ct), ct);
        }
    }

    /// <summary>The page and one more, what is stored of it, and the position of the changes before which that was so.</summary>
    private Task<(
        List<DocumentRow> Rows,
        IReadOnlyDictionary<(Guid DocumentId, int Version), StoredFacts> Stored,
        long Position)> FindAsync(
        Call call, Guid recordId, DocumentSearch search, int kinds, CancellationToken ct) => database.InBatchesAsync(
        connection => policy.ReadAsync(
            connection,
            call,
            recordId,
            async access =>
            {
                var rows = await DocumentSql.SearchAsync(connection, access, search with { Limit = search.Limit + 1 }, ct);
                var stored = await FactSql.FindPageAsync(connection, access, [.. rows.Take(search.Limit)], kinds, StoredBytesMax, ct);
                return (rows, stored, access.Place.Position);
            },
            ct),
        ct);

    /// <summary>As many of the documents as an answer has room for.</summary>
    private async Task<IReadOnlyList<(DocumentRow Row, DocumentFacts Facts)>> OpenAsync(
        Guid recordId,
        IEnumerable<DocumentRow> rows,
        IReadOnlyDictionary<(Guid DocumentId, int Version), StoredFacts> stored,
        IReadOnlySet<FactKind> kinds,
        CancellationToken ct)
    {
        List<(DocumentRow Row, DocumentFacts Facts)> documents = [];
        var size = 0;
        Dictionary<Guid, RecordKey?> keys = [];
        try
        {
            foreach (var row in rows)
            {
                if (await ToMessageAsync(recordId, row, stored.GetValueOrDefault((row.DocumentId, row.Version)), kinds, keys, ct)
                    is not { } facts)
                {
                    break;
                }

                size += facts.CalculateSize();
                if (size > BytesMax && documents.Count > 0)
                {
                    break;
                }

                documents.Add((row, facts));
            }

            return documents;
        }
        finally
        {
            foreach (var key in keys.Values)
            {
                key?.Dispose();
            }
        }
    }

    /// <summary>Null when its block was left to the next page.</summary>
    private async Task<DocumentFacts?> ToMessageAsync(
        Guid recordId,
        DocumentRow row,
        StoredFacts? stored,
        IReadOnlySet<FactKind> kinds,
        Dictionary<Guid, RecordKey?> keys,
        CancellationToken ct)
    {
        var message = new DocumentFacts();
        var state = stored is null ? DocumentFactsState.NotStructured : (DocumentFactsState)stored.State;
        if (stored is { FactsId: { } factsId })
        {
            if (stored.Block is null && !stored.IsSkipped)
            {
                return null;
            }

            try
            {
                if (await KeyOfAsync(recordId, stored, keys, ct) is not { } key)
                {
                    state = DocumentFactsState.Erased;
                }
                else if (stored.Block is { } block)
                {
                    message = FactBlock.Open(key, factsId, block);
                    List<Fact> wanted = [.. message.Facts.Where(fact => kinds.Contains(FactMapping.KindOf(fact)))];
                    message.Facts.Clear();
                    message.Facts.AddRange(wanted);
                }
            }
            catch (ContentDamagedException damaged)
            {
                // What is wrong with one must not hide the others.
                FactLog.BlockDamaged(logger, damaged, row.DocumentId, row.Version);
                state = DocumentFactsState.Failed;
            }
        }

        message.DocumentId = row.DocumentId.ToString();
        message.Version = row.Version;
        message.UniqueId = row.Describe().UniqueId;
        message.ServiceStartTime = row.ServiceStartTime.ToTimestamp();
        message.State = state;
        return message;
    }

    /// <summary>The key of a block, made ready once for all blocks of the answer; null when it was destroyed.</summary>
    private async Task<RecordKey?> KeyOfAsync(Guid recordId, StoredFacts stored, Dictionary<Guid, RecordKey?> keys, CancellationToken ct)
    {
        var keyId = stored.RecordKeyId!.Value;
        if (!keys.TryGetValue(keyId, out var key))
        {
            try
            {
                key = await vault.KeyOfAsync(FactSql.KeyOf(recordId, keyId, stored.MasterKeyId, stored.WrappedKey), ct);
            }
            catch (ContentErasedException)
            {
                // A second wall: whoever destroys a key forgets the blocks with it (dmp keys destroy).
                key = null;
            }

            keys[keyId] = key;
        }

        return key;
    }
}
