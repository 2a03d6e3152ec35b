using System.Text;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Documents.CdaUploadTests;

namespace Dmp.Server.Tests.Documents;

/// <summary>Who wrote a CDA document, what it belongs to, and what of its header has no room.</summary>
public sealed class CdaDerivationTests(Platform platform)
{
    private const string Nobody = "<author><time value=\"20240305\"/><assignedAuthor><id nullFlavor=\"UNK\"/></assignedAuthor></author>";

    [Theory]
    [InlineData("")]
    [InlineData(Nobody)]
    [InlineData("<author nullFlavor=\"UNK\"/>")]
    [InlineData("<author><assignedAuthor><id root=\"1.2.250.1.999.9\" extension=\"7\"/><assignedPerson><name> </name></assignedPerson>"
        + "</assignedAuthor></author>")]
    public async Task Nobody_becomes_the_author_of_what_others_wrote(string authors)
    {
        var record = await platform.RecordAsync();
        var content = (Text(record) with { Authors = authors }).Bytes;
        foreach (var api in (DmpApi[])
        [
            platform.As(record.Physician), platform.As(record.Patient), platform.AsStructure(TestProfessional.NewStructureId()),
        ])
        {
            var status = await Refusals.RefusedAsync(
                StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, () => SendAsync(api, Intent(record.Id), content));
            var violation = Assert.Single(status.GetDetail<BadRequest>()!.FieldViolations);
            Assert.Equal("metadata.authors", violation.Field);
            Assert.Contains("/ClinicalDocument/author", violation.Description, StringComparison.Ordinal);
        }

        // Whoever knows it can say it.
        var intent = Intent(record.Id);
        intent.Metadata = new DocumentMetadata
        {
            Authors = { new Author { Institution = new Institution { Id = record.Physician.StructureId, Name = "CABINET" } } },
        };
        var stored = await SendAsync(platform.As(record.Physician), intent, content);
        Assert.Null(Assert.Single(stored.Document.Metadata.Authors).Person);
    }

    [Fact]
    public async Task An_author_whom_the_header_does_not_name_is_left_out_and_told_beside_one_whom_it_names()
    {
        var record = await platform.RecordAsync();
        var stored = await StoreAsync(record, Text(record) with
        {
            Authors = Nobody + Author("<id root=\"1.2.250.1.71.4.2.1\" extension=\"801234560801\"/>", "<family>AUTRE</family>"),
        });
        Assert.Equal("AUTRE", Assert.Single(stored.Document.Metadata.Authors).Person.FamilyName);
        Assert.Contains(stored.Warnings, warning => warning.Field == "/ClinicalDocument/author");
    }

