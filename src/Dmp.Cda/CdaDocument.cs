namespace Dmp.Cda;

/// <summary>What came of reading: the values found, and everything that is wrong with the document.</summary>
/// <param name="Document">What the header says; null when the document is refused.</param>
/// <param name="Faults">In the order of the document.</param>
public sealed record CdaReadResult(CdaDocument? Document, IReadOnlyList<CdaFault> Faults);

/// <summary>The header of a CDA R2 document, and which body follows it. Absent parts are null or empty.</summary>
public sealed record CdaDocument
{
    /// <summary>The document is inside of a stylesheet that shows it (<i>auto-présentable</i>). It was read as data.</summary>
    public bool IsSelfPresenting { get; init; }

    /// <summary>Model of content, <c>templateId</c>.</summary>
    public IReadOnlyList<CdaId> TemplateIds { get; init; } = [];

    /// <summary>The document's own identifier.</summary>
    public CdaId? Id { get; init; }

    /// <summary>What all versions of the document have in common.</summary>
    public CdaId? SetId { get; init; }

    /// <summary>Counts the versions of <see cref="SetId"/> from 1.</summary>
    public int? VersionNumber { get; init; }

    /// <summary>Type of document.</summary>
    public CdaCode? Type { get; init; }

    /// <summary>Title, with runs of blanks as one blank.</summary>
    public string? Title { get; init; }

    /// <summary>When the document was written (<c>effectiveTime</c>).</summary>
    public CdaTime? CreationTime { get; init; }

    /// <summary>Confidentiality.</summary>
    public CdaCode? Confidentiality { get; init; }

    /// <summary>Language as in BCP 47.</summary>
    public string? LanguageCode { get; init; }

    /// <summary>Patients in order. One, in every document that is not defective.</summary>
    public IReadOnlyList<CdaPatient> Patients { get; init; } = [];

    /// <summary>Authors in order.</summary>
    public IReadOnlyList<CdaAuthor> Authors { get; init; } = [];

    /// <summary>Who takes legal responsibility.</summary>
    public CdaAuthenticator? LegalAuthenticator { get; init; }

    /// <summary>Who keeps the document.</summary>
    public CdaOrganization? Custodian { get; init; }

    /// <summary>Orders that the document answers (<c>inFulfillmentOf</c>).</summary>
    public IReadOnlyList<CdaId> Orders { get; init; } = [];

    /// <summary>What the examinations were booked in under (accession number, of DICOM PS3.20), beside the orders.</summary>
    public IReadOnlyList<CdaId> AccessionNumbers { get; init; } = [];

    /// <summary>Acts documented, the main one first.</summary>
    public IReadOnlyList<CdaServiceEvent> ServiceEvents { get; init; } = [];

    /// <summary>Documents that this one replaces, completes or transforms.</summary>
    public IReadOnlyList<CdaRelatedDocument> RelatedDocuments { get; init; } = [];

    /// <summary>The stay or visit.</summary>
    public CdaEncounter? Encounter { get; init; }

    /// <summary>The body; null when there is none that CDA knows.</summary>
    public CdaBody? Body { get; init; }

    /// <summary>How many files in base 64 the body carries; null when the document was not read to its end.</summary>
    public int? FileCount { get; init; }
}

/// <summary>An identifier.</summary>
/// <param name="Root">OID or UUID, as written.</param>
/// <param name="Extension">What the root's owner gave, if anything.</param>
public sealed record CdaId(string Root, string? Extension)
{
    /// <summary>As XDS writes an identifier: the root, and the extension after a circumflex.</summary>
    public override string ToString() => Extension is null ? Root : $"{Root}^{Extension}";
}

/// <summary>A code with its system.</summary>
/// <param name="Code">The code.</param>
/// <param name="System">OID of the system.</param>
/// <param name="Display">Text of the author, who may have written anything.</param>
public sealed record CdaCode(string Code, string System, string? Display)
{
    /// <summary>The same said in other systems.</summary>
    public IReadOnlyList<CdaCode> Translations { get; init; } = [];
}

