using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Media;
using Dmp.Server.Messages;
using Dmp.Server.Options;
using Dmp.Storage;
using Dmp.Type.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>An upload whose intent was found good: what it will become.</summary>
internal sealed record UploadPlan
{
    /// <summary>Under which uploads are remembered, whichever method they came through.</summary>
    public const string Method = "dmp.document.v1.DocumentService/UploadDocument";

    private const string DocumentTooLargeReason = "DOCUMENT_TOO_LARGE";
    private const string XdsSdFormats = "1.3.6.1.4.1.19376.1.2.3";
    private const string DicomUids = "1.2.840.10008.2.6.1";

    public required UploadIntent Message { get; init; }

    public required Guid RecordId { get; init; }

    public required Guid RequestId { get; init; }

    public required Guid? Replaces { get; init; }

    public required Guid UploadId { get; init; }

    public required Guid ContentId { get; init; }

    /// <summary>The intent as it was sent.</summary>
    public required byte[] Sent { get; init; }

    /// <summary>Counts the calls that took the upload up.</summary>
    public int Generation { get; init; } = 1;

    /// <summary>An earlier call began it.</summary>
    public bool IsTakenUp => Generation > 1;

    /// <summary>With <see cref="IsTakenUp"/>: the key that what was sent is sealed with.</summary>
    public Guid RecordKeyId { get; init; }

    /// <summary>In a secret connection.</summary>
    public required bool IsSecret { get; init; }

    /// <summary>The metadata with the defaults of the contract filled in.</summary>
    public required DocumentMetadata Metadata { get; init; }

    /// <summary>What the header of a CDA document says; null for other documents, and before the bytes have come.</summary>
    public CdaDocument? Header { get; init; }

    /// <summary>The patient whom a content other than CDA names; null when it names none, and before the bytes have come.</summary>
    public NamedPatient? NamedByContent { get; init; }

    /// <summary>What is odd about the header.</summary>
    public IReadOnlyList<Warning> HeaderWarnings { get; init; } = [];

    /// <summary>The content may turn out to be CDA, whose header then fills what the metadata leave out.</summary>
    public static bool MayBeCda(DocumentMetadata? metadata) => metadata?.MediaType is null or "" or "text/xml" or "application/xslt+xml";

    /// <summary>The same for a repeat: what was said about the document, and its bytes.</summary>
    public byte[] Fingerprint(string method, ReadOnlySpan<byte> sha256)
    {
        var same = Message.Clone();
        same.RequestId = "";
        same.ExpectedSha256 = ByteString.Empty;
        same.ClearExpectedSizeBytes();
        return RequestFingerprint.Of(method, same, sha256);
    }

    public UploadRow ToRow(Caller caller, Guid recordKeyId, DateTimeOffset now) => new()
    {
        UploadId = UploadId,
        CallerKey = caller.Key,
        RequestId = RequestId,
        RecordId = RecordId,
        ContentId = ContentId,
        RecordKeyId = recordKeyId,
        Intent = Sent,
        Fingerprint = IntentFingerprint(),
        Secret = IsSecret,
        Generation = Generation,
        Running = true,
        HeartbeatTime = now,
    };

    public UploadSign Sign(UploadSink sink, DateTimeOffset now) => new(RecordId, UploadId, Generation, sink.PersistedSize, now);

    /// <summary>What must be equal when an intent is sent again to take its upload up.</summary>
    public byte[] IntentFingerprint() => Fingerprint("", []);

    /// <summary>
    /// The upload need not be kept after this failure: what was sent is refused, not the moment it was sent at. Before
    /// <paramref name="finished"/> only a document that is too large is.
    /// </summary>
    public static bool IsFinal(Exception failure, bool finished) =>
        failure is RpcException { StatusCode: not (StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.DeadlineExceeded) } refusal
        && Failures.ReasonOf(refusal) is { } reason
        && (reason == DocumentTooLargeReason || finished && reason is not (
            "REQUEST_IN_PROGRESS" or "UPLOAD_TAKEN_OVER" or "SUBMISSION_SET_REFUSED" or "SUBMISSION_SET_INCOMPLETE"));

    /// <summary>From whom the document is hidden, and until when.</summary>
    public NewVisibility ToVisibility(DateTimeOffset now, bool maskedByDefault, AccessOptions options)
    {
        var isHiddenFromPatient = Message.VisibilityCodes.Contains(VisibilityCode.HiddenFromPatient);
        return new NewVisibility
        {
            Masked = maskedByDefault || Message.VisibilityCodes.Contains(VisibilityCode.MaskedFromProfessionals),
            PatientVisibleTime = isHiddenFromPatient ? now + options.RevealAfter : null,
            AnnounceTime = isHiddenFromPatient ? now + options.AnnounceAfter : null,
            HiddenFromRepresentatives = Message.VisibilityCodes.Contains(VisibilityCode.HiddenFromRepresentatives),
        };
    }

