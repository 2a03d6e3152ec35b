using Dapper;
using Dmp.Facts.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Storage;
using Npgsql;

namespace Dmp.Server.Facts;

/// <summary>What a block holds.</summary>
internal enum BlockContent
{
    /// <summary>What a version states.</summary>
    Facts,

    /// <summary>The words of a version.</summary>
    Words,
}

/// <summary>A block of one version of a page, as it is stored.</summary>
internal sealed record StoredBlock
{
    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

    /// <summary>The numbers of <see cref="DocumentFactsState"/>.</summary>
    public required short State { get; init; }

    /// <summary>It holds none of the kinds asked for, and was left out.</summary>
    public required bool IsSkipped { get; init; }

    /// <summary>Some of its words were not read.</summary>
    public required bool WordsCut { get; init; }

    /// <summary>Null when there is none, when it was left out, or when the page is full before it.</summary>
    public byte[]? Block { get; init; }

    /// <summary>The name that it is sealed under; null when nothing was read of it.</summary>
    public Guid? BlockId { get; init; }

    public Guid? RecordKeyId { get; init; }

    public string? MasterKeyId { get; init; }

    /// <summary>Null once it was destroyed.</summary>
    public byte[]? WrappedKey { get; init; }
}

/// <summary>What was read of versions.</summary>
internal static class FactSql
{
    // Primary keys, for the versions of one page in their order, each looked up by itself: with a plan for all of them at once PostgreSQL
    // reads the whole record. Of blocks so many as an answer has room for; those behind are left to the next page.
    private const string PageColumns =
        "p.document_id, p.version, p.state, p.words_cut, p.is_skipped, p.block_id, p.record_key_id, p.master_key_id, p.wrapped_key";

    private const string OfVersion =
        "f.document_id, f.version, f.state, f.words_cut, f.record_key_id, k.master_key_id, k.wrapped as wrapped_key";

    private const string PageRows =
        """
        from unnest(@DocumentIds::uuid[], @Versions::integer[]) with ordinality n (document_id, version, place)
            cross join lateral (
                select a.*
                from document_facts a
                where a.record_id = @RecordId and a.document_id = n.document_id and a.version = n.version
                offset 0
            ) f
            left join record_key k on k.record_id = @RecordId and k.record_key_id = f.record_key_id
        """;

    private const string FindPage =
        $"""
        select {PageColumns}, case when p.bytes_before = 0 or p.bytes_before + length(p.block) <= @BytesMax then p.block end as block
        from (
            select {OfVersion}, f.block is not null and f.kinds & @Kinds = 0 as is_skipped, f.facts_id as block_id,
                case when f.kinds & @Kinds <> 0 then f.block end as block,
                coalesce(
                    sum(case when f.kinds & @Kinds <> 0 then length(f.block) else 0 end)
                        over (order by n.place rows between unbounded preceding and 1 preceding),
                    0) as bytes_before
            {PageRows}
        ) p
        """;

    // The same, of words.
    private const string FindWords =
        $"""
        select {PageColumns}, case when p.bytes_before = 0 or p.bytes_before + length(p.block) <= @BytesMax then p.block end as block
        from (
            select {OfVersion}, false as is_skipped, f.words_id as block_id, f.words as block,
                coalesce(sum(length(f.words)) over (order by n.place rows between unbounded preceding and 1 preceding), 0)
                    as bytes_before
            {PageRows}
        ) p
        """;

    private static readonly ScopedSql findPage = new(WorkRole.Request, FindPage);
    private static readonly ScopedSql findWords = new(WorkRole.Request, FindWords);

    /// <summary>The blocks of the versions of a page that exist for the caller, in no order; those without a row are absent.</summary>
    public static async Task<IReadOnlyDictionary<(Guid DocumentId, int Version), StoredBlock>> FindPageAsync(
        NpgsqlConnection connection,
        RecordAccess access,
        IReadOnlyList<DocumentRow> page,
        BlockContent content,
        int kinds,
        int bytesMax,
        CancellationToken ct)
    {
        var parameters = access.Scope.Parameters(new
        {
            access.RecordId,
            DocumentIds = page.Select(row => row.DocumentId).ToArray(),
            Versions = page.Select(row => row.Version).ToArray(),
            Kinds = kinds,
            BytesMax = bytesMax,
        });
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            (content == BlockContent.Facts ? findPage : findWords).For(access.Scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        return (await results.ReadAsync<StoredBlock>()).ToDictionary(stored => (stored.DocumentId, stored.Version));
    }

    /// <summary>A key of a record, as a statement read it.</summary>
    public static RecordKeyRow KeyOf(Guid recordId, Guid recordKeyId, string? masterKeyId, byte[]? wrapped) => new()
    {
        RecordKeyId = recordKeyId,
        RecordId = recordId,
        MasterKeyId = masterKeyId,
        Wrapped = wrapped,
    };
}
