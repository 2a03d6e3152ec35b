using System.Text;
using Xunit;

namespace Dmp.Cda.Tests;

/// <summary>One document with every part that is read, written for these tests; each test changes what it is about.</summary>
internal static class SampleText
{
    private const string Device = "<manufacturerModelName>.</manufacturerModelName><softwareName>Logiciel</softwareName>";
    private const string Relative = "<relatedPerson><name><family>AUTRE</family></name></relatedPerson>";
    private const string SchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";

    public const string Whole = $"""
        <?xml version="1.0" encoding="utf-8"?>
        <?xml-stylesheet type="text/xsl" href="../style/CDA-FO.xsl"?>
        <!-- Essai -->
        <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="{SchemaInstance}" xmlns:lab="urn:oid:1.3.6.1.4.1.19376.1.3.2">
          <realmCode code="FR"/>
          <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
          <templateId root="2.16.840.1.113883.2.8.2.1"/>
          <templateId root="1.2.250.1.213.1.1.1.1"/>
          <templateId root="1.2.250.1.213.1.1.1.29" extension="2022.01"/>
          <id root="1.2.250.1.999.1.1" extension="A7"/>
          <code code="11490-0" codeSystem="2.16.840.1.113883.6.1" displayName="Lettre de liaison"/>
          <title>Lettre de
            sortie</title>
          <effectiveTime value="20240305113000.250+0100"/>
          <confidentialityCode code="R" codeSystem="2.16.840.1.113883.5.25" displayName="Restreint"/>
          <languageCode code="fr-FR"/>
          <setId root="1.2.250.1.999.1"/>
          <versionNumber value="2"/>
          <recordTarget>
            <patientRole>
              <id root="1.2.250.1.999.7" extension="IPP-1"/>
              <id root="1.2.250.1.213.1.4.10" extension="279035121518989"/>
              <addr nullFlavor="NASK"/>
              <patient>
                <name>
                  <family qualifier="BR">PAT-TROIS</family>
                  <family qualifier="CL SP">ÉTÉ</family>
                  <given>DOMINIQUE MARIE-LOUISE</given>
                  <given qualifier="BR">DOMINIQUE</given>
                </name>
                <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
                <birthTime value="19790328"/>
                <birthplace><place><addr><county>51215</county><city>DOMPREMY</city></addr></place></birthplace>
              </patient>
            </patientRole>
          </recordTarget>
          <author>
            <functionCode code="ATTPHYS" codeSystem="2.16.840.1.113883.5.88"><originalText>Médecin référent</originalText></functionCode>
            <time value="20240305112900+0100"/>
            <assignedAuthor>
              <id root="1.2.250.1.71.4.2.1" extension="899700000001"/>
              <code code="G15_10/SM26" codeSystem="1.2.250.1.213.1.1.4.5" displayName="Médecin"/>
              <assignedPerson><name><prefix>M</prefix><given>Jean</given><family>ESSAI</family><suffix>DR</suffix></name></assignedPerson>
              <representedOrganization>
                <id root="1.2.250.1.71.4.2.2" extension="1750803447"/>
                <name>Hôpital d'essai</name>
              </representedOrganization>
            </assignedAuthor>
          </author>
          <author>
            <time value="20240305"/>
            <assignedAuthor>
              <id root="1.2.250.1.71.4.2.1" extension="5780000000001/1"/>
              <assignedAuthoringDevice>{Device}</assignedAuthoringDevice>
              <representedOrganization><name>Éditeur</name></representedOrganization>
            </assignedAuthor>
          </author>
          <informant><relatedEntity classCode="NOK">{Relative}</relatedEntity></informant>
          <custodian><assignedCustodian><representedCustodianOrganization>
            <id root="1.2.250.1.71.4.2.2" extension="1750803447"/><name>Hôpital d'essai</name>
          </representedCustodianOrganization></assignedCustodian></custodian>
          <legalAuthenticator>
            <time value="202403051131+0100"/><signatureCode code="S"/>
            <assignedEntity>
              <id root="1.2.250.1.71.4.2.1" extension="899700000002"/>
              <assignedPerson><name><family>CHEF</family><given>Anne</given></name></assignedPerson>
            </assignedEntity>
          </legalAuthenticator>
          <inFulfillmentOf><order><id root="1.2.250.1.999.3" extension="ORD-9"/></order></inFulfillmentOf>
          <documentationOf>
            <serviceEvent>
              <id root="1.2.250.1.999.4" extension="ACT-1"/>
              <code code="JQGA003" codeSystem="1.2.250.1.215.300.1" displayName="Acte">
                <translation code="CT" codeSystem="1.2.840.10008.2.16.4"/>
              </code>
              <lab:statusCode code="completed"/>
              <effectiveTime xsi:type="IVL_TS"><low value="20240301080000+0100"/><high value="20240305100000+0100"/></effectiveTime>
              <performer typeCode="PRF"><assignedEntity>
                <id root="1.2.250.1.71.4.2.1" extension="899700000003"/>
                <representedOrganization>
                  <id root="1.2.250.1.71.4.2.2" extension="1750803447"/><name>Hôpital d'essai</name>
                  <standardIndustryClassCode code="ETABLISSEMENT" codeSystem="1.2.250.1.213.1.1.4.9"/>
                </representedOrganization>
              </assignedEntity></performer>
            </serviceEvent>
          </documentationOf>
          <documentationOf><serviceEvent><code code="I10" codeSystem="2.16.840.1.113883.6.3"/></serviceEvent></documentationOf>
          <relatedDocument typeCode="RPLC"><parentDocument>
            <id root="1.2.250.1.999.1.1" extension="A6"/><setId root="1.2.250.1.999.1"/><versionNumber value="1"/>
          </parentDocument></relatedDocument>
          <componentOf><encompassingEncounter>
            <id root="1.2.250.1.999.5" extension="SEJ-1"/>
            <code code="IMP" codeSystem="2.16.840.1.113883.5.4"/>
            <effectiveTime><low value="20240229"/><high nullFlavor="UNK"/></effectiveTime>
            <location><healthCareFacility>
              <code code="SA01" codeSystem="1.2.250.1.71.4.2.4"/>
              <location><name>Service A</name></location>
            </healthCareFacility></location>
          </encompassingEncounter></componentOf>
          <component><structuredBody><component><section><text>Tout va bien.</text></section></component></structuredBody></component>
        </ClinicalDocument>
        """;

