using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Consents;

/// <summary>What the patient decided for the whole record, as stored with it.</summary>
internal sealed record ConsentSettingsRow
{
    public required Guid RecordId { get; init; }

    public required bool EmergencyRegulationAllowed { get; init; }

    public required bool EmergencyBreakGlassAllowed { get; init; }

    public required bool EmergencyMaskedAllowed { get; init; }

    public required bool DocumentsMaskedByDefault { get; init; }

    public required DateTimeOffset SettingsUpdateTime { get; init; }

    public required long SettingsRevision { get; init; }

    /// <summary>For the patient's eyes only, as time and number of its changes are.</summary>
    public required bool SecretActsHiddenFromStaff { get; init; }

    public DateTimeOffset? OwnSettingsUpdateTime { get; init; }

    public required long OwnSettingsRevision { get; init; }
}

internal static class ConsentSettingsSql
{
    private const string Columns =
        """
        record_id, emergency_regulation_allowed, emergency_break_glass_allowed, emergency_masked_allowed,
            documents_masked_by_default, settings_update_time, settings_revision, secret_acts_hidden_from_staff, own_settings_update_time,
            own_settings_revision
        """;

    // Served by record_pkey.
    private const string Find =
        $"""
        select {Columns}
        from record
        where record_id = @RecordId
        """;

    private const string Update =
        $"""
        update record
        set emergency_regulation_allowed = @EmergencyRegulationAllowed,
            emergency_break_glass_allowed = @EmergencyBreakGlassAllowed,
            emergency_masked_allowed = @EmergencyMaskedAllowed,
            documents_masked_by_default = @DocumentsMaskedByDefault,
            settings_update_time = @SettingsUpdateTime,
            settings_revision = @SettingsRevision,
            secret_acts_hidden_from_staff = @SecretActsHiddenFromStaff,
            own_settings_update_time = @OwnSettingsUpdateTime,
            own_settings_revision = @OwnSettingsRevision
        where record_id = @RecordId
        returning {Columns}
        """;

    public static Task<ConsentSettingsRow> FindAsync(NpgsqlConnection connection, RecordAccess access, CancellationToken ct) =>
        connection.QuerySingleAsync<ConsentSettingsRow>(new CommandDefinition(
            Find, new { access.RecordId }, cancellationToken: ct));

    /// <summary>Writes the switches of a record that is locked.</summary>
    public static Task<ConsentSettingsRow> UpdateAsync(NpgsqlConnection connection, ConsentSettingsRow changed, CancellationToken ct) =>
        connection.QuerySingleAsync<ConsentSettingsRow>(new CommandDefinition(Update, changed, cancellationToken: ct));
}
