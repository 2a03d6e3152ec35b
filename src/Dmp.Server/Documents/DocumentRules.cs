using System.Text.RegularExpressions;
using Dmp.Annotations.V1;
using Dmp.Document.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Type.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Documents;

/// <summary>What can be done to a document.</summary>
internal enum DocumentChange
{
    Mask,
    Unmask,
    Archive,
    Unarchive,
    Delete,
    Replace,

    /// <summary>Lifts HIDDEN_FROM_PATIENT.</summary>
    RevealToPatient,

    /// <summary>Lifts HIDDEN_FROM_REPRESENTATIVES.</summary>
    RevealToRepresentatives,

    /// <summary>Sets HIDDEN_FROM_REPRESENTATIVES.</summary>
    HideFromRepresentatives,
}

/// <summary>The verdict on a change.</summary>
internal enum DocumentVerdict
{
    /// <summary>Do it.</summary>
    Go,

    /// <summary>It is so already; answer the document unchanged.</summary>
    NothingToDo,

    /// <summary>DOCUMENT_ACTION_NOT_ALLOWED.</summary>
    NotAllowed,

    /// <summary>DOCUMENT_STATE_CONFLICT.</summary>
    WrongState,
}

/// <summary>Rules on documents that need no I/O.</summary>
internal static partial class DocumentRules
{
    private static readonly string[] mediaTypes =
    [
        "text/xml", "application/xslt+xml", "application/fhir+json", "application/fhir+xml", "application/pdf", "image/jpeg", "image/tiff",
        "text/rtf", "text/plain", "application/dicom",
    ];

    /// <summary>
    /// Who may do what with a document that exists for the caller. Professionals and structures by the functional matrix (TD2.1b
    /// and TD3.3a to d, <see cref="FunctionRights"/>), whose conditions are decided here; a patient's document is changed by the
    /// patient, and deleted by an attending physician too.
    /// <code>
    ///                       patient, representative   condition of the matrix
    /// Mask                  yes                       none
    /// Unmask                yes                       own documents; none for attending physicians
    /// Archive, Unarchive    own documents             own documents; none for attending physicians, and physicians in emergencies
    /// Delete                own documents             own documents, the structure's; attending physicians also the patient's
    /// Replace               own documents             own documents
    /// Reveal                no; to representatives: the patient, no representative   none
    /// Hide from them        the patient, no representative   own documents, in a secret connection
    /// </code>
    /// A document that a caregiver added is the patient's.
    /// </summary>
    public static DocumentVerdict Decide(DocumentChange change, DocumentRow row, RecordAccess access)
    {
        var isPatients = row.DepositorKind is (short)ActorKind.Patient or (short)ActorKind.Representative or (short)ActorKind.Caregiver;
        var isAuthor = isPatients ? access.IsOwner : row.IsOwn;
        var isAllowed = (access.IsOwner, change) switch
        {
            (true, DocumentChange.Mask or DocumentChange.Unmask) => true,
            (true, DocumentChange.RevealToPatient) => false,
            (true, DocumentChange.RevealToRepresentatives or DocumentChange.HideFromRepresentatives) => access.Capacity == Capacity.Patient,
            (_, DocumentChange.HideFromRepresentatives) => isAuthor && access.IsAuthorized,
            (true, _) or (_, DocumentChange.Replace) => isAuthor,
            (_, DocumentChange.Delete) => isAuthor || isPatients && access.IsAttending,
            (_, DocumentChange.Archive or DocumentChange.Unarchive) =>
                isAuthor || access.IsAuthorized && access.Right(Function.Archive) is { IsAllowed: true, Condition: FunctionCondition.None },
            (_, DocumentChange.Unmask) =>
                isAuthor || access.Right(Function.Unmask) is { IsAllowed: true, Condition: FunctionCondition.None },
            _ => access.IsAuthorized,
        };
        if (!isAllowed)
        {
            return DocumentVerdict.NotAllowed;
        }

        return (change, (DocumentStatus)row.State) switch
        {
            (_, DocumentStatus.Deleted) => DocumentVerdict.WrongState,
            (DocumentChange.Mask, _) => row.Masked ? DocumentVerdict.NothingToDo : DocumentVerdict.Go,
            (DocumentChange.Unmask, _) => row.Masked ? DocumentVerdict.Go : DocumentVerdict.NothingToDo,
            (DocumentChange.RevealToPatient, _) => row.PatientVisibleTime is null ? DocumentVerdict.NothingToDo : DocumentVerdict.Go,
            (DocumentChange.RevealToRepresentatives, _) =>
                row.HiddenFromRepresentatives ? DocumentVerdict.Go : DocumentVerdict.NothingToDo,
            (DocumentChange.HideFromRepresentatives, _) =>
                row.HiddenFromRepresentatives ? DocumentVerdict.NothingToDo : DocumentVerdict.Go,
            (DocumentChange.Archive, DocumentStatus.Archived) => DocumentVerdict.WrongState,
            (DocumentChange.Unarchive, DocumentStatus.Approved) => DocumentVerdict.WrongState,
            _ => DocumentVerdict.Go,
        };
    }

