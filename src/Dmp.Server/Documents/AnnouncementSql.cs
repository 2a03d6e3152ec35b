using Dapper;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>
/// The two clocks of a document that is hidden from the patient (consultation d'annonce). What counts for access is the time
/// in the row, so that a late job delays no right; the job tells, once, whatever number of servers runs it.
/// </summary>
internal static class AnnouncementSql
{
    private const int BatchSize = 500;

    // Rows another server works on are skipped, and both see a row that is done.
    private const string Announce =
        """
        with due as (
            update document
            set announce_time = null
            where (record_id, document_id) in (
                select record_id, document_id
                from document
                where announce_time <= @Now
                order by announce_time
                limit @BatchSize
                for update skip locked
            )
            returning document_id, record_id, current_version, hidden_from_representatives
        )
        insert into outbox (event_time, kind, record_id, document_id, version, hidden_from_representatives)
        select @Now, @Kind, record_id, document_id, current_version, hidden_from_representatives
        from due
        """;

    private const string Reveal =
        """
        with before as (
            select record_id, document_id, patient_visible_time
            from document
            where patient_visible_time <= @Now
            order by patient_visible_time
            limit @BatchSize
            for update skip locked
        ), due as (
            update document
            set patient_visible_time = null, announce_time = null, revision = revision + 1, update_time = @Now
            where (record_id, document_id) in (select record_id, document_id from before)
            returning document_id, record_id, current_version, masked, state, hidden_from_representatives
        )
        insert into outbox (
            event_time, kind, record_id, document_id, version, hidden_from_representatives, previous_version, was_masked, was_state,
            was_patient_visible_time, was_hidden_from_representatives)
        select @Now, @Kind, record_id, document_id, current_version, hidden_from_representatives, current_version, masked, state,
            before.patient_visible_time, hidden_from_representatives
        from due
        join before using (record_id, document_id)
        """;

    /// <summary>Tells of documents that wait; returns how many.</summary>
    public static Task<int> AnnounceAsync(NpgsqlConnection connection, string kind, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Announce, new { Kind = kind, Now = now, BatchSize }, cancellationToken: ct));

    /// <summary>Clears the clocks of documents whose time has come; returns how many.</summary>
    public static Task<int> RevealAsync(NpgsqlConnection connection, string kind, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Reveal, new { Kind = kind, Now = now, BatchSize }, cancellationToken: ct));
}
