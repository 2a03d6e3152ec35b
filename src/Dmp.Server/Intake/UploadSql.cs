using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Intake;

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

    public required Guid? SubmissionSetId { get; init; }

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
    private const string InsertDocuments =
        """
        insert into document (
            document_id, record_id, current_version, masked, patient_visible_time, announce_time, hidden_from_representatives,
            state, revision, create_time, update_time)
        select n.document_id, n.record_id, 1, n.masked, n.patient_visible_time, n.announce_time, n.hidden, 1, 1, n.create_time,
            n.create_time
        from unnest(
            @DocumentId::uuid[], @RecordId::uuid[], @Masked::boolean[], @PatientVisibleTime::timestamptz[], @AnnounceTime::timestamptz[],
            @Hidden::boolean[], @CreateTime::timestamptz[]) n (
            document_id, record_id, masked, patient_visible_time, announce_time, hidden, create_time)
        """;

    private const string InsertVersions =
        """
        insert into document_version (
            document_id, version, record_id, unique_id, depositor_kind, depositor_professional_id, depositor_structure_id, depositor_key,
            depositor, metadata, type_code, class_code, practice_setting, facility_type, event_codes, author_ids, author_structure_ids,
            creation_time, service_start_time, size_bytes, sha256, sha1, form, content_id, blob_id, blob_offset, record_key_id,
            submission_set_id, create_time)
        select
            n.document_id, n.version, n.record_id, n.unique_id, n.depositor_kind, n.depositor_professional_id, n.depositor_structure_id,
            n.depositor_key, n.depositor, n.metadata, n.type_code, n.class_code, n.practice_setting, n.facility_type,
            (@EventCodes::text[])[n.event_codes_from:n.event_codes_to], (@AuthorIds::text[])[n.author_ids_from:n.author_ids_to],
            (@AuthorStructureIds::text[])[n.author_structure_ids_from:n.author_structure_ids_to], n.creation_time, n.service_start_time,
            n.size_bytes, n.sha256, n.sha1, n.form, n.content_id, n.blob_id, n.blob_offset, n.record_key_id, n.submission_set_id,
            n.create_time
        from unnest(
            @DocumentId::uuid[], @Version::integer[], @RecordId::uuid[], @UniqueId::text[], @DepositorKind::smallint[],
            @DepositorProfessionalId::text[], @DepositorStructureId::text[], @DepositorKey::text[], @Depositor::bytea[],
            @Metadata::bytea[], @TypeCode::text[], @ClassCode::text[], @PracticeSetting::text[], @FacilityType::text[],
            @EventCodesFrom::integer[], @EventCodesTo::integer[], @AuthorIdsFrom::integer[], @AuthorIdsTo::integer[],
            @AuthorStructureIdsFrom::integer[], @AuthorStructureIdsTo::integer[], @CreationTime::timestamptz[],
            @ServiceStartTime::timestamptz[], @SizeBytes::bigint[], @Sha256::bytea[], @Sha1::bytea[], @Form::smallint[],
            @ContentId::uuid[], @BlobId::uuid[], @BlobOffset::bigint[], @RecordKeyId::uuid[], @SubmissionSetId::uuid[],
            @CreateTime::timestamptz[]) n (
            document_id, version, record_id, unique_id, depositor_kind, depositor_professional_id, depositor_structure_id, depositor_key,
            depositor, metadata, type_code, class_code, practice_setting, facility_type, event_codes_from, event_codes_to, author_ids_from,
            author_ids_to, author_structure_ids_from, author_structure_ids_to, creation_time, service_start_time, size_bytes, sha256, sha1,
            form, content_id, blob_id, blob_offset, record_key_id, submission_set_id, create_time)
        """;

    // The rows are locked by DocumentSql.FindForChangeAsync. A replaced document is current again, even from the archive.
    private const string MoveToVersions =
        """
        update document d
        set current_version = n.version,
            masked = n.masked,
            patient_visible_time = n.patient_visible_time,
            announce_time = coalesce(n.announce_time, d.announce_time),
            hidden_from_representatives = n.hidden,
            state = 1,
            revision = n.revision,
            update_time = n.update_time
        from unnest(
            @RecordId::uuid[], @DocumentId::uuid[], @Version::integer[], @Masked::boolean[], @PatientVisibleTime::timestamptz[],
            @AnnounceTime::timestamptz[], @Hidden::boolean[], @Revision::bigint[], @UpdateTime::timestamptz[]) n (
            record_id, document_id, version, masked, patient_visible_time, announce_time, hidden, revision, update_time)
        where d.record_id = n.record_id
            and d.document_id = n.document_id
        """;

    /// <summary>Documents that are new; their versions come behind.</summary>
    public static NpgsqlBatchCommand ToInsertDocuments(IReadOnlyList<UploadDecision> added) =>
        new NpgsqlBatchCommand(InsertDocuments)
            .With("DocumentId", added, row => row.Document.DocumentId)
            .With("RecordId", added, row => row.Document.RecordId)
            .With("Masked", added, row => row.Document.Masked)
            .With("PatientVisibleTime", added, row => row.Document.PatientVisibleTime)
            .With("AnnounceTime", added, row => row.AnnounceTime)
            .With("Hidden", added, row => row.Document.HiddenFromRepresentatives)
            .With("CreateTime", added, row => row.Document.CreateTime);

    /// <summary>Documents that were found for change, and get one version more.</summary>
    public static NpgsqlBatchCommand ToMoveDocuments(IReadOnlyList<UploadDecision> replaced) =>
        new NpgsqlBatchCommand(MoveToVersions)
            .With("RecordId", replaced, row => row.Document.RecordId)
            .With("DocumentId", replaced, row => row.Document.DocumentId)
            .With("Version", replaced, row => row.Document.Version)
            .With("Masked", replaced, row => row.Document.Masked)
            .With("PatientVisibleTime", replaced, row => row.Document.PatientVisibleTime)
            .With("AnnounceTime", replaced, row => row.AnnounceTime)
            .With("Hidden", replaced, row => row.Document.HiddenFromRepresentatives)
            .With("Revision", replaced, row => row.Document.Revision)
            .With("UpdateTime", replaced, row => row.Document.UpdateTime);

    public static NpgsqlBatchCommand ToInsertVersions(IReadOnlyList<NewVersion> versions) =>
        new NpgsqlBatchCommand(InsertVersions)
            .With("DocumentId", versions, row => row.DocumentId)
            .With("Version", versions, row => row.Version)
            .With("RecordId", versions, row => row.RecordId)
            .With("UniqueId", versions, row => row.UniqueId)
            .With("DepositorKind", versions, row => row.DepositorKind)
            .With("DepositorProfessionalId", versions, row => row.DepositorProfessionalId)
            .With("DepositorStructureId", versions, row => row.DepositorStructureId)
            .With("DepositorKey", versions, row => row.DepositorKey)
            .With("Depositor", versions, row => row.Depositor)
            .With("Metadata", versions, row => row.Metadata)
            .With("TypeCode", versions, row => row.TypeCode)
            .With("ClassCode", versions, row => row.ClassCode)
            .With("PracticeSetting", versions, row => row.PracticeSetting)
            .With("FacilityType", versions, row => row.FacilityType)
            .WithLists("EventCodes", versions, row => row.EventCodes)
            .WithLists("AuthorIds", versions, row => row.AuthorIds)
            .WithLists("AuthorStructureIds", versions, row => row.AuthorStructureIds)
            .With("CreationTime", versions, row => row.CreationTime)
            .With("ServiceStartTime", versions, row => row.ServiceStartTime)
            .With("SizeBytes", versions, row => row.SizeBytes)
            .With("Sha256", versions, row => row.Sha256)
            .With("Sha1", versions, row => row.Sha1)
            .With("Form", versions, row => row.Form)
            .With("ContentId", versions, row => row.ContentId)
            .With("BlobId", versions, row => row.BlobId)
            .With("BlobOffset", versions, row => row.BlobOffset)
            .With("RecordKeyId", versions, row => row.RecordKeyId)
            .With("SubmissionSetId", versions, row => row.SubmissionSetId)
            .With("CreateTime", versions, row => row.CreateTime);
}
