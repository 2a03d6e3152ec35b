namespace Dmp.Server.Intake;

/// <summary>Where a document says what, for the sender who has to look there.</summary>
internal sealed record HeaderPlaces
{
    private const string Clinical = "/ClinicalDocument";
    private const string Performer = $"{Clinical}/documentationOf/serviceEvent/performer/assignedEntity";
    private const string Composition = "Bundle.entry[0].resource";

    /// <summary>Of CDA R2, as XPath.</summary>
    public static readonly HeaderPlaces Cda = new()
    {
        Id = $"{Clinical}/id",
        Type = $"{Clinical}/code",
        Format = $"{Clinical}/templateId",
        Title = $"{Clinical}/title",
        Root = Clinical,
        Language = $"{Clinical}/languageCode/@code",
        Confidentiality = $"{Clinical}/confidentialityCode",
        CreationTime = $"{Clinical}/effectiveTime",
        ServiceTime = $"{Clinical}/documentationOf/serviceEvent/effectiveTime",
        ServiceStop = $"{Clinical}/documentationOf/serviceEvent/effectiveTime/high",
        EventCode = $"{Clinical}/documentationOf/serviceEvent/code",
        PracticeSetting = $"{Performer}/representedOrganization/standardIndustryClassCode",
        FacilityType = $"{Clinical}/componentOf/encompassingEncounter/location/healthCareFacility/code",
        Order = $"{Clinical}/inFulfillmentOf/order/id",
        AccessionNumber = $"{Clinical}/inFulfillmentOf/order/accessionNumber",
        Related = $"{Clinical}/relatedDocument",
        Patient = $"{Clinical}/recordTarget",
        PatientId = $"{Clinical}/recordTarget/patientRole/id",
        PatientFamily = $"{Clinical}/recordTarget/patientRole/patient/name/family",
        PatientGiven = $"{Clinical}/recordTarget/patientRole/patient/name/given",
        PatientBirth = $"{Clinical}/recordTarget/patientRole/patient/birthTime",
        Author = $"{Clinical}/author",
        FirstAuthor = 1,
        AuthorFunction = "/functionCode",
        AuthorActor = "/assignedAuthor",
        Signatory = $"{Clinical}/legalAuthenticator",
        SignatoryActor = "/assignedEntity",
        ActorStructure = "/representedOrganization",
        ActorSpecialty = "/code",
        ActorId = "/id",
        ActorName = "/assignedPerson/name",
        ActorGiven = "/assignedPerson/name/given",
        Display = "/@displayName",
        Name = "/name",
    };

    /// <summary>Of FHIR, as FHIRPath. What a reference leads to is told at the reference.</summary>
    public static readonly HeaderPlaces Fhir = new()
    {
        Id = "Bundle.identifier",
        Type = $"{Composition}.type",
        Format = $"{Composition}.meta.profile",
        Title = $"{Composition}.title",
        Root = "Bundle",
        Language = $"{Composition}.language",
        Confidentiality = $"{Composition}.confidentiality",
        CreationTime = "Bundle.timestamp",
        ServiceTime = $"{Composition}.event.period",
        ServiceStop = $"{Composition}.event.period.end",
        EventCode = $"{Composition}.event.code",
        PracticeSetting = $"{Composition}.author",
        FacilityType = $"{Composition}.encounter",
        Order = $"{Composition}.section.entry.basedOn",
        AccessionNumber = $"{Composition}.section.entry.identifier",
        Related = $"{Composition}.relatesTo",
        Patient = $"{Composition}.subject",
        PatientId = $"{Composition}.subject.identifier",
        PatientFamily = $"{Composition}.subject.name.family",
        PatientGiven = $"{Composition}.subject.name.given",
        PatientBirth = $"{Composition}.subject.birthDate",
        Author = $"{Composition}.author",
        FirstAuthor = 0,
        AuthorFunction = ".code",
        AuthorActor = "",
        Signatory = $"{Composition}.attester",
        SignatoryActor = ".party",
        ActorStructure = ".organization",
        ActorSpecialty = ".specialty",
        ActorId = ".identifier",
        ActorName = ".name",
        ActorGiven = ".name.given",
        Display = ".display",
        Name = ".name",
    };

    public required string Root { get; init; }

    public required string Id { get; init; }

    public required string Type { get; init; }

    public required string Format { get; init; }

    public required string Title { get; init; }

    public required string Language { get; init; }

    public required string Confidentiality { get; init; }

    public required string CreationTime { get; init; }

    public required string ServiceTime { get; init; }

    public required string ServiceStop { get; init; }

    public required string EventCode { get; init; }

    public required string PracticeSetting { get; init; }

    public required string FacilityType { get; init; }

    public required string Order { get; init; }

    public required string AccessionNumber { get; init; }

    /// <summary>What the document replaces.</summary>
    public required string Related { get; init; }

    public required string Patient { get; init; }

    public required string PatientId { get; init; }

    public required string PatientFamily { get; init; }

    public required string PatientGiven { get; init; }

    public required string PatientBirth { get; init; }

    public required string Author { get; init; }

    /// <summary>The number of the first author: XPath counts from 1, FHIRPath from 0.</summary>
    public required int FirstAuthor { get; init; }

    public required string AuthorFunction { get; init; }

    public required string AuthorActor { get; init; }

    public required string Signatory { get; init; }

    public required string SignatoryActor { get; init; }

    public required string ActorStructure { get; init; }

    public required string ActorSpecialty { get; init; }

    public required string ActorId { get; init; }

    public required string ActorName { get; init; }

    public required string ActorGiven { get; init; }

    /// <summary>Behind the place of a code: its text.</summary>
    public required string Display { get; init; }

    /// <summary>Behind the place of a structure: its name.</summary>
    public required string Name { get; init; }

    /// <summary>The author at an index; the first one of CDA has no number.</summary>
    public string AuthorAt(int index) => index == 0 && FirstAuthor == 1 ? Author : $"{Author}[{index + FirstAuthor}]";
}