/// <summary>A span of time; each end may be open.</summary>
/// <param name="Start">Begin, or the one point in time there is.</param>
/// <param name="Stop">End.</param>
public sealed record CdaInterval(CdaTime? Start, CdaTime? Stop)
{
    /// <summary>The document says when it began, in a way that nobody can read. That is told as a fault.</summary>
    public bool IsStartMalformed { get; init; }
}

/// <summary>A part of a name.</summary>
/// <param name="Text">The text.</param>
/// <param name="Qualifiers"><c>BR</c> for birth, <c>CL</c> for the used name, <c>SP</c> for a spouse's.</param>
public sealed record CdaNamePart(string Text, IReadOnlyList<string> Qualifiers);

/// <summary>A name of a person.</summary>
public sealed record CdaName
{
    /// <summary>Family names in order.</summary>
    public IReadOnlyList<CdaNamePart> Families { get; init; } = [];

    /// <summary>Given names in order.</summary>
    public IReadOnlyList<CdaNamePart> Givens { get; init; } = [];

    /// <summary>The whole name as it is written; only where it is not written in parts.</summary>
    public string? Text { get; init; }

    /// <summary>Civility.</summary>
    public string? Prefix { get; init; }

    /// <summary>Title.</summary>
    public string? Suffix { get; init; }

    /// <summary>Name at birth; of professionals the only one.</summary>
    public string? BirthFamily => Pick(Families, "BR");

    /// <summary>First given name at birth.</summary>
    public string? FirstGiven => Pick(Givens, "BR");

    private static string? Pick(IReadOnlyList<CdaNamePart> parts, string qualifier) =>
        (parts.FirstOrDefault(part => part.Qualifiers.Contains(qualifier))
            ?? parts.FirstOrDefault(part => part.Qualifiers.Count == 0)
            ?? (parts is [var first, ..] ? first : null))?.Text;
}

/// <summary>The patient.</summary>
public sealed record CdaPatient
{
    /// <summary>Every identifier, national and local.</summary>
    public IReadOnlyList<CdaId> Ids { get; init; } = [];

    /// <summary>Names in order.</summary>
    public IReadOnlyList<CdaName> Names { get; init; } = [];

    /// <summary>Time of birth, as precise as it is known.</summary>
    public CdaTime? BirthTime { get; init; }

    /// <summary><c>M</c>, <c>F</c> or <c>UN</c>.</summary>
    public string? Sex { get; init; }

    /// <summary>INSEE code of the place of birth.</summary>
    public string? BirthPlaceCode { get; init; }

    /// <summary>National identities of health (INS): those under an OID that the framework gives to them.</summary>
    public IEnumerable<CdaId> InsIds => Ids.Where(id => CdaOids.Ins.Contains(id.Root) && id.Extension is not null);

    /// <summary>Identifiers that some system gave the patient: all but those of the national identity, in whatever form.</summary>
    public IEnumerable<CdaId> LocalIds => Ids.Where(id =>
        !id.Root.StartsWith(CdaOids.InsArc, StringComparison.Ordinal) && !InsIds.Any(ins => ins.Extension == id.Extension));
}

/// <summary>A structure.</summary>
public sealed record CdaOrganization
{
    /// <summary>Every identifier.</summary>
    public IReadOnlyList<CdaId> Ids { get; init; } = [];

    /// <summary>Name.</summary>
    public string? Name { get; init; }

    /// <summary>Setting of care (<i>cadre d'exercice</i>, <c>standardIndustryClassCode</c>).</summary>
    public CdaCode? PracticeSetting { get; init; }

    /// <summary>National identifier (Struct_IdNat).</summary>
    public string? NationalId => CdaOids.Find(Ids, CdaOids.Structure);
}

