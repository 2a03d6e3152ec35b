using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Storage;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Facts;

/// <summary>What the documents of a record state that exist for the caller.</summary>
internal sealed class ListFacts(
    Database database, AccessPolicy policy, AuditTrail audit, ContentVault vault, PageTokens pageTokens, ILogger<ListFacts> logger)
{
    private const int AttemptsMax = 5;

    /// <summary>Bytes of an answer, but for its first document.</summary>
    private const int BytesMax = 1024 * 1024;

    /// <summary>Bytes of blocks that are fetched for it, but for the first one: they become four times as long, or more.</summary>
    private const int StoredBytesMax = BytesMax / 4;

    public async Task<ListFactsResponse> RunAsync(Call call, ListFactsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        for (var i = 0; i < request.Kinds.Count; i++)
        {
            faults.Require(
                request.Kinds[i] != FactKind.Unspecified && System.Enum.IsDefined(request.Kinds[i]),
                $"kinds[{i}]",
                "Must be a kind of this version of the contract, and not UNSPECIFIED.");
        }

        var search = DocumentSearch.Approved with
        {
            ServiceTimeFrom = DocumentRules.CheckTime(request.ServiceTimeFrom, "service_time_from", faults),
            ServiceTimeTo = DocumentRules.CheckTime(request.ServiceTimeTo, "service_time_to", faults),
        };
        faults.ThrowIfAny();

        var query = request.Clone();
        query.PageToken = "";
        var position = pageTokens.Read(request.PageToken, call.Caller, query);
        search = search with
        {
            After = position is null ? DocumentSearch.FirstPage : PageTokens.ReadPosition(position),
            Limit = pageSize + 1,
        };
        HashSet<FactKind> kinds = request.Kinds.Count > 0 ? [.. request.Kinds] : [.. System.Enum.GetValues<FactKind>()];

        for (var attempt = 1; ; attempt++)
        {
            var (rows, stored, seen) = await FindAsync(call, recordId, search, pageSize, FactBlock.BitsOf(kinds), ct);
            var (response, last) = await AnswerAsync(recordId, [.. rows.Take(pageSize)], stored, kinds, ct);

            // Opening them may have taken a while: what was withdrawn or hidden meanwhile is not answered.
            if (await database.InBatchesAsync(
                connection => ChangeSql.HasChangedAsync(connection, recordId, seen, null, ct), ct))
            {
                if (attempt < AttemptsMax)
                {
                    continue;
                }

                throw Failures.Of(ErrorReason.WriteConflict);
            }

            if (response.Documents.Count < rows.Count)
            {
                response.NextPageToken = pageTokens.Create(
                    call.Caller, query, PageTokens.Position(last!.ServiceStartTime, last.DocumentId, last.Version));
            }

            await audit.TraceReadAsync(call, [.. rows.Take(response.Documents.Count).Select(row => row.Traced)], ct);
            return response;
        }
    }

    /// <summary>The page and one more, what is stored of it, and the position of the changes before which that was so.</summary>
    private Task<(
        List<DocumentRow> Rows,
        IReadOnlyDictionary<(Guid DocumentId, int Version), StoredFacts> Stored,
        long Position)> FindAsync(
        Call call, Guid recordId, DocumentSearch search, int pageSize, int kinds, CancellationToken ct) => database.InBatchesAsync(
        connection => policy.ReadAsync(
            connection,
            call,
            recordId,
            async access =>
            {
                var rows = await DocumentSql.SearchAsync(connection, access, search, ct);
                var stored = await FactSql.FindPageAsync(connection, access, [.. rows.Take(pageSize)], kinds, StoredBytesMax, ct);
                return (rows, stored, access.Place.Position);
            },
            ct),
        ct);

    /// <summary>As many of the documents as an answer has room for, and the last one of them.</summary>
    private async Task<(ListFactsResponse Response, DocumentRow? Last)> AnswerAsync(
        Guid recordId,
        IReadOnlyList<DocumentRow> rows,
        IReadOnlyDictionary<(Guid DocumentId, int Version), StoredFacts> stored,
        HashSet<FactKind> kinds,
        CancellationToken ct)
    {
        var response = new ListFactsResponse();
        DocumentRow? last = null;
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
                if (size > BytesMax && response.Documents.Count > 0)
                {
                    break;
                }

                response.Documents.Add(facts);
                last = row;
            }

            return (response, last);
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
        HashSet<FactKind> kinds,
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