    /// <summary>
    /// Checks what is to be hidden from the start. Hidden from the patient and masked from professionals exclude each other
    /// (EX_2.1-1050) unless <paramref name="hiddenAndMasked"/>, and only those who care for the patient announce what they found.
    /// </summary>
    public static void CheckVisibility(RepeatedField<VisibilityCode> codes, Caller caller, bool hiddenAndMasked, FieldFaults faults)
    {
        for (var i = 0; i < codes.Count; i++)
        {
            faults.Require(
                codes[i] != VisibilityCode.Unspecified && System.Enum.IsDefined(codes[i]),
                $"visibility_codes[{i}]",
                "Must be a code of this version of the contract, and not UNSPECIFIED.");
        }

        if (codes.Contains(VisibilityCode.HiddenFromPatient))
        {
            faults.Require(
                hiddenAndMasked || !codes.Contains(VisibilityCode.MaskedFromProfessionals),
                "visibility_codes",
                "HIDDEN_FROM_PATIENT and MASKED_FROM_PROFESSIONALS exclude each other.");
            faults.Require(
                caller.Kind is CallerKind.Professional or CallerKind.Structure,
                "visibility_codes",
                "HIDDEN_FROM_PATIENT is for professionals and structures.");
        }
    }

    /// <summary>
    /// An upload would make a document that waits for its announcement and is masked too, which the codes alone do not tell: by the default
    /// masking of the record, or by what the replaced document is. One that was both before stays so.
    /// </summary>
    public static bool WouldHideFromAll(RepeatedField<VisibilityCode> codes, RecordAccess access, DocumentRow? replaced)
    {
        var (wasWaiting, wasMasked) = (replaced is not null && IsWaiting(replaced, access.Now), replaced is { Masked: true });
        var isWaiting = wasWaiting || codes.Contains(VisibilityCode.HiddenFromPatient);
        var isMasked = wasMasked
            || replaced is null && access.DocumentsMaskedByDefault
            || codes.Contains(VisibilityCode.MaskedFromProfessionals);
        return isWaiting && isMasked && !(wasWaiting && wasMasked);
    }

    /// <summary>The document waits for its announcement.</summary>
    public static bool IsWaiting(DocumentRow row, DateTimeOffset now) => row.PatientVisibleTime > now;

    /// <summary>Whom the sender names; whether the record is that patient's is decided with the record.</summary>
    public static void CheckStated(StatedPatient stated, FieldFaults faults) => faults.Require(
        stated.BirthDate.Length == 0 || NamedPatient.DateOf(stated.BirthDate) is not null, "stated_patient.birth_date",
        "Must be a date as YYYY-MM-DD.");

    /// <summary>In a secret connection a document carries one code, and the platform sets it (EX_2.1-1050).</summary>
    public static void CheckSecret(RepeatedField<VisibilityCode> codes, FieldFaults faults) => faults.Require(
        codes.All(code => code == VisibilityCode.HiddenFromRepresentatives),
        "visibility_codes",
        "Must be empty or HIDDEN_FROM_REPRESENTATIVES in a secret connection.");

