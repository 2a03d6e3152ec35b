using System.Text;
using Dmp.Samples;
using Dmp.Server.Tests.Content;
using Xunit;

namespace Dmp.Server.Tests.Samples;

public sealed class DescribedFilesTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmp-files-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void A_type_outside_the_list_is_replaced_and_said_so()
    {
        var document = Describe("a.xml", Cda("<code code='00000-0' codeSystem='2.16.840.1.113883.6.1'/><title>Essai</title>"));
        Assert.NotNull(document);
        Assert.True(document.TypeIsAssumed);
        Assert.Equal("00000-0", document.StatedTypeCode);
        Assert.Equal("34133-9", document.TypeCode);
        Assert.Equal("Essai", document.Title);
        Assert.Equal("1.2.3^4", document.UniqueId);
    }

    [Fact]
    public void A_header_with_little_in_it_is_completed_from_the_file()
    {
        var document = Describe("peu.xml", Cda("<code code='11502-2' codeSystem='2.16.840.1.113883.6.1'/>"));
        Assert.NotNull(document);
        Assert.False(document.TypeIsAssumed);
        Assert.Equal("peu", document.Title);
        Assert.Equal(document.CreationTime, document.ServiceStartTime);
    }

    [Theory]
    [InlineData("a.pdf", "%PDF-1.7 x", "application/pdf", "urn:ihe:iti:xds-sd:pdf:2008")]
    [InlineData("a.rtf", "{\\rtf1 x}", "text/rtf", "urn:ihe:iti-fr:xds-sd:rtf:2010")]
    [InlineData("A.TXT", "bonjour", "text/plain", "urn:ihe:iti:xds-sd:text:2008")]
    public void Other_files_get_an_assumed_type(string name, string content, string mediaType, string format)
    {
        var document = Describe(name, content);
        Assert.NotNull(document);
        Assert.True(document.TypeIsAssumed);
        Assert.Null(document.StatedTypeCode);
        Assert.Equal((mediaType, format), (document.MediaType, document.FormatCode));
        Assert.StartsWith("2.25.", document.UniqueId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("empty.pdf", "")]
    [InlineData("a.zip", "PK\u0003\u0004")]
    [InlineData("a.xml", "<a/>")]
    [InlineData("b.xml", "<ClinicalDocument xmlns='urn:hl7-org:v3'/>")]
    [InlineData("c.xml", "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>")]
    [InlineData("d.xml", "<b xmlns:c='urn:hl7-org:v3'><c:ClinicalDocument><c:code code='11502-2'/></c:ClinicalDocument></b>")]
    [InlineData("e.xml", "\0\0\0")]
    [InlineData("f.xml", "<?xml version='1.0' encoding='nothing'?><a/>")]
    public void Odd_files_are_no_documents(string name, string content) => Assert.Null(Describe(name, content));

    [Fact]
    public void Every_published_sample_is_described()
    {
        var files = Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml");
        var documents = files.Select(file => SampleDocuments.FromFile(file)!).ToArray();
        Assert.All(documents, document =>
        {
            Assert.NotNull(document);
            Assert.False(document.TypeIsAssumed, document.FileName);
            Assert.InRange(document.ServiceStartTime.Year, 2005, 2030);
            Assert.InRange(document.CreationTime.Year, 2005, 2030);
            Assert.NotEqual(Path.GetFileNameWithoutExtension(document.FileName), document.Title);
        });
        Assert.Equal(files.Length, documents.Select(document => document.UniqueId).Distinct().Count());
        Assert.Single(documents, document => document.MediaType == "application/xslt+xml");
        Assert.Equal(4, documents.Count(document => document.FormatCode == "urn:ihe:iti:xds-sd:pdf:2008"));
        Assert.DoesNotContain(documents, document => document.FormatCode == "urn:asipSante:modelesHorsProfils:2011");
    }

    [Fact]
    public void The_type_list_is_the_published_one()
    {
        var rows = File.ReadLines(Path.Combine(SharedSamples.Folder("reference/valuesets"), "document_types.tsv"))
            .Skip(1).Select(line => line.Split('\t')).Where(row => row[1] is DocumentTypes.Loinc or DocumentTypes.TreA05);
        Assert.All(rows, row => Assert.Equal(row[4].Length > 0, DocumentTypes.IsPublished(row[0], row[1])));
        Assert.False(DocumentTypes.IsPublished("11502-2", DocumentTypes.TreA05));
    }

    [Fact]
    public void Every_format_used_is_published()
    {
        var published = File.ReadLines(Path.Combine(SharedSamples.Folder("reference/valuesets"), "J60_format_code_dmp.tsv"))
            .Skip(1).Select(line => line.Split('\t')).Select(row => (row[0], row[1])).ToHashSet();
        Assert.All(DocumentFormats.All, format => Assert.Contains(format, published));
    }

    private SampleDocument? Describe(string name, string content)
    {
        var path = Path.Combine(directory.FullName, name);
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content));
        return SampleDocuments.FromFile(path);
    }

    private static string Cda(string inner) =>
        $"<ClinicalDocument xmlns='urn:hl7-org:v3'><id root='1.2.3' extension='4'/>{inner}<component><structuredBody/></component>"
        + "</ClinicalDocument>";
}
