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

        /// <summary>The metadata, with the identifier in its one form: what was stored before identifiers had one has others.</summary>
        public DocumentMetadata Describe()
        {
            var metadata = DocumentMetadata.Parser.ParseFrom(row.Metadata);
            metadata.UniqueId = UniqueIds.Canonical(metadata.UniqueId);
            return metadata;
        }

        public Contract.Document ToMessage()
        {
            var document = new Contract.Document
            {
                DocumentId = row.DocumentId.ToString(),
                Version = row.Version,
                Etag = row.Etag,
                RecordId = row.RecordId.ToString(),
                Metadata = row.Describe(),
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

    /// <summary>A code as the columns hold it.</summary>
    public static string ToColumn(this Coding coding) => $"{coding.System}|{coding.Code}";
}
