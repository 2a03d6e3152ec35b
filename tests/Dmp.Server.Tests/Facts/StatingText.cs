using Dmp.Facts.V1;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;

namespace Dmp.Server.Tests.Facts;

/// <summary>CDA documents that state something, and what was read of them.</summary>
internal static class StatingText
{
    /// <summary>A body with one section of allergies, of problems and of treatments each.</summary>
    public static string Body(string medicine, string problem = "Hypertension", string allergen = "Arachide") =>
        $"""
        <structuredBody>
          <component><section><code code="48765-2"/><title>Allergies</title><text><content ID="a">{allergen}</content></text>
            <entry><observation classCode="OBS" moodCode="EVN"><code code="414285001"/><text><reference value="#a"/></text>
              <participant typeCode="CSM"><participantRole><playingEntity><name>{allergen}</name></playingEntity></participantRole>
              </participant>
            </observation></entry></section></component>
          <component><section><code code="11450-4"/><title>Pathologies</title><text><content ID="p">{problem}</content></text>
            <entry><act classCode="ACT" moodCode="EVN"><code nullFlavor="NA"/><statusCode code="active"/><entryRelationship typeCode="SUBJ">
              <observation classCode="OBS" moodCode="EVN"><templateId root="1.3.6.1.4.1.19376.1.5.3.1.4.5"/><code code="282291009"/>
                <value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CD" code="I10" codeSystem="2.16.840.1.113883.6.3"
                  displayName="{problem}"/>
              </observation></entryRelationship></act></entry></section></component>
          <component><section><code code="10160-0"/><title>Traitements</title><text><content ID="t">{medicine}</content></text>
            <entry><substanceAdministration classCode="SBADM" moodCode="EVN"><consumable><manufacturedProduct><manufacturedMaterial>
              <code code="63564053" codeSystem="1.2.250.1.213.2.3.1" displayName="{medicine}"/><name>{medicine}</name>
              </manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry></section></component>
        </structuredBody>
        """;

    public static CdaText Of(OpenedRecord record, string body) =>
        new() { Patient = record.Patient, Author = record.Physician, Body = body };

    public static async Task<Document.V1.Document> UploadAsync(DmpApi api, OpenedRecord record, CdaText text) =>
        (await CdaUploadTests.SendAsync(api, CdaUploadTests.Intent(record.Id), text.Bytes)).Document;

    /// <summary>All pages.</summary>
    public static async Task<List<DocumentFacts>> ListAsync(DmpApi api, string recordId, Action<ListFactsRequest>? change = null)
    {
        List<DocumentFacts> documents = [];
        var request = new ListFactsRequest { RecordId = recordId };
        change?.Invoke(request);
        do
        {
            var page = await api.Facts.ListFactsAsync(request, cancellationToken: Xunit.TestContext.Current.CancellationToken);
            documents.AddRange(page.Documents);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return documents;
    }

    /// <summary>The same, once nothing of it waits.</summary>
    public static async Task<List<DocumentFacts>> ReadAsync(DmpApi api, string recordId, Action<ListFactsRequest>? change = null)
    {
        List<DocumentFacts> documents = [];
        await Waiting.UntilAsync(async () =>
        {
            documents = await ListAsync(api, recordId, change);
            return documents.TrueForAll(document => document.State != DocumentFactsState.Waiting);
        });
        return documents;
    }

    /// <summary>The names of the medicines that are stated, in their order.</summary>
    public static IEnumerable<string> Medicines(IEnumerable<DocumentFacts> documents) => documents.SelectMany(document => document.Facts)
        .Where(fact => fact.KindCase == Fact.KindOneofCase.Medication)
        .Select(fact => fact.Medication.Name);
}
