using System.Security.Cryptography;
using Dmp.Proofs;
using Npgsql;
using NpgsqlTypes;

namespace Dmp.Cli.Trace;

/// <summary>
/// What an operator did on the machine, as an event of the trace. In the name of the platform: who holds the password of the owner is
/// known to the operating system, not here. Signed as the events of servers are.
/// </summary>
internal static class OperatorEvent
{
    // The number of dmp.type.v1.ActorKind for the platform.
    private const short Platform = 7;

    private const string Append =
        """
        insert into audit_event (
            event_id, event_time, method, actor_kind, record_id, document_ids, outcome, status_code, server_request_id, justification,
            salt, root, signature, signing_key)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """;

    private const string Now = "select now()";

    /// <summary>In the transaction of the connection, with the effect.</summary>
    public static async Task AppendAsync(
        NpgsqlConnection connection, string method, Guid? recordId, string justification, NoteSigner key, CancellationToken ct)
    {
        var now = EventContent.Stored(await NowAsync(connection, ct));
        var id = Guid.CreateVersion7(now);
        AuditEventRow told = new()
        {
            EventId = id,
            EventTime = now,
            Method = method,
            ActorKind = Platform,
            RecordId = recordId,
            DocumentIds = [],
            Outcome = 1,
            StatusCode = 0,
            ServerRequestId = id,
            Justification = justification,
            Salt = RandomNumberGenerator.GetBytes(EventTree.SaltBytes),
        };
        var row = EventSignature.Sign(told, key);
        await using NpgsqlCommand append = new(Append, connection);
        foreach (var value in new object[] { row.EventId, row.EventTime, row.Method, row.ActorKind })
        {
            append.Parameters.Add(new() { Value = value });
        }

        append.Parameters.Add(new() { Value = (object?)row.RecordId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        foreach (var value in new object[]
        {
            row.DocumentIds, row.Outcome, row.StatusCode, row.ServerRequestId, row.Justification!, row.Salt, row.Root!, row.Signature!,
            row.SigningKey!,
        })
        {
            append.Parameters.Add(new() { Value = value });
        }

        await append.ExecuteNonQueryAsync(ct);
    }

    public static async Task<DateTimeOffset> NowAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using NpgsqlCommand command = new(Now, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return reader.GetFieldValue<DateTimeOffset>(0);
    }
}