    /// <summary>Caregivers decide nothing about visibility, and nobody hides a document from oneself.</summary>
    public static bool MayChoose(RepeatedField<VisibilityCode> codes, Capacity capacity) => capacity switch
    {
        Capacity.Caregiver => codes.Count == 0,
        Capacity.Representative => !codes.Contains(VisibilityCode.HiddenFromRepresentatives),
        _ => true,
    };

    /// <summary>Finds what a document must have that no header fills, or that its header did not fill.</summary>
    public static void RequireComplete(DocumentMetadata? metadata, string description, FieldFaults faults)
    {
        faults.Require(metadata?.Type is not null, "metadata.type", description);
        faults.Require(metadata?.Title is { Length: > 0 }, "metadata.title", description);
        faults.Require(metadata?.MediaType is { Length: > 0 }, "metadata.media_type", description);
        faults.Require(metadata?.CreationTime is not null, "metadata.creation_time", description);
        faults.Require(metadata?.ServiceStartTime is not null, "metadata.service_start_time", description);
    }

    /// <summary>
    /// Checks what is said about a document; what must be there is found by <see cref="RequireComplete"/>. Authors that a header
    /// names, or will name, are not the caller's choice: those of another structure are told as a warning then.
    /// </summary>
    public static void Check(DocumentMetadata metadata, Caller caller, DateTimeOffset now, bool authorsOfHeader, FieldFaults faults)
    {
        faults.Text(metadata.Title, "metadata.title", 256);
        faults.Text(metadata.Comments, "metadata.comments", 1000);
        faults.Text(metadata.UniqueId, "metadata.unique_id", 128);
        faults.Require(!metadata.UniqueId.Any(char.IsWhiteSpace), "metadata.unique_id", "Must not contain white space.");
        faults.Require(
            metadata.LanguageCode.Length == 0 || IsLanguage(metadata.LanguageCode),
            "metadata.language_code",
            "Must be a language tag as in BCP 47, for example fr-FR.");
        faults.Require(
            metadata.MediaType.Length == 0 || mediaTypes.Contains(metadata.MediaType),
            "metadata.media_type",
            $"Must be one of {string.Join(", ", mediaTypes)}.");
        faults.Require(
            metadata.Type is null or { System: "" } or { Code: "" } || DocumentTypes.Find(metadata.Type) is not null,
            "metadata.type",
            "Must be a published document type (value set J07): LOINC 2.16.840.1.113883.6.1 or TRE_A05 1.2.250.1.213.1.1.4.12.");
        faults.Require(
            metadata.Confidentiality is null or { System: "2.16.840.1.113883.5.25", Code: "N" or "R" or "V" },
            "metadata.confidentiality",
            "Must be N, R or V of 2.16.840.1.113883.5.25.");
        faults.Require(
            metadata.PracticeSetting is null || CodedValues.IsPracticeSetting(metadata.PracticeSetting),
            "metadata.practice_setting",
            "Must be a practice setting of value set J04 (1.2.250.1.213.1.1.4.9).");
        faults.Require(
            metadata.FacilityType is null or { System: "" } or { Code: "" } || CodedValues.IsFacilityType(metadata.FacilityType),
            "metadata.facility_type",
            "Must be a kind of facility of value set J02: TRE_R02 1.2.250.1.71.4.2.4 or TRE_A00 1.2.250.1.213.1.1.4.6.");
        CheckFormat(metadata, faults);
        PartRules.CheckCoding(metadata.Type, "metadata.type", faults);
        PartRules.CheckCoding(metadata.Format, "metadata.format", faults);
        PartRules.CheckCoding(metadata.FacilityType, "metadata.facility_type", faults);
        CheckCodings(metadata.EventCodes, "metadata.event_codes", faults);
        CheckIdentifiers(metadata, faults);
        CheckTimes(metadata, now, faults);
        CheckAuthors(metadata, caller, authorsOfHeader, faults);
    }

