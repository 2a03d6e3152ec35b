using Dapper;
using Npgsql;

namespace Dmp.Cli.Store;

/// <summary>Which blobs the documents are in, in the order of their ids, a page at a time.</summary>
internal static class StoreSql
{
    // document_version_content_key.
    private const string OwnBlobs =
        """
        select content_id
        from document_version
        where content_id > @After
            and blob_id is null
        order by content_id
        limit @Limit
        """;

    // document_version_blob_idx.
    private const string SharedBlobs =
        """
        select distinct blob_id
        from document_version
        where blob_id > @After
        order by blob_id
        limit @Limit
        """;

    // Both indexes.
    private const string Referenced =
        """
        select content_id
        from document_version
        where content_id = any(@BlobIds)
            and blob_id is null
        union
        select blob_id
        from document_version
        where blob_id = any(@BlobIds)
        """;

    /// <param name="connection">As the owner of the schema, who sees all rows.</param>
    /// <param name="shared">The blobs that documents share, instead of those that hold one each.</param>
    /// <param name="after">The last id of the page before.</param>
    /// <param name="limit">Most ids of a page.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<List<Guid>> PageAsync(NpgsqlConnection connection, bool shared, Guid after, int limit, CancellationToken ct) =>
        (await connection.QueryAsync<Guid>(new CommandDefinition(
            shared ? SharedBlobs : OwnBlobs, new { After = after, Limit = limit }, cancellationToken: ct))).AsList();

    public static async Task<HashSet<Guid>> ReferencedAsync(NpgsqlConnection connection, Guid[] blobIds, CancellationToken ct) =>
        [.. await connection.QueryAsync<Guid>(new CommandDefinition(Referenced, new { BlobIds = blobIds }, cancellationToken: ct))];
}
