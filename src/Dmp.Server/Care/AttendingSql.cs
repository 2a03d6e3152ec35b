using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Care;

/// <summary>An attending physician of a record, as named with the authorisation.</summary>
internal sealed record AttendingRow
{
    public required string ActorName { get; init; }

    public required DateTimeOffset GrantTime { get; init; }
}

internal static class AttendingSql
{
    private const int RowsMax = 3;

    // Served by consent_living_key. Those without a name tell nobody whom to call.
    private const string List =
        $"""
        select c.actor_name, c.grant_time
        from consent c
        join record r on r.record_id = c.record_id
        where c.record_id = @RecordId
            and c.revoke_time is null
            and c.attending_physician
            and c.actor_name <> ''
            and c.expire_time > @Now
            and {Majority.IsApproved}
            and (@SeesSecret or not c.hidden_from_representatives)
        order by c.grant_time desc, c.consent_id
        limit @Limit
        """;

    /// <summary>The attending physicians whose authorisation has not ended, as far as the caller may know of them.</summary>
    public static Task<IEnumerable<AttendingRow>> ListAsync(NpgsqlConnection connection, RecordAccess access, CancellationToken ct) =>
        connection.QueryAsync<AttendingRow>(new CommandDefinition(
            List, new { access.RecordId, access.Now, access.SeesSecret, Limit = RowsMax }, cancellationToken: ct));
}