    /// <summary>A language tag.</summary>
    public static bool IsLanguage(string code) => LanguageTag().IsMatch(code);

    // Language, script, region and variants of BCP 47, without its rare forms.
    [GeneratedRegex(@"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}\z")]
    private static partial Regex LanguageTag();

    private static void CheckFormat(DocumentMetadata metadata, FieldFaults faults)
    {
        if (metadata.Format is not { System.Length: > 0, Code.Length: > 0 } format)
        {
            return;
        }

        if (!CodedValues.IsFormat(format))
        {
            faults.Add("metadata.format", "Must be a format of value set J60.");
        }
        else
        {
            faults.Require(
                CodedValues.FitsMedia(format, metadata.MediaType),
                "metadata.format",
                "Must be the format of the media type, urn:asipSante:modelesHorsProfils:2011, or absent.");
        }
    }

    /// <summary>Checks a filter or list of codes: at most 50, each with its system.</summary>
    public static void CheckCodings(RepeatedField<Coding> codings, string field, FieldFaults faults)
    {
        faults.Require(codings.Count <= 50, field, "Must have at most 50 codes.");
        for (var i = 0; i < codings.Count; i++)
        {
            PartRules.CheckCoding(codings[i], $"{field}[{i}]", faults);
        }
    }

    private static void CheckIdentifiers(DocumentMetadata metadata, FieldFaults faults)
    {
        PartRules.CheckIdentifier(metadata.SourcePatientId, "metadata.source_patient_id", faults);
        faults.Require(metadata.References.Count <= 50, "metadata.references", "Must have at most 50 references.");
        for (var i = 0; i < metadata.References.Count; i++)
        {
            PartRules.CheckIdentifier(metadata.References[i].Id, $"metadata.references[{i}].id", faults);
            faults.Text(metadata.References[i].Kind, $"metadata.references[{i}].kind", 128);
        }

        PartRules.CheckEntryUuid(metadata.EntryUuid, faults);
    }

    private static void CheckTimes(DocumentMetadata metadata, DateTimeOffset now, FieldFaults faults)
    {
        var creation = CheckTime(metadata.CreationTime, "metadata.creation_time", faults);
        var start = CheckTime(metadata.ServiceStartTime, "metadata.service_start_time", faults);
        var stop = CheckTime(metadata.ServiceStopTime, "metadata.service_stop_time", faults);
        faults.Require(
            creation is null || creation <= now.AddDays(1), "metadata.creation_time", "Must not be more than a day in the future.");
        faults.Require(
            start is null || stop is null || start <= stop,
            "metadata.service_stop_time",
            "Must not be before service_start_time.");
    }

    /// <summary>A time between 1850 and 2200 (no living person has an older act); null when it is absent or a fault.</summary>
    public static DateTimeOffset? CheckTime(Timestamp? time, string field, FieldFaults faults)
    {
        // Seconds outside the range of the type would throw in the conversion.
        if (time is null)
        {
            return null;
        }

        if (time.Nanos is >= 0 and < 1_000_000_000 && time.Seconds is >= -3_786_825_600 and <= 7_258_118_400)
        {
            return time.ToDateTimeOffset();
        }

        faults.Add(field, "Must be a time between the years 1850 and 2200.");
        return null;
    }

    private static void CheckAuthors(DocumentMetadata metadata, Caller caller, bool authorsOfHeader, FieldFaults faults)
    {
        PartRules.CheckAuthors(metadata.Authors, faults);
        faults.Require(
            metadata.Authors.Count > 0 || authorsOfHeader || caller.Kind != CallerKind.Structure, "metadata.authors",
            "Required for a structure.");
        PartRules.CheckPerson(metadata.LegalAuthenticator, "metadata.legal_authenticator", faults);
        faults.Require(
            metadata.Authors.Count == 0
                || authorsOfHeader
                || caller.StructureId is null
                || metadata.Authors.Any(author => author.Institution?.Id == caller.StructureId),
            "metadata.authors",
            "At least one author must have the caller's own structure as institution.");
    }
}
