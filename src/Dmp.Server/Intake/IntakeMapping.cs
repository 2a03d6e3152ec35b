using Dmp.Document.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Google.Protobuf;

namespace Dmp.Server.Intake;

/// <summary>What comes in, as rows.</summary>
internal static class IntakeMapping
{
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
