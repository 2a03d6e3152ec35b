using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>What the patient wants to be told, as stored: kinds (<see cref="Dmp.Notice.V1.NoticeKind"/>) that are off.</summary>
internal sealed record NoticePreferenceRow
{
    public required Guid RecordId { get; init; }

    public required short[] EmailOff { get; init; }

    public required short[] WebhookOff { get; init; }

    /// <summary>Null while nothing was ever changed.</summary>
    public DateTimeOffset? UpdateTime { get; init; }

    public required long Revision { get; init; }
}

internal static class NoticePreferenceSql
{
    // Served by notice_preference_pkey.
    private const string Find =
        """
        select record_id, email_off, webhook_off, update_time, revision
        from notice_preference
        where record_id = @RecordId
        """;

    private const string Write =
        """
        insert into notice_preference (record_id, email_off, webhook_off, update_time, revision)
        values (@RecordId, @EmailOff, @WebhookOff, @UpdateTime, 1)
        on conflict on constraint notice_preference_pkey do update
        set email_off = excluded.email_off,
            webhook_off = excluded.webhook_off,
            update_time = excluded.update_time,
            revision = notice_preference.revision + 1
        returning record_id, email_off, webhook_off, update_time, revision
        """;

    public static async Task<NoticePreferenceRow> FindAsync(NpgsqlConnection connection, RecordAccess access, CancellationToken ct) =>
        await connection.QuerySingleOrDefaultAsync<NoticePreferenceRow>(new CommandDefinition(
            Find, new { access.RecordId }, cancellationToken: ct))
        ?? new NoticePreferenceRow { RecordId = access.RecordId, EmailOff = [], WebhookOff = [], Revision = 0 };

    /// <summary>Writes the switches of a record that is locked.</summary>
    public static Task<NoticePreferenceRow> WriteAsync(NpgsqlConnection connection, NoticePreferenceRow changed, CancellationToken ct) =>
        connection.QuerySingleAsync<NoticePreferenceRow>(new CommandDefinition(Write, changed, cancellationToken: ct));
}
