using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Media;
using Dmp.Server.Messages;
using Dmp.Server.Options;
using Dmp.Type.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>An upload whose intent was found good: what it will become.</summary>
internal sealed record UploadPlan
{
    /// <summary>Under which uploads are remembered, whichever method they came through.</summary>
    public const string Method = "dmp.document.v1.DocumentService/UploadDocument";

    private const string XdsSdFormats = "1.3.6.1.4.1.19376.1.2.3";
    private const string DicomUids = "1.2.840.10008.2.6.1";

    public required UploadIntent Message { get; init; }

    public required Guid RecordId { get; init; }

    public required Guid RequestId { get; init; }

    public required Guid? Replaces { get; init; }

    public required Guid UploadId { get; init; }

    public required Guid ContentId { get; init; }

    /// <summary>The intent as it was sent; null where that is the message.</summary>
    public required byte[]? Sent { get; init; }

    /// <summary>Counts the calls that took the upload up.</summary>
    public int Generation { get; init; } = 1;

    /// <summary>An earlier call began it.</summary>
    public bool IsTakenUp => Generation > 1;

    /// <summary>With <see cref="IsTakenUp"/>: the key that what was sent is sealed with.</summary>
    public Guid RecordKeyId { get; init; }

    /// <summary>The submission set with which it commits, or nothing of both; null for an upload by itself.</summary>
    public Guid? SubmissionSetId { get; init; }

    /// <summary>In a secret connection.</summary>
    public required bool IsSecret { get; init; }

    /// <summary>The metadata with the defaults of the contract filled in.</summary>
    public required DocumentMetadata Metadata { get; init; }

    /// <summary>What the document says of itself; null for one that says nothing, and before the bytes have come.</summary>
    public DocumentHeader? Header { get; init; }

    /// <summary>The patient whom a content without a header names; null when it names none, and before the bytes have come.</summary>
    public NamedPatient? NamedByContent { get; init; }

    /// <summary>What is odd about the header.</summary>
    public IReadOnlyList<Warning> HeaderWarnings { get; init; } = [];

    /// <summary>The content may have a header, which then fills what the metadata leave out.</summary>
    public static bool MayHaveHeader(DocumentMetadata? metadata) => metadata?.MediaType is null or ""
        or "text/xml" or "application/xslt+xml" or "application/fhir+json" or "application/fhir+xml";

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
        Intent = Sent ?? Message.ToByteArray(),
        Fingerprint = IntentFingerprint(),
        Secret = IsSecret,
        Generation = Generation,
        Running = true,
        HeartbeatTime = now,
    };

    public UploadSign Sign(UploadSink sink, DateTimeOffset now) => new(RecordId, UploadId, Generation, sink.PersistedSize, now);

    /// <summary>What must be equal when an intent is sent again to take its upload up.</summary>
    public byte[] IntentFingerprint() => Fingerprint("", []);

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
            "application/dicom" =>
                new Coding { System = DicomUids, Code = KosHeader.SopClass, Display = "Key Object Selection Document Storage" },
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
                yield return Odd($"metadata.authors[{i}].person.id", "The key of the RPPS number is wrong.");
            }

            if (author.Institution?.Id is ['1', .. { Length: 9 } finess] && !NationalIds.FinessIsValid(finess))
            {
                yield return Odd($"metadata.authors[{i}].institution.id", "The key of the FINESS number is wrong.");
            }
        }
    }

    private static Warning Odd(string field, string description) => new() { Field = field, Description = description };

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

