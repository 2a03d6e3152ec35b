using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Records;

/// <summary>A record without the patient's settings.</summary>
internal sealed record RecordRow
{
    public required Guid RecordId { get; init; }

    public required string InsSystem { get; init; }

    public required string InsNumber { get; init; }

    public required string BirthFamilyName { get; init; }

    public required string[] BirthGivenNames { get; init; }

    public required DateOnly BirthDate { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Record.V1.Sex"/>.</summary>
    public required short Sex { get; init; }

    public required string BirthPlaceCode { get; init; }

    public string? UsedFamilyName { get; init; }

    public string? UsedGivenName { get; init; }

    public required string[] AddressLines { get; init; }

    public string? PostalCode { get; init; }

    public string? City { get; init; }

    public string? CountryCode { get; init; }

    public string? PhoneNumber { get; init; }

    public string? Email { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Record.V1.RecordState"/>.</summary>
    public required short State { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Record.V1.CloseReason"/>.</summary>
    public short? CloseReason { get; init; }

    public string? CloseComment { get; init; }

    public DateTimeOffset? CloseTime { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public required DateTimeOffset UpdateTime { get; init; }

    public required long Revision { get; init; }
}

internal static class RecordSql
{
    // Served by record_pkey.
    private const string Find =
        """
        select record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code,
            used_family_name, used_given_name, address_lines, postal_code, city, country_code, phone_number, email,
            state, close_reason, close_comment, close_time, create_time, update_time, revision
        from record
        where record_id = @RecordId
        """;

    // The settings of the patient start with the defaults of their columns. record_ins_key refuses a second record.
    private const string Insert =
        """
        insert into record (
            record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code,
            used_family_name, used_given_name, address_lines, postal_code, city, country_code, phone_number, email,
            state, create_time, update_time, revision, settings_update_time, settings_revision)
        values (
            @RecordId, @InsSystem, @InsNumber, @BirthFamilyName, @BirthGivenNames, @BirthDate, @Sex, @BirthPlaceCode,
            @UsedFamilyName, @UsedGivenName, @AddressLines, @PostalCode, @City, @CountryCode, @PhoneNumber, @Email,
            @State, @CreateTime, @UpdateTime, @Revision, @CreateTime, 1)
        returning record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code,
            used_family_name, used_given_name, address_lines, postal_code, city, country_code, phone_number, email,
            state, close_reason, close_comment, close_time, create_time, update_time, revision
        """;

    // Locks the row, which AccessPolicy.RequireLockedAsync has locked before. Identity is not among the columns: it never
    // changes here.
    private const string Update =
        """
        update record
        set used_family_name = @UsedFamilyName,
            used_given_name = @UsedGivenName,
            address_lines = @AddressLines,
            postal_code = @PostalCode,
            city = @City,
            country_code = @CountryCode,
            phone_number = @PhoneNumber,
            email = @Email,
            state = @State,
            close_reason = @CloseReason,
            close_comment = @CloseComment,
            close_time = @CloseTime,
            update_time = @UpdateTime,
            revision = revision + 1
        where record_id = @RecordId
            and revision = @Revision
        returning record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code,
            used_family_name, used_given_name, address_lines, postal_code, city, country_code, phone_number, email,
            state, close_reason, close_comment, close_time, create_time, update_time, revision
        """;

    public static Task<RecordRow> FindAsync(NpgsqlConnection connection, RecordAccess access, CancellationToken ct) =>
        FindAsync(connection, access.RecordId, ct);

    /// <summary>For the existence test, which answers the traits to a caller who has no right on the record yet.</summary>
    public static Task<RecordRow> FindAsync(NpgsqlConnection connection, AccessFacts facts, CancellationToken ct) =>
        FindAsync(connection, facts.RecordId, ct);

    /// <summary>Adds a record, or fails with the unique violation of <c>record_ins_key</c>.</summary>
    public static Task<RecordRow> InsertAsync(NpgsqlConnection connection, RecordRow row, CancellationToken ct) =>
        connection.QuerySingleAsync<RecordRow>(new CommandDefinition(Insert, row, cancellationToken: ct));

    /// <summary>
    /// Writes what may change of a record over the revision that <paramref name="changed"/> was made from. Null when
    /// another change came in between.
    /// </summary>
    public static Task<RecordRow?> UpdateAsync(NpgsqlConnection connection, RecordRow changed, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<RecordRow>(new CommandDefinition(Update, changed, cancellationToken: ct));

    private static Task<RecordRow> FindAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct) =>
        connection.QuerySingleAsync<RecordRow>(new CommandDefinition(Find, new { RecordId = recordId }, cancellationToken: ct));
}
