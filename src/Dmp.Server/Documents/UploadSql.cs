using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>A version to be inserted; the columns of <c>document_version</c>.</summary>
internal sealed record NewVersion
{
    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

    public required Guid RecordId { get; init; }

    public required string UniqueId { get; init; }

    public required short DepositorKind { get; init; }

    public required string? DepositorProfessionalId { get; init; }

    public required string? DepositorStructureId { get; init; }

    public required string DepositorKey { get; init; }

    public required byte[] Depositor { get; init; }

    public required byte[] Metadata { get; init; }

    public required string TypeCode { get; init; }

    public required string ClassCode { get; init; }

    public required string? PracticeSetting { get; init; }

    public required string? FacilityType { get; init; }

    public required string[] EventCodes { get; init; }

    public required string[] AuthorIds { get; init; }

    public required string[] AuthorStructureIds { get; init; }

    public required DateTimeOffset CreationTime { get; init; }

    public required DateTimeOffset ServiceStartTime { get; init; }

    public required long SizeBytes { get; init; }

    public required byte[] Sha256 { get; init; }

    public required byte[] Sha1 { get; init; }

    public required short Form { get; init; }

    public required Guid ContentId { get; init; }

    public required Guid? BlobId { get; init; }

    public required long BlobOffset { get; init; }

    public required Guid RecordKeyId { get; init; }

    public required DateTimeOffset CreateTime { get; init; }
}

/// <summary>From whom a new document, or a new version of one, is hidden.</summary>
internal sealed record NewVisibility
{
    public required bool Masked { get; init; }

    /// <summary>Hidden from the patient until then; null when it is not.</summary>
    public required DateTimeOffset? PatientVisibleTime { get; init; }

    /// <summary>When the patient is told that something waits.</summary>
    public required DateTimeOffset? AnnounceTime { get; init; }

    public required bool HiddenFromRepresentatives { get; init; }
}

internal static class UploadSql
{
    private const string UniqueIdIsTaken =
        """
        select exists (
            select from document_version
            where record_id = @RecordId
                and depositor_key = @DepositorKey
                and unique_id = @UniqueId
        )
        """;

    private const string InsertDocument =
        """
        insert into document (
            document_id, record_id, current_version, masked, patient_visible_time, announce_time, hidden_from_representatives,
            state, revision, create_time, update_time)
        values (
            @DocumentId, @RecordId, 1, @Masked, @PatientVisibleTime, @AnnounceTime, @HiddenFromRepresentatives, 1, 1, @Now, @Now)
        """;

    private const string InsertVersion =
        """
        insert into document_version (
            document_id, version, record_id, unique_id, depositor_kind, depositor_professional_id, depositor_structure_id,
            depositor_key, depositor, metadata, type_code, class_code, practice_setting, facility_type, event_codes,
            author_ids, author_structure_ids, creation_time, service_start_time, size_bytes, sha256, sha1, form, content_id,
            blob_id, blob_offset, record_key_id, create_time)
        values (
            @DocumentId, @Version, @RecordId, @UniqueId, @DepositorKind, @DepositorProfessionalId, @DepositorStructureId,
            @DepositorKey, @Depositor, @Metadata, @TypeCode, @ClassCode, @PracticeSetting, @FacilityType, @EventCodes,
            @AuthorIds, @AuthorStructureIds, @CreationTime, @ServiceStartTime, @SizeBytes, @Sha256, @Sha1, @Form, @ContentId,
            @BlobId, @BlobOffset, @RecordKeyId, @CreateTime)
        """;

    // The row is locked by DocumentSql.FindForChangeAsync. A replaced document is current again, even from the archive.
    private const string MoveToVersion =
        """
        update document
        set current_version = @Version,
            masked = masked or @Masked,
            patient_visible_time = coalesce(@PatientVisibleTime, patient_visible_time),
            announce_time = coalesce(@AnnounceTime, announce_time),
            hidden_from_representatives = hidden_from_representatives or @HiddenFromRepresentatives,
            state = 1,
            revision = revision + 1,
            update_time = @Now
        where document_id = @DocumentId
        """;

    public static Task<bool> UniqueIdIsTakenAsync(
        NpgsqlConnection connection, RecordAccess access, string depositorKey, string uniqueId, CancellationToken ct) =>
        connection.QuerySingleAsync<bool>(new CommandDefinition(
            UniqueIdIsTaken, new { access.RecordId, DepositorKey = depositorKey, UniqueId = uniqueId }, cancellationToken: ct));

    public static async Task InsertDocumentAsync(
        NpgsqlConnection connection, RecordAccess access, NewVersion version, NewVisibility visibility, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(
            InsertDocument,
            new
            {
                version.DocumentId,
                access.RecordId,
                visibility.Masked,
                visibility.PatientVisibleTime,
                visibility.AnnounceTime,
                visibility.HiddenFromRepresentatives,
                Now = version.CreateTime,
            },
            cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(InsertVersion, version, cancellationToken: ct));
    }

    public static async Task InsertReplacementAsync(
        NpgsqlConnection connection, DocumentRow locked, NewVersion version, NewVisibility visibility, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(InsertVersion, version, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            MoveToVersion,
            new
            {
                locked.DocumentId,
                version.Version,
                visibility.Masked,
                visibility.PatientVisibleTime,
                visibility.AnnounceTime,
                visibility.HiddenFromRepresentatives,
                Now = version.CreateTime,
            },
            cancellationToken: ct));
    }
}
