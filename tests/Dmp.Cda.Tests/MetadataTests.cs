using Xunit;

namespace Dmp.Cda.Tests;

public sealed class MetadataTests
{
    private const string Low = "<low value=\"20240301080000+0100\"/>";
    private const string High = "<high value=\"20240305100000+0100\"/>";

    [Fact]
    public async Task Each_field_comes_from_its_place()
    {
        var metadata = await DeriveAsync(SampleText.Whole);
        Assert.Equal("1.2.250.1.999.1.1^A7", metadata.UniqueId);
        Assert.Equal(("11490-0", "10"), (metadata.Type!.Code, metadata.ClassCode));
        Assert.Equal(("urn:asip:ci-sis:ldl-ses:2017", "1.2.250.1.213.1.1.4.2.282"), (metadata.Format.Code, metadata.Format.System));
        Assert.Equal(
            ("text/xml", "Lettre de sortie", "fr-FR", "R"),
            (metadata.MediaType, metadata.Title, metadata.LanguageCode, metadata.Confidentiality!.Code));
        Assert.Equal(("ETABLISSEMENT", "SA01"), (metadata.PracticeSetting!.Code, metadata.FacilityType!.Code));
        Assert.Equal(["JQGA003", "CT", "I10"], metadata.EventCodes.Select(code => code.Code));
        Assert.Equal(new DateTimeOffset(2024, 3, 5, 10, 30, 0, 250, TimeSpan.Zero), metadata.CreationTime);
        Assert.Equal(new DateTimeOffset(2024, 3, 1, 7, 0, 0, TimeSpan.Zero), metadata.ServiceStartTime);
        Assert.Equal(new DateTimeOffset(2024, 3, 5, 9, 0, 0, TimeSpan.Zero), metadata.ServiceStopTime);
        Assert.Equal(["1.2.250.1.999.1.1^A6"], metadata.ReplacedIds);
    }

    [Theory]
    [InlineData("", High, "2024-02-29T00:00:00", "2024-03-05T09:00:00")]
    [InlineData("", "", "2024-02-29T00:00:00", null)]
    [InlineData(Low, "", "2024-03-01T07:00:00", null)]
    public async Task The_service_begins_with_the_stay_when_the_act_does_not_say_it(string low, string high, string start, string? stop)
    {
        var metadata = await DeriveAsync(SampleText.With(Low + High, low + high));
        Assert.Equal(start, metadata.ServiceStartTime!.Value.UtcDateTime.ToString("s", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(stop, metadata.ServiceStopTime?.UtcDateTime.ToString("s", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("templateId root=\"1.2.250.1.213.1.1.1.29\"", "templateId root=\"1.2.250.1.213.1.1.1.13\"", "urn:asip:ci-sis:vsm:2012")]
    [InlineData("templateId root=\"1.2.250.1.213.1.1.1.29\"", "templateId root=\"1.3.6.1.4.1.19376.1.3.3\"", "urn:ihe:lab:xd-lab:2008")]
    [InlineData("templateId root=\"1.2.250.1.213.1.1.1.29\"", "templateId root=\"1.2.3\"", "urn:asipSante:modelesHorsProfils:2011")]
    [InlineData(
        "<structuredBody>", "<nonXMLBody><text mediaType=\"image/tiff\"/></nonXMLBody><structuredBody>", "urn:ihe:iti-fr:xds-sd:tiff:2010")]
    [InlineData(
        "<structuredBody>", "<nonXMLBody><text mediaType=\"text/plain; charset=utf-8\"/></nonXMLBody><structuredBody>",
        "urn:ihe:iti:xds-sd:text:2008")]
    [InlineData(
        "<structuredBody>", "<nonXMLBody><text mediaType=\"video/mp4\"/></nonXMLBody><structuredBody>",
        "urn:asipSante:modelesHorsProfils:2011")]
    public async Task The_format_comes_from_the_model_or_from_the_embedded_file(string old, string replacement, string format) =>
        Assert.Equal(format, (await DeriveAsync(SampleText.With(old, replacement))).Format.Code);

    [Fact]
    public async Task An_appended_document_replaces_none() =>
        Assert.Empty((await DeriveAsync(SampleText.With("typeCode=\"RPLC\"", "typeCode=\"APND\""))).ReplacedIds);

    [Fact]
    public async Task A_type_outside_the_lists_has_no_class() =>
        Assert.Null((await DeriveAsync(SampleText.With("code=\"11490-0\"", "code=\"00000-0\""))).ClassCode);

    private static async Task<CdaMetadata> DeriveAsync(string text)
    {
        var read = await SampleText.ReadAsync(text);
        Assert.Empty(read.Faults);
        return CdaMetadata.From(read.Document!);
    }
}
