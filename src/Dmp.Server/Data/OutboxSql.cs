using Dapper;
using Dmp.Server.Pipeline;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>What an outbox row tells. Names are stable: subscribers will read them.</summary>
internal static class OutboxKind
{
    public const string RecordOpened = "RECORD_OPENED";
    public const string RecordUpdated = "RECORD_UPDATED";
    public const string RecordClosed = "RECORD_CLOSED";
    public const string RecordReopened = "RECORD_REOPENED";
    public const string DocumentCreated = "DOCUMENT_CREATED";
    public const string DocumentReplaced = "DOCUMENT_REPLACED";
    public const string DocumentMasked = "DOCUMENT_MASKED";
    public const string DocumentUnmasked = "DOCUMENT_UNMASKED";
    public const string DocumentArchived = "DOCUMENT_ARCHIVED";
    public const string DocumentUnarchived = "DOCUMENT_UNARCHIVED";
    public const string DocumentDeleted = "DOCUMENT_DELETED";
    public const string DocumentAnnounced = "DOCUMENT_ANNOUNCED";
    public const string DocumentRevealed = "DOCUMENT_REVEALED";
    public const string EmergencyOpened = "EMERGENCY_OPENED";
    public const string EmergencyAcknowledged = "EMERGENCY_ACKNOWLEDGED";
    public const string ConsentGranted = "CONSENT_GRANTED";
    public const string ConsentRevoked = "CONSENT_REVOKED";
    public const string ActorBlocked = "ACTOR_BLOCKED";
    public const string ActorUnblocked = "ACTOR_UNBLOCKED";
    public const string VisibilityChanged = "VISIBILITY_CHANGED";
    public const string InitialConsentGiven = "INITIAL_CONSENT_GIVEN";
    public const string CareTeamChanged = "CARE_TEAM_CHANGED";
    public const string SettingsChanged = "SETTINGS_CHANGED";
    public const string DelegationInvited = "DELEGATION_INVITED";
    public const string DelegationAccepted = "DELEGATION_ACCEPTED";
    public const string DelegationRefused = "DELEGATION_REFUSED";
    public const string GuardianshipSet = "GUARDIANSHIP_SET";
    public const string DelegationRevoked = "DELEGATION_REVOKED";
}

internal static class OutboxSql
{
    private const string Append =
        """
        insert into outbox (event_time, kind, record_id, document_id, version, hidden_from_representatives)
        values (@Now, @Kind, @RecordId, @DocumentId, @Version, @Hidden)
        """;

    /// <summary>
    /// Adds a row in the transaction of the change it tells of. What was done in a secret connection is told to no representative.
    /// </summary>
    public static Task AppendAsync(
        NpgsqlConnection connection, string kind, Guid recordId, DateTimeOffset now, CancellationToken ct, Guid? documentId = null, int? version = null) =>
        connection.ExecuteAsync(new CommandDefinition(
            Append,
            new { Now = now, Kind = kind, RecordId = recordId, DocumentId = documentId, Version = version, Hidden = Call.Current?.HidesEvent == true },
            cancellationToken: ct));
}
