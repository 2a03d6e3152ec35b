using Dmp.Cda;

namespace Dmp.Fhir;

/// <summary>The status of the composition (FHIR R4 CompositionStatus).</summary>
public enum FhirDocumentStatus
{
    /// <summary>Not stated, or none of those of R4.</summary>
    Unknown = 0,

    /// <summary>Not complete, or not yet verified.</summary>
    Preliminary = 1,

    /// <summary>Complete, and verified by an appropriate person.</summary>
    Final = 2,

    /// <summary>Changed after it was final.</summary>
    Amended = 3,

    /// <summary>Made in error: nothing in it counts.</summary>
    EnteredInError = 4,
}

/// <summary>
/// What a FHIR document says of itself, in the types of <see cref="CdaDocument"/> and the terms of <see cref="CdaMetadata"/>. One mapping
/// to the metadata of a document does for both. Systems are OIDs where one is known, and else the URI as it is given. Absent parts are null
/// or empty.
/// </summary>
public sealed record FhirDocumentHeader
{
    /// <summary>JSON or XML.</summary>
    public required FhirFormat Format { get; init; }

    /// <summary>mimeType: <c>application/fhir+json</c> or <c>application/fhir+xml</c>.</summary>
    public string MediaType => Format == FhirFormat.Json ? "application/fhir+json" : "application/fhir+xml";

    /// <summary><c>Bundle.identifier</c>, or else <c>Composition.identifier</c>.</summary>
    public CdaId? Id { get; init; }

    /// <summary>
    /// The identifier as the platform keeps one: an OID, <c>urn:uuid:</c> and a UUID, or <c>root^extension</c> of either. One under a URI
    /// becomes a UUID that is computed from it (version 8 of RFC 9562, SHA-256 of <c>system^value</c>). At most 128 characters.
    /// </summary>
    public string? UniqueId { get; init; }

    /// <summary>What the versions of the document share: <c>Composition.identifier</c>, where the bundle has one of its own.</summary>
    public CdaId? SetId { get; init; }

    /// <summary>The version within <see cref="SetId"/>, from the extension <c>composition-clinicaldocument-versionNumber</c>.</summary>
    public int? VersionNumber { get; init; }

    /// <summary><c>Composition.status</c>.</summary>
    public FhirDocumentStatus Status { get; init; }

    /// <summary><c>Composition.type</c>: the first coding of LOINC, or else the first one; the others are translations.</summary>
    public CdaCode? Type { get; init; }

    /// <summary><c>Composition.category</c>, the first one.</summary>
    public CdaCode? Category { get; init; }

    /// <summary>classCode of the type, by the published association; null for a type that is in no class.</summary>
    public string? ClassCode { get; init; }

    /// <summary><c>Composition.title</c>, with runs of blanks as one blank.</summary>
    public string? Title { get; init; }

    /// <summary><c>Composition.language</c>, or else <c>Bundle.language</c>: BCP 47.</summary>
    public string? LanguageCode { get; init; }

    /// <summary><c>Composition.confidentiality</c>, or else a security label of the composition or the bundle.</summary>
    public CdaCode? Confidentiality { get; init; }

    /// <summary><c>Bundle.timestamp</c>, or else <c>Composition.date</c>.</summary>
    public CdaTime? CreationTime { get; init; }

    /// <summary>
    /// The begin of the first that says it: <c>Composition.event.period</c>, the encounter, the reports, their specimens. Without any it is
    /// <c>Composition.date</c>, then <see cref="CreationTime"/>. Null when the event or encounter says it in a way that nobody can read.
    /// </summary>
    public CdaTime? ServiceStartTime { get; init; }

    /// <summary>The end that the same source states, when it is not before <see cref="ServiceStartTime"/>.</summary>
    public CdaTime? ServiceStopTime { get; init; }

    /// <summary><c>Composition.author</c> in order.</summary>
    public IReadOnlyList<CdaAuthor> Authors { get; init; } = [];

    /// <summary><c>Composition.attester</c>: the first of mode <c>legal</c>, else <c>official</c>, else <c>professional</c>.</summary>
    public CdaAuthenticator? LegalAuthenticator { get; init; }

    /// <summary><c>Composition.custodian</c>.</summary>
    public CdaOrganization? Custodian { get; init; }

    /// <summary><c>Composition.subject</c>.</summary>
    public CdaPatient? Patient { get; init; }

    /// <summary>Where the patient is described (<see cref="FhirFault.Path"/>); null where the subject leads to no resource.</summary>
    public string? PatientPath { get; init; }

    /// <summary>Identifiers of the orders that the reports or the composition answer (<c>basedOn</c>).</summary>
    public IReadOnlyList<CdaId> Orders { get; init; } = [];

    /// <summary>Accession numbers: identifiers of type <c>ACSN</c> of reports, imaging studies and orders.</summary>
    public IReadOnlyList<CdaId> AccessionNumbers { get; init; } = [];

    /// <summary><c>Composition.event</c>, the main one first.</summary>
    public IReadOnlyList<CdaServiceEvent> ServiceEvents { get; init; } = [];

    /// <summary>eventCodeList: the codes of <see cref="ServiceEvents"/>, once.</summary>
    public IReadOnlyList<CdaCode> EventCodes { get; init; } = [];

    /// <summary>The stay or visit.</summary>
    public CdaEncounter? Encounter { get; init; }

    /// <summary><c>Composition.relatesTo</c>: <c>RPLC</c>, <c>APND</c>, <c>XFRM</c>, or the code as it is written.</summary>
    public IReadOnlyList<CdaRelatedDocument> RelatedDocuments { get; init; } = [];

    /// <summary>Unique ids of the documents that this one replaces, in the form of <see cref="UniqueId"/>.</summary>
    public IReadOnlyList<string> ReplacedIds { get; init; } = [];
}
