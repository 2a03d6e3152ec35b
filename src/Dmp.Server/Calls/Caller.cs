namespace Dmp.Server.Calls;

/// <summary>What a caller is. Decided by the issuer that signed the token, never by the message.</summary>
internal enum CallerKind
{
    /// <summary>A health professional (<i>professionnel de santé</i>) with one pinned work situation.</summary>
    Professional,

    /// <summary>A structure (hospital, practice) calling in its own name: a back end, or staff who are no health professionals.</summary>
    Structure,

    /// <summary>The patient (<i>titulaire</i>), on the patient's own record.</summary>
    Patient,

    /// <summary>A legal representative (<i>représentant légal</i>), on the records of those represented.</summary>
    Representative,

    /// <summary>Support and operations.</summary>
    Operator,

    /// <summary>Somebody who reviews the trace and never the content.</summary>
    Auditor,
}

/// <summary>How a professional or structure authenticated (<i>Authentification_mode</i> of the VIHF).</summary>
internal enum AuthenticationMode
{
    /// <summary>A person, by card or its mobile equivalent (DIRECTE).</summary>
    Direct,

    /// <summary>A structure, by its certificate (INDIRECTE).</summary>
    Indirect,

    /// <summary>A structure by its certificate with a person who authenticated strongly (INDIRECTE_RENFORCEE, AIR).</summary>
    IndirectReinforced,
}

/// <summary>
/// Who calls. Built once from the verified token by <c>Identity.CallerReader</c>; everything a decision needs is here
/// and nothing in it comes from a message.
/// </summary>
internal sealed record Caller
{
    public required CallerKind Kind { get; init; }

    /// <summary>How the caller authenticated. Counts for professionals and structures.</summary>
    public AuthenticationMode Authentication { get; init; }

    /// <summary>Issuer and subject, <c>issuer|sub</c>: stable for one person or system and free of any INS.</summary>
    public required string Subject { get; init; }

    /// <summary>
    /// National identifier of a professional (<i>PS_IdNat</i>, OID 1.2.250.1.71.4.2.1): a kind digit and the identifier,
    /// <c>8</c> + RPPS in most cases. Null for the other kinds.
    /// </summary>
    public string? ProfessionalId { get; init; }

    /// <summary>Birth or exercise name of the person, for the trace.</summary>
    public string? FamilyName { get; init; }

    public string? GivenName { get; init; }

    /// <summary>Profession code and its system (TRE_G15 <c>1.2.250.1.71.1.2.7</c>; <c>10</c> physician, <c>40</c> dentist…).</summary>
    public string? ProfessionCode { get; init; }

    public string? ProfessionSystem { get; init; }

    /// <summary>Specialty (<i>savoir-faire</i>, TRE_R01: <c>SM26</c> general practice, <c>SM25</c> occupational medicine).</summary>
    public string? SpecialtyCode { get; init; }

    /// <summary>
    /// National identifier of the structure (<i>Struct_IdNat</i>, OID 1.2.250.1.71.4.2.2): a kind digit and the
    /// identifier, <c>1</c> + FINESS in most cases. Of the pinned work situation for a professional.
    /// </summary>
    public string? StructureId { get; init; }

    public string? StructureName { get; init; }

    /// <summary>Sector of activity (TRE_R02: <c>SA07</c> solo practice, <c>SA66</c> occupational health).</summary>
    public string? SectorCode { get; init; }

    /// <summary>Software that calls, as the issuer knows it (OAuth client id).</summary>
    public string? SoftwareId { get; init; }

    /// <summary>True when the token says the caller works for a regulation centre (<i>Acces_Regulation_Medicale</i>).</summary>
    public bool MayRegulate { get; init; }

    /// <summary>INS of the patient (15 characters), for <see cref="CallerKind.Patient"/>. Never logged.</summary>
    public string? Ins { get; init; }

    /// <summary>INS numbers of the persons a representative acts for. Never logged.</summary>
    public IReadOnlyList<string> RepresentedIns { get; init; } = [];

    /// <summary>
    /// What the caller is to the record of the call: <see cref="Capacity.None"/> until that is decided.
    /// </summary>
    public Capacity Capacity { get; init; }

    /// <summary>Name of a person to whom the record was entrusted, as the delegation says it.</summary>
    public string? DelegateName { get; init; }

    /// <summary>Application roles, for operators, auditors and vendor back ends.</summary>
    public IReadOnlySet<string> Roles { get; init; } = new HashSet<string>();

    /// <summary>The person who acts for a structure (local identifier), when the token names one.</summary>
    public string? StaffId { get; init; }

    /// <summary>
    /// An occupational physician (<i>médecin du travail</i>) by specialty or by sector: may test and search, never reads
    /// content and never declares a consent (functional matrix v1.8; L1111-18).
    /// </summary>
    public bool IsOccupationalPhysician =>
        Kind == CallerKind.Professional && (SpecialtyCode == "SM25" || SectorCode == "SA66");

    /// <summary>What of the database the caller has seen: nothing is read for the caller from one that is not there yet.</summary>
    public DatabasePosition? HasSeen { get; init; }

    /// <summary>Whom a unique id is unique for: the structure, else the person or the patient's side.</summary>
    public string DepositorKey => Kind switch
    {
        CallerKind.Patient or CallerKind.Representative => "patient",
        _ => StructureId ?? ProfessionalId ?? Subject,
    };

    /// <summary>A key for what belongs to one caller: request ids, page tokens. A professional's key holds the work situation.</summary>
    public string Key => StructureId is null ? Subject : $"{Subject}|{StructureId}";
}

/// <summary>Kinds of callers.</summary>
internal static class CallerKinds
{
    extension(CallerKind kind)
    {
        /// <summary>A person with a token of the own, whatever the person is to a record.</summary>
        public bool IsPerson => kind is CallerKind.Patient or CallerKind.Representative;
    }
}
