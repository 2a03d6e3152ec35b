using System.Globalization;
using System.Text;
using Dmp.Server.Tests.Fixtures;

namespace Dmp.Server.Tests.Documents;

/// <summary>A small CDA document about a patient, with what its tests change.</summary>
internal sealed record CdaText
{
    private const string Practice = "<name>CABINET D'ESSAI</name>";

    public required TestPatient Patient { get; init; }

    public required TestProfessional Author { get; init; }

    public string Id { get; init; } = $"1.2.250.1.999.{Random.Shared.NextInt64(1, long.MaxValue)}";

    public string Title { get; init; } = "Lettre de liaison";

    public string TypeCode { get; init; } = "11490-0";

    public string FamilyName { get; init; } = "ESSAI";

    public string? BirthDate { get; init; }

    public string? InsNumber { get; init; }

    /// <summary>Unique id of the document that this one replaces.</summary>
    public string? Replaces { get; init; }

    /// <summary>All of patientRole, in place of the patient's identity, names and day of birth.</summary>
    public string? Role { get; init; }

    /// <summary>All authors, in place of the one.</summary>
    public string? Authors { get; init; }

    /// <summary>Who signed, in place of the author.</summary>
    public string? Signatory { get; init; }

    public string Time { get; init; } = "20240305113000+0100";

    /// <summary>When the act was.</summary>
    public string ActTime { get; init; } = "<low value=\"20240301080000+0100\"/><high value=\"20240305\"/>";

    /// <summary>More acts and codes.</summary>
    public string MoreActs { get; init; } = "";

    public string IdExtension { get; init; } = "";

    /// <summary>Something more after the patient.</summary>
    public string More { get; init; } = "";

    public string Body { get; init; } = "<structuredBody><component><section><text>Bien.</text></section></component></structuredBody>";

    public byte[] Bytes => Encoding.UTF8.GetBytes(ToString());

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <ClinicalDocument xmlns="urn:hl7-org:v3">
          <templateId root="1.2.250.1.213.1.1.1.1"/><templateId root="1.2.250.1.213.1.1.1.29" extension="2022.01"/>
          <id root="{Id}"{(IdExtension.Length > 0 ? $" extension=\"{IdExtension}\"" : "")}/>
          <code code="{TypeCode}" codeSystem="2.16.840.1.113883.6.1" displayName="Lettre"/>
          <title>{Title}</title>
          <effectiveTime value="{Time}"/>
          <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
          <languageCode code="fr-FR"/>
          <recordTarget><patientRole>{Role ?? OwnRole}</patientRole></recordTarget>{More}
          {Authors ?? OwnAuthor}
          <legalAuthenticator><time value="20240305"/><assignedEntity>{Signatory ?? OwnSignatory}</assignedEntity></legalAuthenticator>
          <documentationOf><serviceEvent>
            <code code="JQGA003" codeSystem="1.2.250.1.215.300.1"/>
            <effectiveTime>{ActTime}</effectiveTime>
            <performer typeCode="PRF"><assignedEntity><representedOrganization>
              <standardIndustryClassCode code="ETABLISSEMENT" codeSystem="1.2.250.1.213.1.1.4.9"/>
            </representedOrganization></assignedEntity></performer>
          </serviceEvent></documentationOf>{MoreActs}
          {(Replaces is null
              ? ""
              : $"<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{Replaces}\"/></parentDocument></relatedDocument>")}
          <componentOf><encompassingEncounter><effectiveTime nullFlavor="NA"/>
            <location><healthCareFacility><code code="SA01" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location>
          </encompassingEncounter></componentOf>
          <component>{Body}</component>
        </ClinicalDocument>
        """);

    private string OwnRole =>
        $"""
        <id root="{TestPatient.InsSystem}" extension="{InsNumber ?? Patient.Number}"/>
        <patient>
          <name><family qualifier="BR">{FamilyName}</family><given>ANNE LOUISE</given><given qualifier="BR">ANNE</given></name>
          <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
          <birthTime value="{BirthDate ?? Patient.Traits.BirthDate.Replace("-", "", StringComparison.Ordinal)}"/>
        </patient>
        """;

    private string OwnAuthor =>
        $"""
        <author><time value="20240305112900+0100"/><assignedAuthor>
          <id root="1.2.250.1.71.4.2.1" extension="{Author.Id}"/>
          <code code="G15_10/SM26" codeSystem="1.2.250.1.213.1.1.4.5"/>
          <assignedPerson><name><family>{Author.FamilyName}</family><given>CLAIRE</given></name></assignedPerson>
          <representedOrganization><id root="1.2.250.1.71.4.2.2" extension="{Author.StructureId}"/>{Practice}</representedOrganization>
        </assignedAuthor></author>
        """;

    private string OwnSignatory =>
        $"""<id root="1.2.250.1.71.4.2.1" extension="{Author.Id}"/>"""
        + $"""<assignedPerson><name><family>{Author.FamilyName}</family></name></assignedPerson>""";
}