/// <summary>A professional, a person, or a system that acts.</summary>
public sealed record CdaActor
{
    /// <summary>Every identifier.</summary>
    public IReadOnlyList<CdaId> Ids { get; init; } = [];

    /// <summary>Profession and specialty.</summary>
    public CdaCode? Specialty { get; init; }

    /// <summary>Name of the person; null for a system.</summary>
    public CdaName? Name { get; init; }

    /// <summary>Name of the system; null for a person.</summary>
    public string? DeviceName { get; init; }

    /// <summary>The structure of the work situation.</summary>
    public CdaOrganization? Organization { get; init; }

    /// <summary>National identifier (PS_IdNat).</summary>
    public string? NationalId => CdaOids.Find(Ids, CdaOids.Professional);
}

/// <summary>An author.</summary>
/// <param name="Time">When the author wrote.</param>
/// <param name="Function">Role in the act.</param>
/// <param name="FunctionText">The same in the author's words.</param>
/// <param name="Actor">Who.</param>
public sealed record CdaAuthor(CdaTime? Time, CdaCode? Function, string? FunctionText, CdaActor Actor);

/// <summary>Who signs.</summary>
/// <param name="Time">When.</param>
/// <param name="Actor">Who.</param>
public sealed record CdaAuthenticator(CdaTime? Time, CdaActor Actor);

/// <summary>An act that the document is about.</summary>
/// <param name="Ids">Identifiers of the act.</param>
/// <param name="Code">The act, or a condition.</param>
/// <param name="Time">When it took place.</param>
/// <param name="Performers">Who did it.</param>
public sealed record CdaServiceEvent(
    IReadOnlyList<CdaId> Ids, CdaCode? Code, CdaInterval? Time, IReadOnlyList<CdaActor> Performers);

/// <summary>Another document that this one belongs to.</summary>
/// <param name="Relation"><c>RPLC</c>, <c>APND</c> or <c>XFRM</c>.</param>
/// <param name="Ids">Identifiers of the other document.</param>
/// <param name="SetId">What its versions have in common.</param>
/// <param name="VersionNumber">Its version.</param>
public sealed record CdaRelatedDocument(string? Relation, IReadOnlyList<CdaId> Ids, CdaId? SetId, int? VersionNumber);

/// <summary>A stay or visit.</summary>
/// <param name="Ids">Identifiers of it.</param>
/// <param name="Code">Kind of it.</param>
/// <param name="Time">When.</param>
/// <param name="FacilityType">Kind of facility (<i>secteur d'activité</i>).</param>
/// <param name="Facility">The facility; its name is that of the location.</param>
public sealed record CdaEncounter(
    IReadOnlyList<CdaId> Ids, CdaCode? Code, CdaInterval? Time, CdaCode? FacilityType, CdaOrganization? Facility);

/// <summary>The body.</summary>
/// <param name="Level">1 for an embedded file, 3 for sections (levels 2 and 3 differ only by coded entries).</param>
/// <param name="MediaType">Media type of the embedded file, as written in lower case; null for sections.</param>
/// <param name="IsBase64">The embedded file is in base 64.</param>
public sealed record CdaBody(int Level, string? MediaType, bool IsBase64);

/// <summary>OIDs of the French framework.</summary>
public static class CdaOids
{
    /// <summary>PS_IdNat.</summary>
    public const string Professional = "1.2.250.1.71.4.2.1";

    /// <summary>Struct_IdNat.</summary>
    public const string Structure = "1.2.250.1.71.4.2.2";

    /// <summary>INS: NIR, NIA, and the two of tests and demonstrations.</summary>
    public static IReadOnlyList<string> Ins { get; } =
        ["1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"];

    /// <summary>Under it are the national identities of patients, those of the past and their parts too.</summary>
    internal const string InsArc = "1.2.250.1.213.1.4.";

    internal static string? Find(IEnumerable<CdaId> ids, string root) =>
        ids.FirstOrDefault(id => id.Root == root && id.Extension is not null)?.Extension;
}