    /// <summary>The document with one thing changed.</summary>
    public static string With(string old, string replacement)
    {
        Assert.Contains(old, Whole, StringComparison.Ordinal);
        return Whole.Replace(old, replacement, StringComparison.Ordinal);
    }

    public static Task<CdaReadResult> ReadAsync(string text, CdaReaderOptions? options = null) =>
        ReadAsync(Encoding.UTF8.GetBytes(text), options);

    /// <summary>
    /// The same from memory and from a stream that may have to be waited for; files are asked for once only, of the latter.
    /// </summary>
    public static async Task<CdaReadResult> ReadAsync(byte[] content, CdaReaderOptions? options = null)
    {
        await using var stream = Waiting(content);
        var read = await CdaReader.ReadAsync(stream, options, TestContext.Current.CancellationToken);
        if (options?.Files is null)
        {
            using var memory = new MemoryStream(content, writable: false);
            var same = await CdaReader.ReadAsync(memory, options, TestContext.Current.CancellationToken);
            Assert.Equal(read.Faults, same.Faults);
            Assert.Equivalent(read.Document, same.Document, strict: true);
        }

        return read;
    }

    /// <summary>A stream of which the reader does not know that its bytes are there.</summary>
    public static Stream Waiting(byte[] content) => new BufferedStream(new MemoryStream(content, writable: false));

    /// <summary>The one fault there is.</summary>
    public static async Task<CdaFault> FaultAsync(string text, CdaReaderOptions? options = null) =>
        Assert.Single((await ReadAsync(text, options)).Faults);
}
