using System.Text;
using System.Xml.Linq;
using Dmp.Samples;
using Dmp.Server.Media;
using PdfDocument = UglyToad.PdfPig.PdfDocument;
using Xunit;

namespace Dmp.Server.Tests.Samples;

public sealed class GeneratedDocumentsTests
{
    internal static readonly SamplePatient Patient = new(
        "279035121518989", "1.2.250.1.213.1.4.10", "PAT-TROIS", "DOMINIQUE MARIE-LOUISE", new DateOnly(1979, 3, 28), "F", "51215");

    internal static readonly SampleAuthor Author = new(
        "899700000001", "MÉDECIN", "Test & Cie", "10", "SM26", "1750803447", "Cabinet <fictif>", "SA07");

    private static readonly XNamespace hl7 = "urn:hl7-org:v3";

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        var first = SampleDocuments.Create(Patient, Author, 7, 16).ToArray();
        var again = SampleDocuments.Create(Patient, Author, 7, 16).ToArray();
        var other = SampleDocuments.Create(Patient, Author, 8, 16).ToArray();
        for (var i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i].Content, again[i].Content);
            Assert.Equal(first[i], again[i], Same);
            Assert.NotEqual(first[i].Content, other[i].Content);
            Assert.NotEqual(first[i].UniqueId, other[i].UniqueId);
        }

        Assert.Equal(16, first.Select(document => document.UniqueId).Distinct().Count());
        Assert.Equal(16, first.Select(document => document.FileName).Distinct().Count());
    }

    [Fact]
    public void Another_patient_or_author_gets_other_unique_ids()
    {
        var first = SampleDocuments.Create(Patient, Author, 7, 1).Single();
        Assert.NotEqual(first.UniqueId, SampleDocuments.Create(Patient with { Ins = "189035121518989" }, Author, 7, 1).Single().UniqueId);
        Assert.NotEqual(
            first.UniqueId, SampleDocuments.Create(Patient, Author with { ProfessionalId = "899700000002" }, 7, 1).Single().UniqueId);
    }

    [Fact]
    public void Each_form_is_what_its_metadata_say()
    {
        var forms = SampleDocuments.Create(Patient, Author, 3, 8).Select(document =>
        {
            var sniffer = new ContentSniffer();
            sniffer.Observe(document.Content);
            return (document.MediaType, sniffer.Conclude());
        });
        Assert.Equal(
            [
                ("text/xml", SniffedForm.CdaR2), ("text/xml", SniffedForm.CdaR2), ("text/xml", SniffedForm.CdaR2),
                ("text/xml", SniffedForm.CdaR2), ("text/xml", SniffedForm.CdaR2), ("application/pdf", SniffedForm.Pdf),
                ("image/jpeg", SniffedForm.Jpeg), ("text/plain", SniffedForm.PlainText),
            ],
            forms);
    }

    [Fact]
    public void The_CDA_header_is_complete()
    {
        foreach (var document in SampleDocuments.Create(Patient, Author, 5, 5))
        {
            var root = Parse(document);
            Assert.Equal(hl7 + "ClinicalDocument", root.Name);
            Assert.Equal("FR", (string?)root.Element(hl7 + "realmCode")?.Attribute("code"));
            Assert.Equal("POCD_HD000040", (string?)root.Element(hl7 + "typeId")?.Attribute("extension"));
            Assert.Equal(document.UniqueId, (string?)root.Element(hl7 + "id")?.Attribute("root"));
            Assert.Equal(document.TypeCode, (string?)root.Element(hl7 + "code")?.Attribute("code"));
            Assert.Equal("N", (string?)root.Element(hl7 + "confidentialityCode")?.Attribute("code"));
            Assert.Equal("fr-FR", (string?)root.Element(hl7 + "languageCode")?.Attribute("code"));
            var role = root.Element(hl7 + "recordTarget")?.Element(hl7 + "patientRole");
            Assert.Equal(Patient.Ins, (string?)role?.Element(hl7 + "id")?.Attribute("extension"));
            var patient = role?.Element(hl7 + "patient");
            Assert.Equal("PAT-TROIS", (string?)patient?.Element(hl7 + "name")?.Element(hl7 + "family"));
            Assert.Equal(["DOMINIQUE MARIE-LOUISE", "DOMINIQUE"], patient!.Descendants(hl7 + "given").Select(given => given.Value));
            Assert.Equal("F", (string?)patient.Element(hl7 + "administrativeGenderCode")?.Attribute("code"));
            Assert.Equal("19790328", (string?)patient.Element(hl7 + "birthTime")?.Attribute("value"));
            Assert.Equal("51215", patient.Descendants(hl7 + "county").Single().Value);
            var author = root.Element(hl7 + "author")?.Element(hl7 + "assignedAuthor");
            Assert.Equal("899700000001", (string?)author?.Element(hl7 + "id")?.Attribute("extension"));
            Assert.Equal(
                "1750803447", (string?)author?.Element(hl7 + "representedOrganization")?.Element(hl7 + "id")?.Attribute("extension"));
            Assert.Equal(
                "Cabinet <fictif>", root.Descendants(hl7 + "representedCustodianOrganization").Single().Element(hl7 + "name")?.Value);
            Assert.NotNull(root.Element(hl7 + "documentationOf")?.Descendants(hl7 + "low").SingleOrDefault());
        }
    }

    [Fact]
    public void Structured_bodies_hold_text_and_the_fifth_holds_a_real_PDF()
    {
        var documents = SampleDocuments.Create(Patient, Author, 5, 5).ToArray();
        Assert.All(documents[..4], document => Assert.All(
            Parse(document).Descendants(hl7 + "section").Elements(hl7 + "text"), text => Assert.True(text.Value.Length > 20)));
        var text = Parse(documents[4]).Descendants(hl7 + "nonXMLBody").Single().Element(hl7 + "text");
        Assert.Equal("application/pdf", (string?)text?.Attribute("mediaType"));
        Assert.Contains("PAT-TROIS", TextOf(Convert.FromBase64String(text!.Value)), StringComparison.Ordinal);
    }

    /// <summary>What a section says in words, its entries say in codes, and point to the words.</summary>
    [Fact]
    public void Entries_point_to_rows_that_are_there()
    {
        var documents = SampleDocuments.Create(Patient, Author, 5, 4).Select(Parse).ToArray();
        Assert.Equal(
            [4, 2, 0, documents[3].Descendants(hl7 + "tbody").Elements().Count()],
            documents.Select(document => document.Descendants(hl7 + "entry").Count()));
        Assert.All(documents, document => Assert.Subset(
            document.Descendants().Attributes("ID").Select(id => $"#{id.Value}").ToHashSet(),
            document.Descendants(hl7 + "reference").Attributes("value").Select(value => value.Value).ToHashSet()));
    }

    [Fact]
    public void The_PDF_has_one_page_with_accents() =>
        Assert.Contains(
            "fréquence cardiaque", TextOf(SampleDocuments.Create(Patient, Author, 5, 6).Last().Content), StringComparison.Ordinal);

    [Fact]
    public void A_JPEG_ends_as_it_should()
    {
        var content = SampleDocuments.Create(Patient, Author, 5, 7).Last().Content;
        Assert.Equal([0xFF, 0xD9], content[^2..]);
        Assert.InRange(content.Length, 2_000, 200_000);
    }

    [Fact]
    public async Task A_generated_file_describes_itself_as_it_was_made()
    {
        var directory = Directory.CreateTempSubdirectory("dmp-samples-");
        try
        {
            foreach (var made in SampleDocuments.Create(Patient, Author, 11, 8))
            {
                var path = Path.Combine(directory.FullName, made.FileName);
                await File.WriteAllBytesAsync(path, made.Content, TestContext.Current.CancellationToken);
                var read = SampleDocuments.FromFile(path);
                Assert.NotNull(read);
                Assert.Equal(made.Content, read.Content);
                Assert.Equal((made.MediaType, made.FormatCode, made.FormatSystem), (read.MediaType, read.FormatCode, read.FormatSystem));
                if (made.MediaType == "text/xml")
                {
                    Assert.Equal(made, read with { StatedTypeCode = null }, Same);
                }
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    // Records compare arrays by reference; contents are compared on their own.
    private static bool Same(SampleDocument first, SampleDocument second) =>
        (first with { Content = second.Content }).Equals(second);

    private static XElement Parse(SampleDocument document) => XElement.Parse(Encoding.UTF8.GetString(document.Content));

    private static string TextOf(byte[] pdf)
    {
        using var document = PdfDocument.Open(pdf);
        Assert.Equal(1, document.NumberOfPages);
        return document.GetPage(1).Text;
    }
}
