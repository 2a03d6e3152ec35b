using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Delegations;

internal static class GuardianshipSql
{
    // Served by record_pkey; the row is locked by AccessPolicy.RequireLockedAsync.
    private const string Set =
        """
        update record
        set guardianship_until = @Until::timestamptz, guardianship_reason = @Reason::text, guardianship_told = false
        where record_id = @RecordId
        """;

    public static Task SetAsync(
        NpgsqlConnection connection, RecordAccess access, DateTimeOffset? until, string? reason, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            Set, new { access.RecordId, Until = until, Reason = reason }, cancellationToken: ct));
}
