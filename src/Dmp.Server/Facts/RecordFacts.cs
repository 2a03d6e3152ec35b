using Dmp.Document.V1;
using Dmp.Facts.V1;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Storage;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Facts;

/// <summary>Documents that exist for a caller with what they state, in the order of a search.</summary>
/// <param name="Documents">As many as an answer has room for, one at least when there are any.</param>
/// <param name="HasMore">There are further ones behind them.</param>
/// <param name="Seen">The position of the changes before which this was so.</param>
internal sealed record FactPage(IReadOnlyList<(DocumentRow Row, DocumentFacts Facts)> Documents, bool HasMore, long Seen)
{
    /// <summary>Where the next page begins; only where there is one.</summary>
    public (DateTimeOffset Time, Guid Id, int Version) Position => Documents[^1].Row.SearchPosition;
}

/// <summary>What the documents of a record state that exist for a caller at this moment.</summary>
internal sealed class RecordFacts(RecordBlocks blocks, ILogger<RecordFacts> logger)
{
    /// <summary>Bytes of an answer, but for its first document.</summary>
    private const int BytesMax = 1024 * 1024;

    /// <summary>Bytes of blocks that are fetched for it, but for the first one: they become four times as long, or more.</summary>
    private const int StoredBytesMax = BytesMax / 4;

    /// <summary>The next documents of a search, whose limit is the size of the page, with their facts of these kinds.</summary>
    /// <exception cref="Grpc.Core.RpcException">WRITE_CONFLICT: the record changed under each attempt.</exception>
    public async Task<FactPage> ReadAsync(
        Call call, Guid recordId, DocumentSearch search, IReadOnlySet<FactKind> kinds, CancellationToken ct)
    {
        var page = await blocks.ReadAsync(call, recordId, search, BlockContent.Facts, FactBlock.BitsOf(kinds), StoredBytesMax, ct);
        List<(DocumentRow Row, DocumentFacts Facts)> documents = [];
        var size = 0;
        foreach (var document in page.Documents)
        {
            var facts = ToMessage(document, kinds);
            size += facts.CalculateSize();
            if (size > BytesMax && documents.Count > 0)
            {
                break;
            }

            documents.Add((document.Row, facts));
        }

        return new FactPage(documents, page.HasMore || documents.Count < page.Documents.Count, page.Seen);
    }

    private DocumentFacts ToMessage(OpenedBlock document, IReadOnlySet<FactKind> kinds)
    {
        var row = document.Row;

        // Of what has words only, the state is that of its words.
        var state = VersionReader.MayState((ContentForm)row.Form) ? document.State : DocumentFactsState.NotStructured;
        var message = new DocumentFacts();
        if (document.Block is { } block)
        {
            try
            {
                message = FactBlock.Unpack(row.DocumentId, block);
                List<Fact> wanted = [.. message.Facts.Where(fact => kinds.Contains(FactMapping.KindOf(fact)))];
                message.Facts.Clear();
                message.Facts.AddRange(wanted);
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
}
