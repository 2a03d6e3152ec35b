using System.Text;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Media;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>CDA documents that describe themselves.</summary>
public sealed class CdaUploadTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_CDA_document_needs_no_metadata()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var text = Text(record);
        var content = text.Bytes;

        var stored = await SendAsync(api, Intent(record.Id), content);

        Assert.Empty(stored.Warnings);
        var (document, metadata) = (stored.Document, stored.Document.Metadata);
        Assert.Equal(
            (text.Id, "11490-0", "Lettre de liaison", "text/xml", "fr-FR"),
            (metadata.UniqueId, metadata.Type.Code, metadata.Title, metadata.MediaType, metadata.LanguageCode));
        Assert.Equal(
            ("10", ContentForm.CdaStructured, "urn:asip:ci-sis:ldl-ses:2017"),
            (document.Class.Code, document.Content.Form, metadata.Format.Code));
        Assert.Equal(
            ("N", "ETABLISSEMENT", "SA01", "JQGA003"),
            (metadata.Confidentiality.Code, metadata.PracticeSetting.Code, metadata.FacilityType.Code,
                Assert.Single(metadata.EventCodes).Code));
        Assert.Equal(new DateTimeOffset(2024, 3, 5, 10, 30, 0, TimeSpan.Zero), metadata.CreationTime.ToDateTimeOffset());
        Assert.Equal(new DateTimeOffset(2024, 3, 1, 7, 0, 0, TimeSpan.Zero), metadata.ServiceStartTime.ToDateTimeOffset());
        var author = Assert.Single(metadata.Authors);
        Assert.Equal(
            (record.Physician.Id, "ESSAI", "CLAIRE", record.Physician.StructureId, "G15_10/SM26"),
            (author.Person.Id, author.Person.FamilyName, author.Person.GivenName, author.Institution.Id, author.Specialty.Code));
        Assert.Equal(record.Physician.Id, metadata.LegalAuthenticator.Id);
        Assert.Equal(content, await api.ReadAsync(document));
        Assert.Equal(document.DocumentId, Assert.Single(await api.SearchIdsAsync(record.Id, request => request.UniqueId = text.Id)));
    }

    [Fact]
    public async Task A_structure_needs_none_either_and_authors_of_another_structure_are_a_warning()
    {
        var record = await platform.RecordAsync();
        var structure = platform.AsStructure(TestProfessional.NewStructureId());
        var stored = await SendAsync(structure, Intent(record.Id), Text(record).Bytes);
        Assert.Equal("metadata.authors", Assert.Single(stored.Warnings).Field);
        Assert.Equal(record.Physician.Id, Assert.Single(stored.Document.Metadata.Authors).Person.Id);
    }

    [Fact]
    public async Task What_is_given_and_agrees_is_kept_beside_what_the_header_says()
    {
        var record = await platform.RecordAsync();
        var text = Text(record);
        var intent = Intent(record.Id);
        intent.Metadata = new DocumentMetadata
        {
            UniqueId = "urn:oid:" + text.Id,
            Type = new Coding { System = "2.16.840.1.113883.6.1", Code = "11490-0" },
            Title = "Lettre  de liaison",
            Comments = "Vu",
            CreationTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2024, 3, 5, 10, 30, 0, TimeSpan.Zero)),
            ServiceStopTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2024, 3, 5, 16, 0, 0, TimeSpan.Zero)),
            EventCodes = { new Coding { System = "2.16.840.1.113883.6.3", Code = "I10" } },
        };
        var metadata = (await SendAsync(platform.As(record.Physician), intent, text.Bytes)).Document.Metadata;
        Assert.Equal("Vu", metadata.Comments);
        Assert.Equal(["I10", "JQGA003"], metadata.EventCodes.Select(code => code.Code));
        Assert.Equal(new DateTimeOffset(2024, 3, 5, 16, 0, 0, TimeSpan.Zero), metadata.ServiceStopTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task Disagreement_is_one_error_with_both_values_and_no_title()
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id, "text/xml");
        intent.Metadata.Title = "Cancer du poumon";
        intent.Metadata.UniqueId = "1.2.3";
        intent.Metadata.Format = new Coding { System = "1.3.6.1.4.1.19376.1.2.3", Code = "urn:ihe:pcc:ips:2020" };
        intent.Metadata.Authors.Add(new Author
        {
            Person = new Person { Id = "810000000001", FamilyName = "AUTRE" },
            Institution = new Institution { Id = record.Physician.StructureId, Name = "X" },
        });

        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.CdaMetadataMismatch,
            () => SendAsync(platform.As(record.Physician), intent, Text(record).Bytes));

        var violations = status.GetDetail<BadRequest>()!.FieldViolations.ToDictionary(
            violation => violation.Field, violation => violation.Description);
        Assert.Equal(
            [
                "metadata.authors[0].person.id", "metadata.creation_time", "metadata.format", "metadata.service_start_time",
                "metadata.title",
                "metadata.type", "metadata.unique_id",
            ],
            violations.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            "The metadata say 11488-4 of 2.16.840.1.113883.6.1, the header of the document says 11490-0 of 2.16.840.1.113883.6.1.",
            violations["metadata.type"]);
        Assert.Contains("2026-05-04T10:00:00Z", violations["metadata.creation_time"], StringComparison.Ordinal);
        Assert.Contains("2024-03-05T10:30:00Z", violations["metadata.creation_time"], StringComparison.Ordinal);
        Assert.Contains(record.Physician.Id, violations["metadata.authors[0].person.id"], StringComparison.Ordinal);
        Assert.DoesNotContain(
            violations.Values,
            text => text.Contains("Cancer", StringComparison.Ordinal) || text.Contains("liaison", StringComparison.Ordinal));
        Assert.Empty(await platform.As(record.Physician).SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_document_of_another_patient_is_refused_with_and_without_metadata()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var other = Text(record) with { InsNumber = TestPatient.New().Number };
        var byHand = Intent(record.Id);
        byHand.Metadata = new DocumentMetadata { MediaType = "text/xml", Title = other.Title };
        foreach (var intent in (UploadIntent[])[Intent(record.Id), byHand])
        {
            var status = await Refusals.RefusedAsync(
                StatusCode.InvalidArgument, ErrorReason.CdaPatientMismatch, () => SendAsync(api, intent, other.Bytes));
            Assert.DoesNotContain(other.InsNumber!, status.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(record.Patient.Number, status.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_document_of_two_patients_is_refused()
    {
        var record = await platform.RecordAsync();
        var two = Text(record) with
        {
            More = $"<recordTarget><patientRole><id root=\"{TestPatient.InsSystem}\" extension=\"{TestPatient.New().Number}\"/>"
                + "</patientRole></recordTarget>",
        };
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.CdaPatientMismatch,
            () => SendAsync(platform.As(record.Physician), Intent(record.Id), two.Bytes));
    }

    [Fact]
    public async Task Another_name_and_day_of_birth_under_the_right_identity_are_warnings_without_values()
    {
        var record = await platform.RecordAsync();
        var odd = Text(record) with { FamilyName = "DURAND", BirthDate = "19010101" };
        var intent = Intent(record.Id);
        var stored = await SendAsync(platform.As(record.Physician), intent, odd.Bytes);
        Assert.Equal(
            [
                "/ClinicalDocument/recordTarget/patientRole/patient/name/family",
                "/ClinicalDocument/recordTarget/patientRole/patient/birthTime",
            ],
            stored.Warnings.Select(warning => warning.Field));
        Assert.DoesNotContain(stored.Warnings, warning => warning.Description.Contains("DURAND", StringComparison.Ordinal));

        // A repeat answers the same, warnings included.
        Assert.Equal(stored, await SendAsync(platform.As(record.Physician), intent, odd.Bytes));
    }

    [Fact]
    public async Task A_header_that_replaces_a_known_document_makes_its_next_version()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var first = Text(record);
        var second = Text(record) with { Replaces = first.Id };
        var one = (await SendAsync(api, Intent(record.Id), first.Bytes)).Document;
        var two = await SendAsync(api, Intent(record.Id), second.Bytes);
        Assert.Empty(two.Warnings);
        Assert.Equal((one.DocumentId, 2), (two.Document.DocumentId, two.Document.Version));
        Assert.Equal(one.DocumentId, Assert.Single(await api.SearchIdsAsync(record.Id)));

        // The first version is replaced already: another successor would hide the second one.
        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition,
            ErrorReason.DocumentStateConflict,
            () => SendAsync(api, Intent(record.Id), (Text(record) with { Replaces = first.Id }).Bytes));
    }

    [Fact]
    public async Task A_header_that_replaces_what_this_depositor_never_added_makes_a_new_document_and_a_warning()
    {
        var record = await platform.RecordAsync();
        var others = Text(record);
        var theirs = (await SendAsync(platform.As(await platform.ColleagueAsync(record)), Intent(record.Id), others.Bytes)).Document;
        foreach (var parent in (string[])[others.Id, Guid.NewGuid().ToString()])
        {
            var stored = await SendAsync(platform.As(record.Physician), Intent(record.Id), (Text(record) with { Replaces = parent }).Bytes);
            Assert.Equal("/ClinicalDocument/relatedDocument", Assert.Single(stored.Warnings).Field);
            Assert.Equal(1, stored.Document.Version);
            Assert.NotEqual(theirs.DocumentId, stored.Document.DocumentId);
        }
    }

    [Fact]
    public async Task The_replaced_document_that_the_caller_names_must_be_the_one_of_the_header()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var first = Text(record);
        var one = (await SendAsync(api, Intent(record.Id), first.Bytes)).Document;
        var other = (await SendAsync(api, Intent(record.Id), Text(record).Bytes)).Document;
        var intent = Intent(record.Id);
        (intent.ReplacesDocumentId, intent.Etag) = (other.DocumentId, other.Etag);
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.CdaMetadataMismatch,
            () => SendAsync(api, intent, (Text(record) with { Replaces = first.Id }).Bytes));
        Assert.Equal("replaces_document_id", Assert.Single(status.GetDetail<BadRequest>()!.FieldViolations).Field);

        (intent.ReplacesDocumentId, intent.Etag) = (one.DocumentId, one.Etag);
        Assert.Equal(2, (await SendAsync(api, intent, (Text(record) with { Replaces = first.Id }).Bytes)).Document.Version);
    }

    [Theory]
    [InlineData("<ClinicalDocument ", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><ClinicalDocument ", "DocumentType")]
    [InlineData("</ClinicalDocument>", "", "Truncated")]
    [InlineData("<title>", "<title><x>", "NotWellFormed")]
    [InlineData("<title>", "<title>\0", "NotWellFormed")]
    [InlineData("encoding=\"UTF-8\"", "encoding=\"UTF-7\"", "Encoding")]
    [InlineData("Bien.", "Bien.<x>", "NotWellFormed")]
    [InlineData("<section>", "<section><i:include xmlns:i=\"http://www.w3.org/2001/XInclude\" href=\"a\"/>", "XInclude")]
    [InlineData("</recordTarget>", "</recordTarget><id root=\"1.2\"/>", "Repeated")]
    public async Task A_header_that_cannot_be_read_is_refused_for_what_it_is(string old, string replacement, string fault)
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id, "text/xml");
        intent.Metadata.Title = "x";
        var content = Encoding.UTF8.GetBytes(Text(record).ToString().Replace(old, replacement, StringComparison.Ordinal));
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.CdaUnreadable, () => SendAsync(platform.As(record.Physician), intent, content));
        Assert.Equal(fault, status.GetDetail<ErrorInfo>()!.Metadata["fault"]);
        Assert.Empty(await platform.As(record.Physician).SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_large_document_that_is_cut_off_is_refused_and_a_whole_one_is_not()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var scan = new string(' ', 1_500_000);
        var whole =
            (Text(record) with { Body = PdfBody(PdfText.Write("", "", $"<< /Length {scan.Length} >>\nstream\n{scan}\nendstream")) }).Bytes;
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.CdaUnreadable, () => SendAsync(api, Intent(record.Id), whole[..1_500_000]));
        Assert.Equal("Truncated", status.GetDetail<ErrorInfo>()!.Metadata["fault"]);
        Assert.Equal(ContentForm.CdaUnstructured, (await SendAsync(api, Intent(record.Id), whole)).Document.Content.Form);
    }

    [Fact]
    public async Task Other_formats_still_need_their_metadata()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        string[] required =
            ["metadata.type", "metadata.title", "metadata.media_type", "metadata.creation_time", "metadata.service_start_time"];
        await Refusals.FieldsAsync(() => SendAsync(api, Intent(record.Id), "%PDF-1.7"u8.ToArray()), required);
        await Refusals.FieldsAsync(() => SendAsync(api, Intent(record.Id), "<a>not CDA</a>"u8.ToArray()), required);
        var pdf = Intent(record.Id);
        pdf.Metadata = new DocumentMetadata { MediaType = "application/pdf" };
        await Refusals.FieldsAsync(
            () => SendAsync(api, pdf, "%PDF-1.7"u8.ToArray()), [.. required.Where(field => field != "metadata.media_type")]);
        var xml = await SendAsync(api, Given.Intent(record.Id, "text/xml"), "<a>not CDA</a>"u8.ToArray());
        Assert.Equal(ContentForm.Xml, xml.Document.Content.Form);
    }

    [Fact]
    public async Task What_the_header_does_not_say_must_be_given()
    {
        var record = await platform.RecordAsync();
        var content = Encoding.UTF8.GetBytes(
            Text(record).ToString().Replace("<title>Lettre de liaison</title>", "", StringComparison.Ordinal));
        var intent = Intent(record.Id);
        await Refusals.FieldsAsync(() => SendAsync(platform.As(record.Physician), intent, content), "metadata.title");
        intent.RequestId = Given.NewId();
        intent.Metadata = new DocumentMetadata { Title = "Lettre" };
        var stored = await SendAsync(platform.As(record.Physician), intent, content);
        Assert.Equal("Lettre", stored.Document.Metadata.Title);
        Assert.Equal("/ClinicalDocument/title", Assert.Single(stored.Warnings).Field);
    }

    [Fact]
    public async Task An_embedded_file_gives_the_format()
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with { Body = PdfBody(PdfText.Write("", "")) };
        var document = (await SendAsync(platform.As(record.Physician), Intent(record.Id), text.Bytes)).Document;
        Assert.Equal((ContentForm.CdaUnstructured, "urn:ihe:iti:xds-sd:pdf:2008"), (document.Content.Form, document.Metadata.Format.Code));
    }

    private static string PdfBody(byte[] pdf) =>
        $"<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">{Convert.ToBase64String(pdf)}</text></nonXMLBody>";

    internal static UploadIntent Intent(string recordId) => new() { RecordId = recordId, RequestId = Given.NewId() };

    internal static async Task<UploadDocumentResponse> SendAsync(DmpApi api, UploadIntent intent, byte[] content)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var call = api.Documents.UploadDocument(cancellationToken: Token);
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            await call.SendAsync(content);
            await call.RequestStream.OfferAsync(Given.Finish(content));
            await call.RequestStream.CompleteAsync();
            try
            {
                UploadDocumentResponse? last = null;
                await foreach (var response in call.ResponseStream.ReadAllAsync(Token))
                {
                    last = response;
                }

                Assert.NotNull(last?.Document);
                return last;
            }
            catch (RpcException lost) when (attempt < 5 && lost is { StatusCode: StatusCode.Cancelled } && lost.GetRpcStatus() is null)
            {
                // The client of HTTP/2 may lose the answer of a call that ended while it was still sending.
            }
        }
    }

    private static CdaText Text(OpenedRecord record) => new() { Patient = record.Patient, Author = record.Physician };
}
