namespace Dmp.Samples;

/// <summary>A fictitious patient, as the header of a document names one: the INS and its five strict traits.</summary>
/// <param name="Ins">INS, 15 characters with its key.</param>
/// <param name="InsOid">System of the INS; tests use <c>1.2.250.1.213.1.4.10</c>.</param>
/// <param name="FamilyName">Birth name.</param>
/// <param name="GivenNames">All given names of the birth record, separated by blanks; the first is the first given name.</param>
/// <param name="BirthDate">Date of birth.</param>
/// <param name="Sex"><c>M</c>, <c>F</c> or <c>U</c>.</param>
/// <param name="BirthPlace">Place of birth, INSEE code.</param>
public sealed record SamplePatient(
    string Ins, string InsOid, string FamilyName, string GivenNames, DateOnly BirthDate, string Sex, string BirthPlace);

/// <summary>A fictitious professional who signs a document, and the structure of the work situation.</summary>
/// <param name="ProfessionalId"><i>PS_IdNat</i>, such as <c>8</c> + RPPS.</param>
/// <param name="FamilyName">Exercise name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="ProfessionCode">Profession (TRE_G15), <c>10</c> for a physician.</param>
/// <param name="SpecialtyCode">Specialty (<i>savoir-faire</i>), <c>SM26</c> for general practice; null for professions without one.</param>
/// <param name="StructureId"><i>Struct_IdNat</i>, such as <c>1</c> + FINESS.</param>
/// <param name="StructureName">Name of the structure.</param>
/// <param name="SectorCode">Sector of activity (TRE_R02), <c>SA07</c> for a solo practice.</param>
public sealed record SampleAuthor(
    string ProfessionalId,
    string FamilyName,
    string GivenName,
    string ProfessionCode,
    string? SpecialtyCode,
    string StructureId,
    string StructureName,
    string SectorCode);

/// <summary>A document and the metadata an upload needs. Codes come with the OID of their system.</summary>
public sealed record SampleDocument(
    string FileName,
    string MediaType,
    byte[] Content,
    string TypeCode,
    string TypeSystem,
    string FormatCode,
    string FormatSystem,
    string Title,
    DateTimeOffset CreationTime,
    DateTimeOffset ServiceStartTime,
    string UniqueId)
{
    /// <summary>True when the type was not found in the file, or is not in the published list, and a sensible one stands for it.</summary>
    public bool TypeIsAssumed { get; init; }

    /// <summary>The type code the file itself states; differs from <see cref="TypeCode"/> only when that one is assumed.</summary>
    public string? StatedTypeCode { get; init; }
}
