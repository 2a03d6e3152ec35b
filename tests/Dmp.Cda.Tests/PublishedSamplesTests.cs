using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Dmp.Samples;
using Dmp.Server.Tests.Content;
using Xunit;

namespace Dmp.Cda.Tests;

/// <summary>Documents nobody here wrote; skipped where they are not at hand.</summary>
public sealed class PublishedSamplesTests
{
    private static readonly XNamespace hl7 = "urn:hl7-org:v3";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_is_read_whole_and_the_one_defect_is_told()
    {
        foreach (var (name, read) in await ReadAllAsync())
        {
            // Its signature has an offset of three digits.
            var defects = name == "BIO-TROD_2024.01_Angine.xml"
                ? ["/ClinicalDocument/legalAuthenticator/time/@value"]
                : Array.Empty<string>();
            Assert.Equal(defects, read.Faults.Select(fault => fault.Place));
            var document = read.Document!;
            var metadata = CdaMetadata.From(document);
            Assert.Equal(name.Contains("Auto-Presentable", StringComparison.Ordinal), document.IsSelfPresenting);
            Assert.Single(Assert.Single(document.Patients).InsIds);
            Assert.NotNull(document.Patients[0].BirthTime);
            Assert.Contains(document.Patients[0].Sex, (string[])["M", "F"]);
            Assert.Equal(5, document.Patients[0].BirthPlaceCode!.Length);
            Assert.NotNull(document.Custodian!.NationalId);
            Assert.NotEmpty(document.LegalAuthenticator!.Actor.Ids);
            Assert.All(document.Authors, author => Assert.NotNull(author.Actor.NationalId));
            Assert.True(
                metadata is { ClassCode: not null, FacilityType: not null, Confidentiality.Code: "N", LanguageCode: "fr-FR" }, name);
            Assert.NotEqual("urn:asipSante:modelesHorsProfils:2011", metadata.Format.Code);
            Assert.InRange(metadata.ServiceStartTime!.Value.Year, 2005, 2030);
        }
    }

    [Fact]
    public async Task Each_says_to_this_reader_what_it_says_to_another_one()
    {
        foreach (var file in Files())
        {
            var document = (await ReadAsync(file, whole: false)).Document!;
            using var stream = File.OpenRead(file);
            using var xml = XmlReader.Create(
                stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, Async = true });
            var root = (await XDocument.LoadAsync(xml, LoadOptions.None, Token)).Descendants(hl7 + "ClinicalDocument").Single();
            Assert.Equal((string?)root.Element(hl7 + "code")?.Attribute("code"), document.Type!.Code);
            Assert.Equal((string?)root.Element(hl7 + "id")?.Attribute("root"), document.Id!.Root);
            Assert.Equal((string?)root.Element(hl7 + "effectiveTime")?.Attribute("value"), document.CreationTime!.Value.Time.ToString(
                "yyyyMMddHHmmsszzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal));
            Assert.Equal(root.Elements(hl7 + "author").Count(), document.Authors.Count);
            Assert.Equal(root.Elements(hl7 + "documentationOf").Count(), document.ServiceEvents.Count);
            Assert.Equal(root.Elements(hl7 + "relatedDocument").Count(), document.RelatedDocuments.Count);
            Assert.Equal(root.Elements(hl7 + "templateId").Count(), document.TemplateIds.Count);
            Assert.Equal(
                root.Elements(hl7 + "author").Elements(hl7 + "assignedAuthor")
                    .Select(author => (string?)author.Elements(hl7 + "id").First().Attribute("extension")),
                document.Authors.Select(author => author.Actor.NationalId));
            Assert.Equal(root.Descendants(hl7 + "nonXMLBody").Any() ? 1 : 3, document.Body!.Level);
            Assert.Equal(
                (string?)root.Descendants(hl7 + "nonXMLBody").Elements(hl7 + "text").SingleOrDefault()?.Attribute("mediaType"),
                document.Body.MediaType);
        }
    }

    [Fact]
    public async Task Reading_the_header_costs_little_whatever_the_size()
    {
        foreach (var file in Files())
        {
            using var stream = new MemoryStream(await File.ReadAllBytesAsync(file, Token));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var reading = CdaReader.ReadAsync(stream, null, Token);
            Assert.True(reading.IsCompleted);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
            // The parser reads ahead, and the header of no sample is longer.
            Assert.InRange(stream.Position, 1, 300 * 1024);
        }
    }

    [Fact]
    public void Every_published_format_has_a_model_or_a_media_type()
    {
        var published = File.ReadLines(Path.Combine(SharedSamples.Folder("reference/valuesets"), "J60_format_code_dmp.tsv"))
            .Skip(1).Select(line => line.Split('\t')).Select(row => (row[0], row[1])).ToHashSet();
        var known = CdaTables.Formats.Append(CdaTables.OtherFormat)
            .Concat(((string[])["application/pdf", "text/plain", "image/jpeg", "image/tiff", "text/rtf"]).Select(
                type => CdaTables.FormatOf(type)!))
            .Select(format => (format.Code, format.System)).ToHashSet();
        // A signature and an imaging reference are no CDA; three editions of 2024 have no model of their own in the association.
        Assert.Equal(
            [
                "1.2.840.10008.5.1.4.1.1.88.59", "http://www.w3.org/2000/09/xmldsig#", "urn:asip:ci-sis:dlu:2024",
                "urn:asip:ci-sis:fr-su:2024",
                "urn:asip:ci-sis:ft-su:2024", "urn:ihe:iti:dsg:detached:2014",
            ],
            published.Except(known).Select(format => format.Item1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Generated_documents_are_read_without_a_fault()
    {
        var patient = new SamplePatient(
            "279035121518989", "1.2.250.1.213.1.4.10", "PAT-TROIS", "DOMINIQUE MARIE-LOUISE", new DateOnly(1979, 3, 28), "F", "51215");
        var author = new SampleAuthor("899700000001", "MÉDECIN", "Test & Cie", "10", "SM26", "1750803447", "Cabinet <fictif>", "SA07");
        foreach (var sample in SampleDocuments.Create(patient, author, 7, 40).Where(sample => sample.MediaType == "text/xml"))
        {
            var read = await SampleText.ReadAsync(sample.Content, new CdaReaderOptions { ReadWhole = true });
            Assert.Empty(read.Faults);
            var metadata = CdaMetadata.From(read.Document!);
            Assert.Equal((sample.TypeCode, sample.Title, sample.UniqueId), (metadata.Type!.Code, metadata.Title, metadata.UniqueId));
            Assert.Equal((sample.CreationTime, sample.ServiceStartTime), (metadata.CreationTime, metadata.ServiceStartTime));
            Assert.Equal(sample.FormatCode, metadata.Format.Code);
        }
    }

    private static string[] Files() => Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml");

    private static async Task<List<(string Name, CdaReadResult Read)>> ReadAllAsync()
    {
        List<(string, CdaReadResult)> all = [];
        foreach (var file in Files())
        {
            all.Add((Path.GetFileName(file), await ReadAsync(file, whole: true)));
        }

        Assert.NotEmpty(all);
        return all;
    }

    private static async Task<CdaReadResult> ReadAsync(string file, bool whole)
    {
        await using var stream = File.OpenRead(file);
        return await CdaReader.ReadAsync(stream, new CdaReaderOptions { ReadWhole = whole }, Token);
    }
}
