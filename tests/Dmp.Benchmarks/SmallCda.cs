using System.Globalization;
using System.Text;

namespace Dmp.Benchmarks;

/// <summary>
/// CDA documents of about 30 KB: a letter with a table of results, as a hospital's interface engine sends them by thousands.
/// </summary>
internal static class SmallCda
{
    private const int Rows = 150;

    private const string Practice =
        """<id root="1.2.250.1.71.4.2.2" extension="1990000226"/><name>CENTRE D'ESSAI</name>""";

    private static readonly string table = string.Concat(Enumerable.Range(0, Rows).Select(i => string.Create(
        CultureInfo.InvariantCulture,
        $"<tr><td ID=\"r{i}\">Analyse numero {i}, sang veineux</td><td>{i * 7 % 100}.{i % 10} mmol/L</td><td>de 3.5 a 5.0</td>"
        + $"<td>Prelevement du 4 mai 2026 a 08:{i % 60:00}</td></tr>\n")));

    private static long last = 1;

    public static byte[] Next(string insNumber) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <ClinicalDocument xmlns="urn:hl7-org:v3">
          <realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
          <templateId root="1.2.250.1.213.1.1.1.1"/><templateId root="1.2.250.1.213.1.1.1.29" extension="2022.01"/>
          <id root="1.2.250.1.999.7.{Interlocked.Increment(ref last)}"/>
          <code code="11490-0" codeSystem="2.16.840.1.113883.6.1" displayName="Lettre de liaison"/>
          <title>Lettre de liaison</title>
          <effectiveTime value="20260504113000+0100"/>
          <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
          <languageCode code="fr-FR"/>
          <recordTarget><patientRole>
            <id root="1.2.250.1.213.1.4.10" extension="{insNumber}"/>
            <patient>
              <name><family qualifier="BR">ESSAI</family><given>ANNE</given><given qualifier="BR">ANNE</given></name>
              <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
              <birthTime value="19800114"/>
            </patient>
          </patientRole></recordTarget>
          <author><time value="20260504112900+0100"/><assignedAuthor>
            <id root="1.2.250.1.71.4.2.1" extension="801234502027"/>
            <code code="G15_10/SM26" codeSystem="1.2.250.1.213.1.1.4.5"/>
            <assignedPerson><name><family>BERNARD</family><given>CLAIRE</given></name></assignedPerson>
            <representedOrganization>{Practice}</representedOrganization>
          </assignedAuthor></author>
          <legalAuthenticator><time value="20260504"/><assignedEntity>
            <id root="1.2.250.1.71.4.2.1" extension="801234502027"/><assignedPerson><name><family>BERNARD</family></name></assignedPerson>
          </assignedEntity></legalAuthenticator>
          <documentationOf><serviceEvent>
            <code code="JQGA003" codeSystem="1.2.250.1.215.300.1"/>
            <effectiveTime><low value="20260501080000+0100"/><high value="20260504"/></effectiveTime>
            <performer typeCode="PRF"><assignedEntity><representedOrganization>
              <standardIndustryClassCode code="ETABLISSEMENT" codeSystem="1.2.250.1.213.1.1.4.9"/>
            </representedOrganization></assignedEntity></performer>
          </serviceEvent></documentationOf>
          <componentOf><encompassingEncounter><effectiveTime nullFlavor="NA"/>
            <location><healthCareFacility><code code="SA01" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location>
          </encompassingEncounter></componentOf>
          <component><structuredBody><component><section>
            <code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/><title>Resultats</title>
            <text><table><tbody>{table}{table[..(table.Length / 3)]
                [..(table[..(table.Length / 3)].LastIndexOf('\n') + 1)]}</tbody></table></text>
          </section></component></structuredBody></component>
        </ClinicalDocument>
        """));
}
