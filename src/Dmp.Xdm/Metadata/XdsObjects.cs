namespace Dmp.Xdm;

/// <summary>A code with its system, as it is written.</summary>
/// <param name="Code">The code.</param>
/// <param name="Scheme">The OID of the system; sometimes with <c>urn:oid:</c>, sometimes a name.</param>
/// <param name="Display">A text for people.</param>
public sealed record XdsCode(string Code, string Scheme, string Display);

/// <summary>An author, each part as it is written (XCN, XON, CX).</summary>
public sealed record XdsAuthor
{
    /// <summary>authorPerson, XCN.</summary>
    public IReadOnlyList<string> Persons { get; init; } = [];

    /// <summary>authorInstitution, XON.</summary>
    public IReadOnlyList<string> Institutions { get; init; } = [];

    /// <summary>authorRole.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>authorSpecialty.</summary>
    public IReadOnlyList<string> Specialties { get; init; } = [];

    /// <summary>authorTelecommunication.</summary>
    public IReadOnlyList<string> Telecommunications { get; init; } = [];
}

/// <summary>A DocumentEntry, whole. Absent texts are empty.</summary>
public sealed record XdsEntry
{
    /// <summary>entryUUID: <c>urn:uuid:</c> and a UUID, or a name that is used inside of the submission only.</summary>
    public required string EntryUuid { get; init; }

    /// <summary>logicalID.</summary>
    public string LogicalId { get; init; } = "";

    /// <summary>version.</summary>
    public string Version { get; init; } = "";

    /// <summary>objectType: what tells documents on demand from stable ones.</summary>
    public string ObjectType { get; init; } = XdsNames.StableDocument;

    /// <summary>availabilityStatus; empty in most submissions.</summary>
    public string Status { get; init; } = "";

    /// <summary>homeCommunityId.</summary>
    public string HomeCommunityId { get; init; } = "";

    /// <summary>mimeType.</summary>
    public string MediaType { get; init; } = "";

    /// <summary>title.</summary>
    public string Title { get; init; } = "";

    /// <summary>comments.</summary>
    public string Comments { get; init; } = "";

    /// <summary>uniqueId.</summary>
    public string UniqueId { get; init; } = "";

    /// <summary>patientId, CX.</summary>
    public string PatientId { get; init; } = "";

    /// <summary>sourcePatientId, CX.</summary>
    public string SourcePatientId { get; init; } = "";

    /// <summary>sourcePatientInfo: fields of PID.</summary>
    public IReadOnlyList<string> SourcePatientInfo { get; init; } = [];

    /// <summary>creationTime, DTM in UTC.</summary>
    public string CreationTime { get; init; } = "";

    /// <summary>serviceStartTime, DTM in UTC.</summary>
    public string ServiceStartTime { get; init; } = "";

    /// <summary>serviceStopTime, DTM in UTC.</summary>
    public string ServiceStopTime { get; init; } = "";

    /// <summary>languageCode.</summary>
    public string LanguageCode { get; init; } = "";

    /// <summary>legalAuthenticator, XCN.</summary>
    public IReadOnlyList<string> LegalAuthenticators { get; init; } = [];

    /// <summary>hash: SHA-1 in hexadecimal.</summary>
    public string Hash { get; init; } = "";

    /// <summary>size in bytes.</summary>
    public string Size { get; init; } = "";

    /// <summary>URI: where the file is, from the directory of the metadata.</summary>
    public string Uri { get; init; } = "";

    /// <summary>repositoryUniqueId.</summary>
    public string RepositoryUniqueId { get; init; } = "";

    /// <summary>referenceIdList, CXi.</summary>
    public IReadOnlyList<string> ReferenceIds { get; init; } = [];

    /// <summary>classCode.</summary>
    public XdsCode? Class { get; init; }

    /// <summary>typeCode.</summary>
    public XdsCode? Type { get; init; }

    /// <summary>formatCode.</summary>
    public XdsCode? Format { get; init; }

    /// <summary>healthcareFacilityTypeCode.</summary>
    public XdsCode? FacilityType { get; init; }

    /// <summary>practiceSettingCode.</summary>
    public XdsCode? PracticeSetting { get; init; }

    /// <summary>confidentialityCode, all of them.</summary>
    public IReadOnlyList<XdsCode> Confidentialities { get; init; } = [];

    /// <summary>eventCodeList.</summary>
    public IReadOnlyList<XdsCode> EventCodes { get; init; } = [];

    /// <summary>author, in order.</summary>
    public IReadOnlyList<XdsAuthor> Authors { get; init; } = [];

    /// <summary>
    /// Slots, classifications and identifiers that are none of the above, and codes that occur twice: by name, without value.
    /// </summary>
    public IReadOnlyList<string> Others { get; init; } = [];
}

/// <summary>A SubmissionSet (<i>lot de soumission</i>), whole.</summary>
public sealed record XdsSubmissionSet
{
    /// <summary>entryUUID.</summary>
    public required string EntryUuid { get; init; }

    /// <summary>uniqueId, an OID.</summary>
    public string UniqueId { get; init; } = "";

    /// <summary>sourceId, an OID.</summary>
    public string SourceId { get; init; } = "";

    /// <summary>patientId, CX.</summary>
    public string PatientId { get; init; } = "";

    /// <summary>submissionTime, DTM in UTC.</summary>
    public string SubmissionTime { get; init; } = "";

    /// <summary>title.</summary>
    public string Title { get; init; } = "";

    /// <summary>comments.</summary>
    public string Comments { get; init; } = "";

    /// <summary>contentTypeCode.</summary>
    public XdsCode? ContentType { get; init; }

    /// <summary>intendedRecipient.</summary>
    public IReadOnlyList<string> IntendedRecipients { get; init; } = [];

    /// <summary>author, in order.</summary>
    public IReadOnlyList<XdsAuthor> Authors { get; init; } = [];

    /// <summary>What else it says, by name.</summary>
    public IReadOnlyList<string> Others { get; init; } = [];
}

/// <summary>An Association.</summary>
/// <param name="Type">See <see cref="XdsAssociationTypes"/>.</param>
/// <param name="Source">entryUUID.</param>
/// <param name="Target">entryUUID, of this submission or of a registry.</param>
public sealed record XdsAssociation(string Type, string Source, string Target);

/// <summary>What one <c>METADATA.XML</c> says.</summary>
public sealed record XdsSubmission
{
    /// <summary>The submission set.</summary>
    public required XdsSubmissionSet Set { get; init; }

    /// <summary>The documents.</summary>
    public IReadOnlyList<XdsEntry> Entries { get; init; } = [];

    /// <summary>The associations, memberships too.</summary>
    public IReadOnlyList<XdsAssociation> Associations { get; init; } = [];

    /// <summary>Titles of folders are not kept: how many there are.</summary>
    public int Folders { get; init; }
}
