using Dmp.Document.V1;
using Dmp.Server.Messages;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Contract = Dmp.Document.V1;

namespace Dmp.Server.Documents;

/// <summary>Rows to messages.</summary>
internal static class DocumentMapping
{
    extension(DocumentRow row)
    {
        public string Etag => Dmp.Server.Data.Etag.Of(row.Revision);

        public DocumentStatus Status =>
            row.State == (short)DocumentStatus.Deleted ? DocumentStatus.Deleted
            : row.Version < row.CurrentVersion ? DocumentStatus.Deprecated
            : (DocumentStatus)row.State;

        public Contract.Document ToMessage()
        {
            var document = new Contract.Document
            {
                DocumentId = row.DocumentId.ToString(),
                Version = row.Version,
                Etag = row.Etag,
                RecordId = row.RecordId.ToString(),
                Metadata = DocumentMetadata.Parser.ParseFrom(row.Metadata),
                Class = DocumentTypes.Class(row.ClassCode[(DocumentTypes.ClassSystem.Length + 1)..]),
                Status = row.Status,
                Content = new DocumentContent
                {
                    SizeBytes = row.SizeBytes,
                    Sha256 = UnsafeByteOperations.UnsafeWrap(row.Sha256),
                    Sha1 = UnsafeByteOperations.UnsafeWrap(row.Sha1),
                    Form = (ContentForm)row.Form,
                },
                Depositor = Actor.Parser.ParseFrom(row.Depositor),
                CreateTime = row.CreateTime.ToTimestamp(),
                UpdateTime = row.UpdateTime.ToTimestamp(),
                SubmissionSetId = row.SubmissionSetId?.ToString() ?? "",
            };

            // What was stored before identifiers had one form.
            document.Metadata.UniqueId = UniqueIds.Canonical(document.Metadata.UniqueId);
            if (row.Masked)
            {
                document.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals);
            }

            if (row.PatientVisibleTime is { } visibleTime)
            {
                document.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient);
                document.PatientVisibleTime = visibleTime.ToTimestamp();
            }

            if (row.HiddenFromRepresentatives)
            {
                document.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives);
            }

            return document;
        }
    }

    /// <summary>
    /// The document as it is read once this version is written: a new one, or the next of the one that is replaced and locked.
    /// </summary>
    public static DocumentRow ToRow(NewVersion version, NewVisibility visibility, DocumentRow? replaced) => new()
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

    /// <summary>A code as the columns hold it.</summary>
    public static string ToColumn(this Coding coding) => $"{coding.System}|{coding.Code}";
}
