using System.Text;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Server.Media;
using Dmp.Server.Tests.Facts;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>FHIR documents that describe themselves, in JSON and in XML.</summary>
public sealed class FhirUploadTests(Platform platform)
{
    [Theory]
    [InlineData(ContentForm.FhirJson, "application/fhir+json")]
    [InlineData(ContentForm.FhirXml, "application/fhir+xml")]
    public async Task A_FHIR_document_needs_no_metadata_and_what_it_states_is_read_and_found(ContentForm form, string mediaType)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var text = Text(record);
        var content = form == ContentForm.FhirJson ? text.Bytes : text.Xml;

        var stored = await SendAsync(api, record, content);

        Assert.Empty(stored.Warnings);
        var (document, metadata) = (stored.Document, stored.Document.Metadata);
        Assert.Equal(
            (text.Id, "60591-5", "Synthèse médicale", mediaType, "fr-FR", "N"),
            (metadata.UniqueId, metadata.Type.Code, metadata.Title, metadata.MediaType, metadata.LanguageCode,
                metadata.Confidentiality.Code));
        Assert.Equal(
            ("11", form, "urn:asipSante:modelesHorsProfils:2011"), (document.Class.Code, document.Content.Form, metadata.Format.Code));
        Assert.Equal(new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero), metadata.CreationTime.ToDateTimeOffset());
        Assert.Equal(new DateTimeOffset(2026, 5, 1, 6, 0, 0, TimeSpan.Zero), metadata.ServiceStartTime.ToDateTimeOffset());
        Assert.Equal(new DateTimeOffset(2026, 5, 4, 8, 0, 0, TimeSpan.Zero), metadata.ServiceStopTime.ToDateTimeOffset());
        var author = Assert.Single(metadata.Authors);
        Assert.Equal(
            (record.Physician.Id, "ESSAI", "CLAIRE", record.Physician.StructureId, "CABINET D'ESSAI"),
            (author.Person.Id, author.Person.FamilyName, author.Person.GivenName, author.Institution.Id, author.Institution.Name));
        Assert.Equal(content, await api.ReadAsync(document));
        Assert.Equal(document.DocumentId, Assert.Single(await api.SearchIdsAsync(record.Id, request => request.UniqueId = text.Id)));

        var facts = Assert.Single(await StatingText.ReadAsync(api, record.Id));
        Assert.Equal(DocumentFactsState.Read, facts.State);
        Assert.Equal("63564053", Assert.Single(facts.Facts).Medication.Codes[0].Code);
        var found = await api.Search.SearchContentAsync(
            new() { RecordId = record.Id, Text = "matin" }, cancellationToken: Given.Token);
        Assert.Equal("10160-0", Assert.Single(found.Hits).SectionCode);
    }

    [Fact]
    public async Task What_is_given_must_agree()
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id, "application/fhir+json");
        intent.Metadata.Title = "Cancer du poumon";
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.FhirMetadataMismatch,
            () => CdaUploadTests.SendAsync(platform.As(record.Physician), intent, Text(record).Bytes));
        Assert.Equal(
            ["metadata.service_start_time", "metadata.title", "metadata.type"],
            status.GetDetail<BadRequest>()!.FieldViolations.Select(violation => violation.Field).Order(StringComparer.Ordinal).Distinct());
        Assert.DoesNotContain("Synthèse", status.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_type_that_is_published_nowhere_here_may_be_given()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = (Text(record) with { TypeCode = "99999-9" }).Bytes;
        await Refusals.FieldsAsync(() => SendAsync(api, record, content), "metadata.type");
        var intent = CdaUploadTests.Intent(record.Id);
        intent.Metadata = new DocumentMetadata { Type = new Coding { System = "2.16.840.1.113883.6.1", Code = "60591-5" } };
        Assert.Equal("11", (await CdaUploadTests.SendAsync(api, intent, content)).Document.Class.Code);
    }

    [Theory]
    [InlineData("AUTRE", "1931-01-01", null, null)]
    [InlineData(null, null, "urn:oid:1.2.250.1.213.1.4.10", "279035121518989")]
    [InlineData("AUTRE", null, null, null)]
    [InlineData(null, "1931-01-01", null, null)]
    public async Task Another_patient_is_refused(string? family, string? birth, string? system, string? number)
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with { FamilyName = family ?? "ESSAI", BirthDate = birth, InsSystem = system, InsNumber = number };
        foreach (var content in new[] { text.Bytes, text.Xml })
        {
            await Refusals.RefusedAsync(
                StatusCode.InvalidArgument, ErrorReason.FhirPatientMismatch,
                () => SendAsync(platform.As(record.Physician), record, content));
        }

        Assert.Empty(await platform.As(record.Physician).SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task What_is_malformed_about_the_patient_is_told_with_its_place()
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with { InsSystem = null, BirthDate = "1950-13-45" };
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.FhirPatientMismatch,
            () => SendAsync(platform.As(record.Physician), record, text.Bytes));
        Assert.Equal("Bundle.entry[1].resource.birthDate", status.GetDetail<ErrorInfo>()!.Metadata["place"]);
    }

    [Fact]
    public async Task Without_an_INS_names_and_day_of_birth_do_and_it_is_told()
    {
        var record = await platform.RecordAsync();
        var stored = await SendAsync(platform.As(record.Physician), record, (Text(record) with { InsSystem = null }).Bytes);
        Assert.Equal("Bundle.entry[0].resource.subject.identifier", Assert.Single(stored.Warnings).Field);
    }

    [Fact]
    public async Task What_it_replaces_is_replaced()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var first = Text(record);
        var before = (await SendAsync(api, record, first.Bytes)).Document;
        var after = await SendAsync(api, record, (Text(record) with { Replaces = first.Id }).Xml);
        Assert.Equal((before.DocumentId, 2), (after.Document.DocumentId, after.Document.Version));
        var unknown = await SendAsync(api, record, (Text(record) with { Replaces = $"urn:uuid:{Guid.NewGuid()}" }).Bytes);
        Assert.Equal("Bundle.entry[0].resource.relatesTo", Assert.Single(unknown.Warnings).Field);
    }

    [Fact]
    public async Task What_is_no_document_is_refused_with_its_reason()
    {
        var record = await platform.RecordAsync();
        var text = Text(record);
        await UnreadableAsync(record, (text with { BundleType = "transaction" }).Bytes, "NotADocument");
        await UnreadableAsync(record, text.Bytes[..^200], "Truncated");
        await UnreadableAsync(record, text.Xml[..^200], "Truncated");
        await UnreadableAsync(record, (text with { Bundle = "\"type\":\"document\"," }).Bytes, "RepeatedName");
        await UnreadableAsync(record, "{\"resourceType\":\"Patient\"}"u8.ToArray(), "WrongRoot", "application/fhir+json");
        await UnreadableAsync(record, "<Bundle xmlns=\"urn:other\"/>"u8.ToArray(), "WrongRoot", "application/fhir+xml");
        var withType = Encoding.UTF8.GetBytes("<!DOCTYPE Bundle>" + Encoding.UTF8.GetString(text.Xml));
        await UnreadableAsync(record, withType, "DocumentType", "application/fhir+xml");
        var deep = Encoding.UTF8.GetBytes("{\"resourceType\":\"Bundle\",\"x\":" + new string('[', 200_000));
        await UnreadableAsync(record, deep, "TooDeep");
    }

    [Fact]
    public async Task Another_media_type_than_that_of_the_bytes_is_refused()
    {
        var record = await platform.RecordAsync();
        var (json, xml) = (Text(record).Bytes, Text(record).Xml);
        foreach (var (mediaType, content) in new[]
        {
            ("application/fhir+xml", json), ("application/fhir+json", xml), ("application/pdf", json), ("text/rtf", json),
            ("application/fhir+json", "Bonjour"u8.ToArray()),
        })
        {
            await Refusals.RefusedAsync(
                StatusCode.InvalidArgument, ErrorReason.MediaTypeMismatch,
                () => CdaUploadTests.SendAsync(platform.As(record.Physician), Given.Intent(record.Id, mediaType), content));
        }
    }

    /// <summary>JSON of another kind is text for whoever says so, and says nothing of itself.</summary>
    [Fact]
    public async Task Other_JSON_and_FHIR_that_is_sent_as_text_are_described_by_hand()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var other = "{\"resultat\":12}"u8.ToArray();
        await Refusals.FieldsAsync(
            () => SendAsync(api, record, other),
            "metadata.creation_time", "metadata.media_type", "metadata.service_start_time", "metadata.title", "metadata.type");
        Assert.Equal(ContentForm.Text, (await api.UploadAsync(Given.Intent(record.Id, "text/plain"), other)).Content.Form);
        Assert.Equal(
            ContentForm.Text, (await api.UploadAsync(Given.Intent(record.Id, "text/plain"), Text(record).Bytes)).Content.Form);
        Assert.Equal(ContentForm.Xml, (await api.UploadAsync(Given.Intent(record.Id, "text/xml"), Text(record).Xml)).Content.Form);
    }

    [Fact]
    public async Task One_that_is_too_large_is_told_its_limit()
    {
        var record = await platform.RecordAsync();
        var content = new byte[FhirBytes.Max + 1];
        "{\"resourceType\":\"Bundle\","u8.CopyTo(content);
        content.AsSpan(25).Fill((byte)' ');
        var status = await Refusals.RefusedAsync(
            StatusCode.ResourceExhausted, ErrorReason.DocumentTooLarge,
            () => CdaUploadTests.SendAsync(platform.As(record.Physician), CdaUploadTests.Intent(record.Id), content));
        Assert.Equal($"{FhirBytes.Max}", status.GetDetail<ErrorInfo>()!.Metadata["limit_bytes"]);
    }

    private static FhirText Text(OpenedRecord record) => new() { Patient = record.Patient, Author = record.Physician };

    private static Task<UploadDocumentResponse> SendAsync(DmpApi api, OpenedRecord record, byte[] content) =>
        CdaUploadTests.SendAsync(api, CdaUploadTests.Intent(record.Id), content);

    private async Task UnreadableAsync(OpenedRecord record, byte[] content, string fault, string? mediaType = null)
    {
        var intent = mediaType is null ? CdaUploadTests.Intent(record.Id) : Given.Intent(record.Id, mediaType);
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.FhirUnreadable,
            () => CdaUploadTests.SendAsync(platform.As(record.Physician), intent, content));
        Assert.Equal(fault, status.GetDetail<ErrorInfo>()!.Metadata["fault"]);
    }
}
