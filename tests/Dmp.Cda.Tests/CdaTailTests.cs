using System.Text;
using Dmp.Server.Tests.Content;
using Xunit;

namespace Dmp.Cda.Tests;

public sealed class CdaTailTests
{
    [Theory]
    [InlineData("</ClinicalDocument>", true)]
    [InlineData("x</h:ClinicalDocument \n>\r\n ", true)]
    [InlineData("</ClinicalDocument></xsl:stylesheet><!-- fin --><?pi x?>\n", true)]
    [InlineData("</ClinicalDocument><!-- > -->", true)]
    [InlineData("</component>", false)]
    [InlineData("</ClinicalDocument", false)]
    [InlineData("</ClinicalDocument>x", false)]
    [InlineData("</NotClinicalDocument>", false)]
    [InlineData("-->", false)]
    [InlineData("?>", false)]
    [InlineData("", false)]
    public void The_end_tag_of_the_root_ends_a_whole_document(string tail, bool isWhole)
    {
        Assert.Equal(isWhole, CdaTail.IsWhole(Encoding.UTF8.GetBytes(tail)));
        Assert.Equal(isWhole, CdaTail.IsWhole(Encoding.Unicode.GetBytes(tail)));
        Assert.Equal(isWhole, CdaTail.IsWhole(Encoding.BigEndianUnicode.GetBytes(tail)));
    }

    [Fact]
    public void Published_samples_are_whole_and_no_beginning_of_one_is()
    {
        foreach (var file in Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml"))
        {
            ReadOnlySpan<byte> content = File.ReadAllBytes(file);
            Assert.True(CdaTail.IsWhole(content[^CdaTail.BytesMax..]), file);
            for (var length = 5_000; length < content.Length - 2_000; length += 4_999)
            {
                Assert.False(CdaTail.IsWhole(content[(length - CdaTail.BytesMax)..length]));
            }
        }
    }
}
