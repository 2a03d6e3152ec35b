using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Storage;

namespace Dmp.Server.Facts;

/// <summary>A document that exists for a caller, with what was read of it.</summary>
/// <param name="Row">The document.</param>
/// <param name="State">What became of the reading.</param>
/// <param name="Block">The block without its seal; null when there is none, or none that was asked for.</param>
/// <param name="WordsCut">Some of its words were not read.</param>
internal sealed record OpenedBlock(DocumentRow Row, DocumentFactsState State, byte[]? Block, bool WordsCut);

/// <summary>Documents that exist for a caller, in the order of a search.</summary>
/// <param name="Documents">As many as there is room for, one at least when there are any.</param>
/// <param name="HasMore">There are further ones behind them.</param>
/// <param name="Seen">The position of the changes before which this was so.</param>
internal sealed record BlockPage(IReadOnlyList<OpenedBlock> Documents, bool HasMore, long Seen);

/// <summary>What was read of the documents of a record that exist for a caller at this moment, from their sealed blocks.</summary>
internal sealed class RecordBlocks(Database database, AccessPolicy policy, ContentVault vault, ILogger<RecordBlocks> logger)
{
    private const int AttemptsMax = 5;

    /// <summary>The next documents of a search, whose limit is the size of the page, with their blocks.</summary>
    /// <param name="call">Whose call.</param>
    /// <param name="recordId">Of which record.</param>
    /// <param name="search">Which documents.</param>
    /// <param name="content">Which blocks.</param>
    /// <param name="kinds">Bits of what facts are asked for; a block without any is left out.</param>
    /// <param name="bytesMax">Bytes of blocks, but for the first one: those behind are left to the next page.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="Grpc.Core.RpcException">WRITE_CONFLICT: the record changed under each attempt.</exception>
    public async Task<BlockPage> ReadAsync(
        Call call, Guid recordId, DocumentSearch search, BlockContent content, int kinds, int bytesMax, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (rows, stored, seen) = await FindAsync(call, recordId, search, content, kinds, bytesMax, ct);
            var documents = await OpenAsync(recordId, rows.Take(search.Limit), stored, ct);

            // Opening them may have taken a while: what was withdrawn or hidden meanwhile is not answered.
            if (!await database.InBatchesAsync(connection => ChangeSql.HasChangedAsync(connection, recordId, seen, null, ct), ct))
            {
                return new BlockPage(documents, documents.Count < rows.Count, seen);
            }

            if (attempt == AttemptsMax)
            {
                throw Failures.Of(ErrorReason.WriteConflict);
            }

            // A change that has no place yet counts as one of meanwhile, also when it came before: now each has its place.
            await database.InBatchesAsync(connection => ChangeSql.SequenceWaitingAsync(connection, ct), ct);
        }
    }

    /// <summary>
    /// What is made of several pages, as of one moment: nothing of the record changed between the first and the last of them. Of one page
    /// that is so already.
    /// </summary>
    /// <param name="recordId">Of which record.</param>
    /// <param name="readPages">Reads all of them anew, and tells the position of the first and how many there were.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="Grpc.Core.RpcException">WRITE_CONFLICT: the record changed under each attempt.</exception>
    public async Task<T> OfOneMomentAsync<T>(
        Guid recordId, Func<Task<(T Result, long Seen, int Pages)>> readPages, CancellationToken ct)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            var (result, seen, pages) = await readPages();
            if (pages <= 1
                || !await database.InBatchesAsync(connection => ChangeSql.HasChangedAsync(connection, recordId, seen, null, ct), ct))
            {
                return result;
            }
        }

        throw Failures.Of(ErrorReason.WriteConflict);
    }

    /// <summary>The page and one more, what is stored of it, and the position of the changes before which that was so.</summary>
    private Task<(
        List<DocumentRow> Rows,
        IReadOnlyDictionary<(Guid DocumentId, int Version), StoredBlock> Stored,
        long Position)> FindAsync(
        Call call, Guid recordId, DocumentSearch search, BlockContent content, int kinds, int bytesMax, CancellationToken ct) =>
        database.InBatchesAsync(
            connection => policy.ReadAsync(
                connection,
                call,
                recordId,
                async access =>
                {
                    var rows = await DocumentSql.SearchAsync(connection, access, search with { Limit = search.Limit + 1 }, ct);
                    var stored = await FactSql.FindPageAsync(
                        connection, access, [.. rows.Take(search.Limit)], content, kinds, bytesMax, ct);
                    return (rows, stored, access.Place.Position);
                },
                ct),
            ct);

    private async Task<IReadOnlyList<OpenedBlock>> OpenAsync(
        Guid recordId,
        IEnumerable<DocumentRow> rows,
        IReadOnlyDictionary<(Guid DocumentId, int Version), StoredBlock> stored,
        CancellationToken ct)
    {
        List<OpenedBlock> documents = [];
        Dictionary<Guid, RecordKey?> keys = [];
        try
        {
            foreach (var row in rows)
            {
                if (await OpenAsync(recordId, row, stored.GetValueOrDefault((row.DocumentId, row.Version)), keys, ct) is not { } document)
                {
                    break;
                }

                documents.Add(document);
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
    private async Task<OpenedBlock?> OpenAsync(
        Guid recordId, DocumentRow row, StoredBlock? stored, Dictionary<Guid, RecordKey?> keys, CancellationToken ct)
    {
        if (stored is null)
        {
            return new OpenedBlock(row, DocumentFactsState.NotStructured, null, WordsCut: false);
        }

        var state = (DocumentFactsState)stored.State;
        if (stored.BlockId is not { } blockId)
        {
            return new OpenedBlock(row, state, null, stored.WordsCut);
        }

        if (stored.Block is null && !stored.IsSkipped)
        {
            return null;
        }

        try
        {
            return await KeyOfAsync(recordId, stored, keys, ct) is not { } key
                ? new OpenedBlock(row, DocumentFactsState.Erased, null, WordsCut: false)
                : new OpenedBlock(row, state, stored.Block is { } block ? ContentVault.Open(key, blockId, block) : null, stored.WordsCut);
        }
        catch (ContentDamagedException damaged)
        {
            // What is wrong with one must not hide the others.
            FactLog.BlockDamaged(logger, damaged, row.DocumentId, row.Version);
            return new OpenedBlock(row, DocumentFactsState.Failed, null, stored.WordsCut);
        }
    }

    /// <summary>The key of a block, made ready once for all blocks of the answer; null when it was destroyed.</summary>
    private async Task<RecordKey?> KeyOfAsync(Guid recordId, StoredBlock stored, Dictionary<Guid, RecordKey?> keys, CancellationToken ct)
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
