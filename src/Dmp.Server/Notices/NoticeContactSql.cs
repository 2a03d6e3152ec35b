using Dapper;
using Dmp.Server.Calls;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>The address that a professional gave, on a connection for that professional.</summary>
internal static class NoticeContactSql
{
    // Served by notice_contact_pkey.
    private const string Find = "select email from notice_contact where professional_id = @ProfessionalId";

    private const string Write =
        """
        insert into notice_contact (professional_id, email, update_time)
        values (@ProfessionalId, @Email, @Now)
        on conflict on constraint notice_contact_pkey do update
        set email = excluded.email, update_time = excluded.update_time
        """;

    private const string Remove = "delete from notice_contact where professional_id = @ProfessionalId";

    public static Task<string?> FindAsync(NpgsqlConnection connection, Caller caller, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(Find, new { caller.ProfessionalId }, cancellationToken: ct));

    /// <summary>Sets the address; an empty one is removed.</summary>
    public static Task WriteAsync(NpgsqlConnection connection, Caller caller, string email, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            email.Length == 0 ? Remove : Write, new { caller.ProfessionalId, Email = email, Now = now }, cancellationToken: ct));
}