    /// <summary>Fills in the defaults that the contract promises.</summary>
    public static DocumentMetadata Complete(DocumentMetadata given, Caller caller)
    {
        var metadata = given.Clone();
        if (metadata.UniqueId.Length == 0)
        {
            metadata.UniqueId = $"urn:uuid:{Guid.NewGuid()}";
        }

        // An upload that is taken up may have begun before identifiers had one form.
        metadata.UniqueId = UniqueIds.Canonical(metadata.UniqueId);

        if (DocumentTypes.Find(metadata.Type) is { Display.Length: > 0 } type)
        {
            metadata.Type.Display = type.Display;
        }

        metadata.Format ??= metadata.MediaType switch
        {
            "application/pdf" => new Coding { System = XdsSdFormats, Code = "urn:ihe:iti:xds-sd:pdf:2008" },
            "text/plain" => new Coding { System = XdsSdFormats, Code = "urn:ihe:iti:xds-sd:text:2008" },
            "image/jpeg" => new Coding { System = XdsSdFormats, Code = "urn:ihe:iti-fr:xds-sd:jpeg:2010" },
            "image/tiff" => new Coding { System = XdsSdFormats, Code = "urn:ihe:iti-fr:xds-sd:tiff:2010" },
            "text/rtf" => new Coding { System = XdsSdFormats, Code = "urn:ihe:iti-fr:xds-sd:rtf:2010" },
            "application/dicom" => new Coding { System = DicomUids, Code = KosHeader.SopClass, Display = "Key Object Selection Document Storage" },
            _ => null,
        };
        metadata.LanguageCode = metadata.LanguageCode.Length == 0 ? "fr-FR" : metadata.LanguageCode;
        metadata.Confidentiality ??= new Coding { System = "2.16.840.1.113883.5.25", Code = "N", Display = "Normal" };
        metadata.FacilityType ??= DefaultFacilityType(caller);
        if (metadata.Authors.Count == 0)
        {
            metadata.Authors.Add(DefaultAuthor(caller));
        }

        return metadata;
    }

    /// <summary>What production would have refused about identifiers in the metadata (realm <c>test</c>).</summary>
    public static IEnumerable<Warning> Warnings(DocumentMetadata metadata)
    {
        for (var i = 0; i < metadata.Authors.Count; i++)
        {
            var author = metadata.Authors[i];
            if (author.Person?.Id is ['8', .. { Length: 11 } rpps] && !NationalIds.RppsIsValid(rpps))
            {
                yield return new Warning { Field = $"metadata.authors[{i}].person.id", Description = "The key of the RPPS number is wrong." };
            }

            if (author.Institution?.Id is ['1', .. { Length: 9 } finess] && !NationalIds.FinessIsValid(finess))
            {
                yield return new Warning { Field = $"metadata.authors[{i}].institution.id", Description = "The key of the FINESS number is wrong." };
            }
        }
    }

    public NewVersion ToVersion(
        RecordAccess access, Guid documentId, int version, ContentDigests content, ContentForm form, Guid? submissionSetId, DateTimeOffset now)
    {
        var caller = access.Caller;
        var depositor = caller.ToActor();
        return new NewVersion
        {
            DocumentId = documentId,
            Version = version,
            RecordId = access.RecordId,
            UniqueId = Metadata.UniqueId,
            DepositorKind = (short)depositor.Kind,
            DepositorProfessionalId = caller.ProfessionalId,
            DepositorStructureId = caller.StructureId,
            DepositorKey = caller.DepositorKey,
            Depositor = depositor.ToByteArray(),
            Metadata = Metadata.ToByteArray(),
            TypeCode = Metadata.Type.ToColumn(),
            ClassCode = DocumentTypes.Class(DocumentTypes.Find(Metadata.Type)!.ClassCode).ToColumn(),
            PracticeSetting = Metadata.PracticeSetting?.ToColumn(),
            FacilityType = Metadata.FacilityType?.ToColumn(),
            EventCodes = [.. Metadata.EventCodes.Select(code => code.ToColumn())],
            AuthorIds = [.. Metadata.Authors.Select(author => author.Person?.Id ?? "").Where(id => id.Length > 0).Distinct()],
            AuthorStructureIds =
                [.. Metadata.Authors.Select(author => author.Institution?.Id ?? "").Where(id => id.Length > 0).Distinct()],
            CreationTime = Metadata.CreationTime.ToDateTimeOffset(),
            ServiceStartTime = Metadata.ServiceStartTime.ToDateTimeOffset(),
            SizeBytes = content.Size,
            Sha256 = content.Sha256,
            Sha1 = content.Sha1,
            Form = (short)form,
            ContentId = ContentId,
            BlobId = null,
            BlobOffset = 0,
            RecordKeyId = RecordKeyId,
            SubmissionSetId = submissionSetId,
            CreateTime = now,
        };
    }

    private static Coding? DefaultFacilityType(Caller caller) => caller switch
    {
        { Kind: CallerKind.Patient or CallerKind.Representative } =>
            new Coding { System = "1.2.250.1.213.1.1.4.6", Code = "EXP_PATIENT", Display = "Expression personnelle du patient" },
        { SectorCode: { } sector } => Sector(sector),
        _ => null,
    };

    /// <summary>A token may bear a sector of TRE_R02 that is no kind of facility, or is none any more.</summary>
    private static Coding? Sector(string code) =>
        new Coding { System = "1.2.250.1.71.4.2.4", Code = code } is var sector && CodedValues.IsFacilityType(sector) ? sector : null;

    private static Author DefaultAuthor(Caller caller)
    {
        var author = new Author
        {
            Person = new Person
            {
                Id = caller.ProfessionalId ?? "",
                FamilyName = caller.FamilyName ?? "",
                GivenName = caller.GivenName ?? "",
            },
        };
        if (caller.StructureId is not null)
        {
            author.Institution = new Institution { Id = caller.StructureId, Name = caller.StructureName ?? caller.StructureId };
        }

        if (caller is { ProfessionCode: { } profession, SpecialtyCode: { } specialty })
        {
            author.Specialty = new Coding { System = "1.2.250.1.213.1.1.4.5", Code = $"G15_{profession}/{specialty}" };
        }

        return author;
    }
}