/// <summary>What an upload asks for, checked before bytes travel: from the intent to the plan.</summary>
internal sealed class UploadPlanning(IOptions<UploadOptions> uploadOptions, IOptions<AccessOptions> accessOptions, TimeProvider time)
{
    /// <summary>The plan of an upload. Refuses every fault of the intent together.</summary>
    public UploadPlan Check(Call call, UploadIntent message)
    {
        var sent = call.IsSecret ? message.ToByteArray() : null;
        var faults = FieldFaults.Of(message);
        var now = time.GetUtcNow();
        var recordId = call.ReadRecordId(message.RecordId, faults);
        var replaces = faults.Id(message.ReplacesDocumentId, "replaces_document_id");
        var requestId = faults.Id(message.RequestId, "request_id");
        var mayHaveHeader = UploadPlan.MayHaveHeader(message.Metadata);
        if (!mayHaveHeader)
        {
            DocumentRules.RequireComplete(message.Metadata, "Required.", faults);
        }

        if (message.Metadata is not null)
        {
            DocumentRules.Check(message.Metadata, call.Caller, now, mayHaveHeader && message.Metadata.Authors.Count == 0, faults);
        }

        if (message.StatedPatient is { } stated)
        {
            DocumentRules.CheckStated(stated, faults);
        }

        DocumentRules.CheckVisibility(message.VisibilityCodes, call.Caller, accessOptions.Value.HiddenAndMasked, faults);
        if (call.IsSecret)
        {
            // From here on the intent says so itself, and its fingerprint too.
            DocumentRules.CheckSecret(message.VisibilityCodes, faults);
            message.VisibilityCodes.Clear();
            message.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives);
        }

        faults.Require(
            (message.ReplacesDocumentId.Length > 0) == (message.Etag.Length > 0),
            "etag",
            "Required with replaces_document_id, and only with it.");
        faults.Require(
            message.ExpectedSha256.Length is 0 or SHA256.HashSizeInBytes, "expected_sha256", "Must have 32 bytes.");
        faults.Require(
            !message.HasExpectedSizeBytes || message.ExpectedSizeBytes >= 0, "expected_size_bytes", "Must not be negative.");
        faults.ThrowIfAny();

        if (message is { HasExpectedSizeBytes: true, ExpectedSizeBytes: 0 })
        {
            throw Failures.Of(ErrorReason.DocumentEmpty);
        }

        if (message.HasExpectedSizeBytes && message.ExpectedSizeBytes > uploadOptions.Value.DocumentBytesMax)
        {
            throw TooLarge();
        }

        call.Trace.RequestId = requestId.ToString();
        return new UploadPlan
        {
            Message = message,
            RecordId = recordId,
            RequestId = requestId,
            Replaces = replaces == Guid.Empty ? null : replaces,
            Sent = sent,
            IsSecret = call.IsSecret,
            UploadId = Guid.CreateVersion7(now),
            ContentId = Guid.CreateVersion7(now),
            Metadata = UploadPlan.Complete(message.Metadata ?? new DocumentMetadata(), call.Caller),
        };
    }

    /// <summary>The intent of a document among others: it is there, and no larger than that of an upload by itself.</summary>
    public UploadIntent Require(UploadIntent? intent)
    {
        if (intent is null)
        {
            throw Failures.Of(ErrorReason.UploadIntentMissing);
        }

        var bytesMax = uploadOptions.Value.IntentBytesMax;
        return intent.CalculateSize() <= bytesMax
            ? intent
            : throw Failures.Of(ErrorReason.MessageTooLarge, ("limit_bytes", $"{bytesMax}"));
    }

    private RpcException TooLarge() =>
        Failures.Of(ErrorReason.DocumentTooLarge, ("limit_bytes", $"{uploadOptions.Value.DocumentBytesMax}"));

    /// <summary>The record and the request id by which an upload is asked about.</summary>
    public static (Guid RecordId, Guid RequestId) Ids(Call call, FieldFaults faults, string record, string request)
    {
        var recordId = faults.Id(record, "record_id");
        var requestId = faults.Id(request, "request_id");
        faults.ThrowIfAny();
        call.Trace.RecordId = recordId;
        call.Trace.RequestId = requestId.ToString();
        return (recordId, requestId);
    }
}
