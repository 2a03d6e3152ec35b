using System.Text;
using Dmp.Server.Content;
using Xunit;

namespace Dmp.Server.Tests.Content;

public sealed class CdaLevelTests : IDisposable
{
    private const string Open = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">";

    private readonly TemporaryStore temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData(Open + "<id/><component><nonXMLBody><text>QQ==</text></nonXMLBody></component></ClinicalDocument>", 1)]
    [InlineData(Open + "<component><structuredBody>", 3)]
    [InlineData("<x xmlns:h=\"urn:hl7-org:v3\"><y><h:ClinicalDocument><h:component><h:structuredBody/></h:component></h:ClinicalDocument></y></x>", 3)]
    [InlineData(Open + "<component><a><structuredBody/></a></component></ClinicalDocument>", null)]
    [InlineData("<a xmlns=\"urn:hl7-org:v3\"><b><structuredBody/></b></a>", null)]
    [InlineData("<!DOCTYPE ClinicalDocument>" + Open + "<component><structuredBody/></component></ClinicalDocument>", null)]
    [InlineData(Open + "<component>&nbsp;<structuredBody/></component></ClinicalDocument>", null)]
    [InlineData("%PDF-1.7", null)]
    [InlineData("", null)]
    public async Task The_body_tells_the_level(string content, int? level) =>
        Assert.Equal(level, await FindAsync(Encoding.UTF8.GetBytes(content)));

    [Fact]
    public async Task A_header_longer_than_the_sniffed_prefix_is_read_on()
    {
        var content = Open + string.Concat(Enumerable.Repeat("<informant><text>x</text></informant>", 20_000))
            + "<component><structuredBody/></component></ClinicalDocument>";
        Assert.Equal(3, await FindAsync(Encoding.UTF8.GetBytes(content)));
    }

    [Theory]
    [InlineData("<a>")]
    [InlineData("x")]
    [InlineData("<b/>")]
    [InlineData("\"")]
    [InlineData("<!--x-->")]
    [InlineData("<?x y?>")]
    [InlineData(" <!--x--> ")]
    [InlineData("é")]
    public async Task An_endless_document_is_given_up(string repeated)
    {
        await using var reader = new EndlessReader(Open + "<a b=\"1\">", repeated);
        Assert.Null(await CdaLevel.FindAsync(reader, Token));
        Assert.InRange(reader.BytesRead, 1, CdaLevel.BytesMax);
    }

    [Fact]
    public async Task An_endless_attribute_is_given_up()
    {
        await using var reader = new EndlessReader(Open + "<a b=\"", "x");
        Assert.Null(await CdaLevel.FindAsync(reader, Token));
        Assert.Equal(CdaLevel.BytesMax, reader.BytesRead);
    }

    [Fact]
    public async Task Every_published_sample_has_its_level()
    {
        foreach (var file in Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml"))
        {
            var content = await File.ReadAllBytesAsync(file, Token);
            var expected = Encoding.UTF8.GetString(content).Contains("<nonXMLBody>", StringComparison.Ordinal) ? 1 : 3;
            Assert.Equal(expected, await FindAsync(content));
        }
    }

    private async Task<int?> FindAsync(byte[] content)
    {
        await using var reader = await temporary.Store.OpenAsync(await temporary.PutAsync(content, Token), Token);
        Assert.NotNull(reader);
        return await CdaLevel.FindAsync(reader, Token);
    }

    /// <summary>A blob of a terabyte that exists only as it is read.</summary>
    private sealed class EndlessReader(string start, string repeated) : IContentReader
    {
        private readonly byte[] start = Encoding.UTF8.GetBytes(start);
        private readonly byte[] repeated = Encoding.UTF8.GetBytes(repeated);

        public long BytesRead { get; private set; }

        public long Length => 1L << 40;

        public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            for (var i = 0; i < buffer.Length; i++)
            {
                var at = offset + i;
                buffer.Span[i] = at < start.Length ? start[at] : repeated[(at - start.Length) % repeated.Length];
            }

            BytesRead += buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
