using Dmp.Document.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Options;
using Google.Protobuf;

namespace Dmp.Server.Intake;

/// <summary>What comes in, as rows.</summary>
internal static class IntakeMapping
{
    /// <summary>The version that an upload becomes. Where its bytes lie, and the key of small ones, are known once they do.</summary>
    public static NewVersion ToVersion(
        UploadPlan plan, UploadArrival upload, RecordAccess access, Guid documentId, int version, DateTimeOffset now)
    {
        var (caller, metadata) = (access.Caller, plan.Metadata);
        var depositor = caller.ToActor();
        return new NewVersion
        {
            DocumentId = documentId,
            Version = version,
            RecordId = access.RecordId,
            UniqueId = metadata.UniqueId,
            DepositorKind = (short)depositor.Kind,
            DepositorProfessionalId = caller.ProfessionalId,
            DepositorStructureId = caller.StructureId,
            DepositorKey = caller.DepositorKey,
            Depositor = depositor.ToByteArray(),
            Metadata = metadata.ToByteArray(),
            TypeCode = metadata.Type.ToColumn(),
            ClassCode = DocumentTypes.Class(DocumentTypes.Find(metadata.Type)!.ClassCode).ToColumn(),
            PracticeSetting = metadata.PracticeSetting?.ToColumn(),
            FacilityType = metadata.FacilityType?.ToColumn(),
            EventCodes = [.. metadata.EventCodes.Select(code => code.ToColumn())],
            AuthorIds = [.. metadata.Authors.Select(author => author.Person?.Id ?? "").Where(id => id.Length > 0).Distinct()],
            AuthorStructureIds =
                [.. metadata.Authors.Select(author => author.Institution?.Id ?? "").Where(id => id.Length > 0).Distinct()],
            CreationTime = metadata.CreationTime.ToDateTimeOffset(),
            ServiceStartTime = metadata.ServiceStartTime.ToDateTimeOffset(),
            SizeBytes = upload.Content.Size,
            Sha256 = upload.Content.Sha256,
            Sha1 = upload.Content.Sha1,
            Form = (short)upload.Form,
            ContentId = plan.ContentId,
            BlobId = null,
            BlobOffset = 0,
            RecordKeyId = plan.RecordKeyId,
            SubmissionSetId = plan.SubmissionSetId,
            CreateTime = now,
        };
    }

    /// <summary>From whom the document is hidden, and until when.</summary>
    public static NewVisibility ToVisibility(UploadIntent intent, DateTimeOffset now, bool maskedByDefault, AccessOptions options)
    {
        var isHiddenFromPatient = intent.VisibilityCodes.Contains(VisibilityCode.HiddenFromPatient);
        return new NewVisibility
        {
            Masked = maskedByDefault || intent.VisibilityCodes.Contains(VisibilityCode.MaskedFromProfessionals),
            PatientVisibleTime = isHiddenFromPatient ? now + options.RevealAfter : null,
            AnnounceTime = isHiddenFromPatient ? now + options.AnnounceAfter : null,
            HiddenFromRepresentatives = intent.VisibilityCodes.Contains(VisibilityCode.HiddenFromRepresentatives),
        };
    }

    /// <summary>
    /// The document as it is read once this version is written: a new one, or the next of the one that is replaced and locked.
    /// </summary>
    public static DocumentRow ToDocument(NewVersion version, NewVisibility visibility, DocumentRow? replaced) => new()
    {
        DocumentId = version.DocumentId,
        Version = version.Version,
        RecordId = version.RecordId,
        CurrentVersion = version.Version,
        Masked = visibility.Masked || replaced is { Masked: true },
        PatientVisibleTime = visibility.PatientVisibleTime ?? replaced?.PatientVisibleTime,
        HiddenFromRepresentatives = visibility.HiddenFromRepresentatives || replaced is { HiddenFromRepresentatives: true },
        State = (short)DocumentStatus.Approved,
        Revision = (replaced?.Revision ?? 0) + 1,
        UpdateTime = version.CreateTime,
        DepositorKind = version.DepositorKind,
        Depositor = version.Depositor,
        Metadata = version.Metadata,
        ClassCode = version.ClassCode,
        ServiceStartTime = version.ServiceStartTime,
        SizeBytes = version.SizeBytes,
        Sha256 = version.Sha256,
        Sha1 = version.Sha1,
        Form = version.Form,
        ContentId = version.ContentId,
        BlobId = version.BlobId,
        BlobOffset = version.BlobOffset,
        SubmissionSetId = version.SubmissionSetId,
        CreateTime = version.CreateTime,
    };

    /// <summary>The set as it will be stored.</summary>
    public static NewSubmissionSet ToRow(SubmissionSetPlan plan, RecordAccess access, DateTimeOffset now)
    {
        var caller = access.Caller;
        var depositor = caller.ToActor();
        return new NewSubmissionSet
        {
            SubmissionSetId = plan.SetId,
            RecordId = access.RecordId,
            UniqueId = plan.Metadata.UniqueId,
            DepositorKind = (short)depositor.Kind,
            DepositorProfessionalId = caller.ProfessionalId,
            DepositorStructureId = caller.StructureId,
            DepositorKey = caller.DepositorKey,
            Depositor = depositor.ToByteArray(),
            Metadata = plan.Metadata.ToByteArray(),
            Signature = plan.Message.Signature.IsEmpty ? null : plan.Message.Signature.ToByteArray(),
            CreateTime = now,
        };
    }
}
