using Dapper;
using Npgsql;

namespace Dmp.Cli.Store;

/// <summary>Blobs by what refers to them.</summary>
internal enum BlobGroup
{
    /// <summary>One document is in each.</summary>
    Own,

    /// <summary>Documents share them.</summary>
    Shared,

    /// <summary>Of unfinished uploads. Most have no blob yet, only a part.</summary>
    Uploads,
}

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

    // upload_content_idx. Bytes that are durable, and whose document is still to come.
    private const string UploadBlobs =
        """
        select content_id
        from upload
        where content_id > @After
        order by content_id
        limit @Limit
        """;

    // All three indexes.
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
        union
        select content_id
        from upload
        where content_id = any(@BlobIds)
        """;

    /// <param name="connection">As the owner of the schema, who sees all rows.</param>
    /// <param name="group">Which of them.</param>
    /// <param name="after">The last id of the page before.</param>
    /// <param name="limit">Most ids of a page.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<List<Guid>> PageAsync(
        NpgsqlConnection connection, BlobGroup group, Guid after, int limit, CancellationToken ct) =>
        (await connection.QueryAsync<Guid>(new CommandDefinition(
            group switch
            {
                BlobGroup.Own => OwnBlobs,
                BlobGroup.Shared => SharedBlobs,
                _ => UploadBlobs,
            },
            new { After = after, Limit = limit },
            cancellationToken: ct))).AsList();

    public static async Task<HashSet<Guid>> ReferencedAsync(NpgsqlConnection connection, Guid[] blobIds, CancellationToken ct) =>
        [.. await connection.QueryAsync<Guid>(new CommandDefinition(Referenced, new { BlobIds = blobIds }, cancellationToken: ct))];
}
