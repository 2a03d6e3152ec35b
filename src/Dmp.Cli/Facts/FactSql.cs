using System.Runtime.CompilerServices;
using Dapper;
using Npgsql;

namespace Dmp.Cli.Facts;

/// <summary>Readings in one state.</summary>
internal sealed record ReadingCount
{
    /// <summary>The numbers of <c>dmp.fact.v1.DocumentFactsState</c>.</summary>
    public required short State { get; init; }

    /// <summary>The edition of the reader; 0 before the first reading.</summary>
    public required int Reader { get; init; }

    public required long Count { get; init; }

    /// <summary>Of those, so many are to be read.</summary>
    public required long Due { get; init; }
}

/// <summary>A version that was not read, or not whole.</summary>
internal sealed record UnreadVersion(Guid RecordId, Guid DocumentId, int Version, short State);

/// <summary>What servers have read of documents, and what they are to read.</summary>
internal static class FactSql
{
    // Reads the table once: a command, not a call.
    private const string Counts =
        """
        select state, reader, count(*) as count, count(due_time) as due
        from document_facts
        group by state, reader
        order by state, reader
        """;

    // Reads the table once, in the order of its primary key. Bit 30 of kinds: some statement was not read.
    private const string Unread =
        """
        select record_id, document_id, version, state
        from document_facts
        where state = 4 or kinds & (1 << 30) <> 0 or words_cut
        order by record_id, document_id, version
        """;

    // document_facts_due_idx, the first of each of both queues.
    private const string OldestDue =
        """
        select min(d.due_time)
        from (values (true), (false)) q (alone)
            cross join lateral (
                select f.due_time
                from document_facts f
                where f.alone = q.alone and f.due_time <= now()
                order by f.due_time
                limit 1
            ) d
        """;

    // document_facts_due_idx, no further than the limit.
    private const string Due = "select count(*) from (select from document_facts where due_time is not null limit @Limit) d";

    // Primary key, a stretch at a time. What is answered meanwhile is what was read before.
    private const string MarkNext =
        """
        with stretch as (
            select record_id, document_id, version
            from document_facts
            where (record_id, document_id, version) > (@RecordId, @DocumentId, @Version)
            order by record_id, document_id, version
            limit @Limit
        ), marked as (
            update document_facts f
            set due_time = now(), attempts = 0
            from stretch s
            where f.record_id = s.record_id
                and f.document_id = s.document_id
                and f.version = s.version
                and f.due_time is null
                and f.state <> 5
                and f.reader >= @Since
                and f.reader < @Before
            returning 1
        )
        select s.record_id, s.document_id, s.version, (select count(*) from marked) as marked
        from stretch s
        order by s.record_id desc, s.document_id desc, s.version desc
        limit 1
        """;

    public static async Task<IReadOnlyList<ReadingCount>> CountAsync(NpgsqlConnection database, CancellationToken ct) =>
        [.. await database.QueryAsync<ReadingCount>(new CommandDefinition(Counts, commandTimeout: 0, cancellationToken: ct))];

    /// <summary>Versions that were not read, or not whole, as the database sends them.</summary>
    public static async IAsyncEnumerable<UnreadVersion> UnreadAsync(
        NpgsqlConnection database, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Unread, database) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            yield return new UnreadVersion(reader.GetGuid(0), reader.GetGuid(1), reader.GetInt32(2), reader.GetInt16(3));
        }
    }

    /// <summary>UTC; null when nothing waits that is not being read or was put off.</summary>
    public static Task<DateTime?> OldestDueAsync(NpgsqlConnection database, CancellationToken ct) =>
        database.QuerySingleAsync<DateTime?>(new CommandDefinition(OldestDue, cancellationToken: ct));

    /// <summary>How many are to be read, as far as the limit.</summary>
    public static Task<long> CountDueAsync(NpgsqlConnection database, int limit, CancellationToken ct) =>
        database.QuerySingleAsync<long>(new CommandDefinition(Due, new { Limit = limit }, cancellationToken: ct));

    /// <summary>Marks the next stretch behind a place to be read again; null behind the last one.</summary>
    public static Task<MarkedStretch?> MarkNextAsync(
        NpgsqlConnection database, MarkedStretch after, int since, int before, int limit, CancellationToken ct) =>
        database.QuerySingleOrDefaultAsync<MarkedStretch?>(new CommandDefinition(
            MarkNext,
            new { after.RecordId, after.DocumentId, after.Version, Since = since, Before = before, Limit = limit },
            cancellationToken: ct));
}

/// <summary>Where a stretch of the table ends, and how many of it were marked.</summary>
internal sealed record MarkedStretch
{
    public required Guid RecordId { get; init; }

    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

    public long Marked { get; init; }
}