    [Theory]
    [InlineData("Dr Jean EXEMPLE", "Dr Jean EXEMPLE", "")]
    [InlineData("<prefix>Dr</prefix>Jean EXEMPLE", "Jean EXEMPLE", "")]
    [InlineData("<given>Jean</given>", "Jean", "")]
    [InlineData("<given>Jean</given><family>EXEMPLE</family>", "EXEMPLE", "Jean")]
    [InlineData("", "", "")]
    public async Task A_name_is_taken_as_it_is_written_and_never_the_identifier(string name, string family, string given)
    {
        var record = await platform.RecordAsync();
        const string Id = "<id root=\"1.2.250.1.71.4.2.1\" extension=\"801234560801\"/>";
        var stored = await StoreAsync(
            record,
            Text(record) with { Authors = Author(Id, name), Signatory = $"{Id}<assignedPerson><name>{name}</name></assignedPerson>" });
        foreach (var person in (Person[])
        [
            Assert.Single(stored.Document.Metadata.Authors).Person, stored.Document.Metadata.LegalAuthenticator,
        ])
        {
            Assert.Equal(("801234560801", family, given), (person.Id, person.FamilyName, person.GivenName));
        }

        Assert.Equal(
            name.Length == 0 ? 2 : 0, stored.Warnings.Count(warning => warning.Description.Contains("no name", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Orders_accession_numbers_and_the_local_identifier_of_the_patient_are_derived()
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with
        {
            Role = OwnRole(record, "<id root=\"1.2.250.1.999.9\" extension=\"4711\"/>"),
            MoreActs = """
                <inFulfillmentOf><order><id root="1.2.250.1.999.5" extension="ORD1"/><id root="1.2.250.1.999.5.2"/>
                <accessionNumber xmlns="urn:dicom-org:ps3-20" root="1.2.250.1.999.6" extension="ACC1"/></order></inFulfillmentOf>
                """,
        };
        var given =
            new Reference { Id = new LocalIdentifier { Value = "ORD1", System = "1.2.250.1.999.5" }, Kind = "urn:ihe:iti:xds:2013:order" };
        var intent = Intent(record.Id);
        intent.Metadata = new DocumentMetadata { References = { given } };
        var stored = await SendAsync(platform.As(record.Physician), intent, text.Bytes);
        Assert.Empty(stored.Warnings);
        Assert.Equal(new LocalIdentifier { Value = "4711", System = "1.2.250.1.999.9" }, stored.Document.Metadata.SourcePatientId);
        Assert.Equal(
            [
                given,
                new Reference { Id = new LocalIdentifier { Value = "1.2.250.1.999.5.2" }, Kind = "urn:ihe:iti:xds:2013:order" },
                new Reference
                {
                    Id = new LocalIdentifier { Value = "ACC1", System = "1.2.250.1.999.6" },
                    Kind = "urn:ihe:iti:xds:2013:accession",
                },
            ],
            stored.Document.Metadata.References);
    }

    [Fact]
    public async Task What_is_too_long_is_cut_or_left_out_and_told_place_by_place()
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with
        {
            Title = new string('t', 257),
            Authors = Author(
                $"<id root=\"1.2.250.1.71.4.2.1\" extension=\"{new string('8', 71)}\"/>", $"<family>{new string('F', 101)}</family>"),
            Role = OwnRole(record, $"<id root=\"1.2.250.1.999.9\" extension=\"{new string('1', 129)}\"/>"),
            MoreActs = $"<inFulfillmentOf><order><id root=\"1.2\" extension=\"{new string('o', 129)}\"/></order></inFulfillmentOf>"
                + $"<documentationOf><serviceEvent><code code=\"{new string('c', 65)}\" codeSystem=\"1.2\"/></serviceEvent>"
                + "</documentationOf>",
        };
        var stored = await StoreAsync(record, text);
        var metadata = stored.Document.Metadata;
        Assert.Equal(new string('t', 255) + "…", metadata.Title);
        Assert.Equal(("", new string('F', 99) + "…"), (metadata.Authors[0].Person.Id, metadata.Authors[0].Person.FamilyName));
        Assert.Null(metadata.SourcePatientId);
        Assert.Empty(metadata.References);
        Assert.Equal("JQGA003", Assert.Single(metadata.EventCodes).Code);
        Assert.Equal(
            [
                "/ClinicalDocument/author/assignedAuthor/assignedPerson/name", "/ClinicalDocument/author/assignedAuthor/id",
                "/ClinicalDocument/documentationOf/serviceEvent/code", "/ClinicalDocument/inFulfillmentOf/order/id",
                "/ClinicalDocument/title",
                "metadata.authors", "metadata.source_patient_id",
            ],
            stored.Warnings.Select(warning => warning.Field).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(stored.Warnings, warning => warning.Description.Contains("tttt", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(256, 256, false)]
    [InlineData(257, 256, true)]
    [InlineData(5000, 256, true)]
    public async Task A_title_of_any_length_has_a_way_in(int length, int kept, bool isCut)
    {
        var record = await platform.RecordAsync();
        var title = "Lettre " + new string('x', length - 7);
        var stored = await StoreAsync(record, Text(record) with { Title = title });
        Assert.Equal((kept, isCut), (stored.Document.Metadata.Title.Length, stored.Warnings.Any(
            warning => warning.Field == "/ClinicalDocument/title")));
    }

    [Theory]
    [InlineData("Lettre xxx", true)]
    [InlineData("Lettre xxx…", true)]
    [InlineData("Lettre xxx...", true)]
    [InlineData("Autre titre", false)]
    public async Task A_title_that_is_too_long_may_be_given_by_its_beginning(string given, bool isGood)
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with { Title = "Lettre " + new string('x', 300) };
        var intent = Intent(record.Id);
        intent.Metadata = new DocumentMetadata { Title = given };
        if (isGood)
        {
            Assert.Equal(given, (await SendAsync(platform.As(record.Physician), intent, text.Bytes)).Document.Metadata.Title);
        }
        else
        {
            await Refusals.RefusedAsync(
                StatusCode.InvalidArgument, ErrorReason.CdaMetadataMismatch,
                () => SendAsync(platform.As(record.Physician), intent, text.Bytes));
        }
    }

    [Fact]
    public async Task An_identifier_that_cannot_be_kept_becomes_the_same_UUID_each_time_and_is_replaced_by_it()
    {
        var record = await platform.RecordAsync();
        foreach (var extension in (string[])[new string('x', 120), "CR 2026 001", new string('y', 1000)])
        {
            var first = Text(record) with { IdExtension = extension };
            var stored = await StoreAsync(record, first);
            Assert.StartsWith("urn:uuid:", stored.Document.Metadata.UniqueId, StringComparison.Ordinal);
            Assert.Equal("/ClinicalDocument/id", Assert.Single(stored.Warnings).Field);
            await Refusals.RefusedAsync(
                StatusCode.AlreadyExists, ErrorReason.UniqueIdTaken,
                () => SendAsync(platform.As(record.Physician), Intent(record.Id), first.Bytes));
            var next = Text(record).ToString().Replace(
                "<componentOf>",
                $"<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{first.Id}\" extension=\"{extension}\"/></parentDocument>"
                + "</relatedDocument><componentOf>",
                StringComparison.Ordinal);
            var replaced = await SendAsync(platform.As(record.Physician), Intent(record.Id), Encoding.UTF8.GetBytes(next));
            Assert.Equal((stored.Document.DocumentId, 2), (replaced.Document.DocumentId, replaced.Document.Version));
        }
    }

    [Fact]
    public async Task What_is_more_than_a_document_holds_is_told()
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with
        {
            Authors = string.Concat(Enumerable.Range(0, 22).Select(i => Author("", $"<family>NOM{i}</family>"))),
            MoreActs = string.Concat(Enumerable.Range(0, 60).Select(i =>
                $"<inFulfillmentOf><order><id root=\"1.2.3\" extension=\"{i}\"/></order></inFulfillmentOf><documentationOf><serviceEvent>"
                + $"<code code=\"C{i}\" codeSystem=\"1.2\"/></serviceEvent></documentationOf>")),
        };
        var stored = await StoreAsync(record, text);
        var metadata = stored.Document.Metadata;
        Assert.Equal((20, 50, 50), (metadata.Authors.Count, metadata.EventCodes.Count, metadata.References.Count));
        Assert.Equal(
            ["/ClinicalDocument/author[21]", "metadata.authors", "metadata.event_codes", "metadata.references"],
            stored.Warnings.Select(warning => warning.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Values_outside_of_their_lists_are_told_and_a_confidentiality_is_not_guessed()
    {
        var record = await platform.RecordAsync();
        var text = Text(record).ToString().Replace("code=\"ETABLISSEMENT\"", "code=\"AILLEURS\"", StringComparison.Ordinal);
        var stored = await SendAsync(platform.As(record.Physician), Intent(record.Id), Encoding.UTF8.GetBytes(text));
        Assert.Null(stored.Document.Metadata.PracticeSetting);
        Assert.EndsWith("standardIndustryClassCode", Assert.Single(stored.Warnings).Field, StringComparison.Ordinal);

        var secret = Encoding.UTF8.GetBytes(Text(record).ToString().Replace(
            "<confidentialityCode code=\"N\"", "<confidentialityCode code=\"S\"", StringComparison.Ordinal));
        await Refusals.FieldsAsync(() => SendAsync(platform.As(record.Physician), Intent(record.Id), secret), "metadata.confidentiality");
        var intent = Intent(record.Id);
        intent.Metadata = new DocumentMetadata { Confidentiality = new Coding { System = "2.16.840.1.113883.5.25", Code = "V" } };
        Assert.Equal("V", (await SendAsync(platform.As(record.Physician), intent, secret)).Document.Metadata.Confidentiality.Code);
    }

    [Fact]
    public async Task A_code_that_masks_in_place_of_a_confidentiality_is_refused_until_the_metadata_say_one()
    {
        var record = await platform.RecordAsync();
        var masked = Encoding.UTF8.GetBytes(Text(record).ToString().Replace(
            "<confidentialityCode code=\"N\" codeSystem=\"2.16.840.1.113883.5.25\"/>",
            "<confidentialityCode code=\"MASQUE_PSOCIAL\" codeSystem=\"1.2.250.1.213.1.1.4.13\"/>",
            StringComparison.Ordinal));
        await Refusals.FieldsAsync(() => SendAsync(platform.As(record.Physician), Intent(record.Id), masked), "metadata.confidentiality");
        var intent = Intent(record.Id);
        intent.Metadata = new DocumentMetadata { Confidentiality = new Coding { System = "2.16.840.1.113883.5.25", Code = "R" } };
        var stored = await SendAsync(platform.As(record.Physician), intent, masked);
        Assert.Equal("R", stored.Document.Metadata.Confidentiality.Code);
        Assert.Equal("/ClinicalDocument/confidentialityCode", Assert.Single(stored.Warnings).Field);
    }

    [Fact]
    public async Task A_type_outside_of_its_list_is_refused()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(() => StoreAsync(record, Text(record) with { TypeCode = "11111-1" }), "metadata.type");
    }

    [Theory]
    [InlineData("french")]
    [InlineData("fr-")]
    [InlineData("fr-f")]
    public async Task A_word_that_is_no_language_is_left_out_and_told(string language)
    {
        var record = await platform.RecordAsync();
        var text = Text(record).ToString().Replace(
            "<languageCode code=\"fr-FR\"/>", $"<languageCode code=\"{language}\"/>", StringComparison.Ordinal);
        var stored = await SendAsync(platform.As(record.Physician), Intent(record.Id), Encoding.UTF8.GetBytes(text));
        Assert.Equal("fr-FR", stored.Document.Metadata.LanguageCode);
        Assert.Equal("/ClinicalDocument/languageCode/@code", Assert.Single(stored.Warnings).Field);
    }

    [Fact]
    public async Task Characters_that_nobody_sees_are_left_out_of_texts_and_told()
    {
        var record = await platform.RecordAsync();
        var stored = await StoreAsync(record, Text(record) with { Title = "CR \u202eabc\u200b" });
        Assert.Equal("CR abc", stored.Document.Metadata.Title);
        Assert.Equal("/ClinicalDocument/title", Assert.Single(stored.Warnings).Field);
    }

    private Task<UploadDocumentResponse> StoreAsync(OpenedRecord record, CdaText text) =>
        SendAsync(platform.As(record.Physician), Intent(record.Id), text.Bytes);

    private static CdaText Text(OpenedRecord record) => new() { Patient = record.Patient, Author = record.Physician };

    private static string Author(string id, string name) =>
        $"<author><assignedAuthor>{id}<assignedPerson><name>{name}</name></assignedPerson></assignedAuthor></author>";

    private static string OwnRole(OpenedRecord record, string more) =>
        $"<id root=\"{TestPatient.InsSystem}\" extension=\"{record.Patient.Number}\"/>{more}<patient><name><family>ESSAI</family>"
        + "<given>ANNE</given></name></patient>";
}
