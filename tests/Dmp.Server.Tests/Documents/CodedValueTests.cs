using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Intake;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Codes of metadata are those of the published lists, and say the truth about the bytes.</summary>
public sealed class CodedValueTests(Platform platform)
{
    private const string Ihe = "1.3.6.1.4.1.19376.1.2.3";
    private const string Complementary = "1.2.250.1.213.1.1.4.2.282";

    [Theory]
    [InlineData("metadata.format", "no format of the list")]
    [InlineData("metadata.format", "a format of another system")]
    [InlineData("metadata.format", "the format of a PDF")]
    [InlineData("metadata.format", "the format of a structured document")]
    [InlineData("metadata.facility_type", "no facility of the list")]
    [InlineData("metadata.facility_type", "a sector under another system")]
    [InlineData("metadata.practice_setting", "no practice setting of the list")]
    [InlineData("metadata.confidentiality", "no confidentiality of the list")]
    [InlineData("metadata.type", "no type of the list")]
    [InlineData("metadata.language_code", "no language")]
    [InlineData("metadata.language_code", "a language and the end of a line")]
    public async Task A_code_that_is_not_one_of_the_list_or_not_that_of_a_text_is_refused(string field, string what)
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            () => platform.As(record.Physician).UploadAsync(record.Id, intent => Set(intent.Metadata, what)), field);
    }

    [Theory]
    [InlineData(Ihe, "urn:ihe:iti:xds-sd:text:2008")]
    [InlineData(Complementary, "urn:asipSante:modelesHorsProfils:2011")]
    public async Task A_text_has_its_own_format_or_none_of_a_model(string system, string code)
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(record.Id, intent =>
        {
            intent.Metadata.Format = new Coding { System = system, Code = code };
            intent.Metadata.FacilityType = new Coding { System = "1.2.250.1.71.4.2.4", Code = "SA07" };
            intent.Metadata.LanguageCode = "fr";
        });
        Assert.Equal((system, code), (document.Metadata.Format.System, document.Metadata.Format.Code));
    }

    [Fact]
    public void Formats_that_the_platform_gives_itself_are_of_the_list()
    {
        foreach (var mediaType in new[] { "application/pdf", "text/plain", "image/jpeg", "image/tiff", "text/rtf", "application/dicom" })
        {
            var format = UploadPlan.Complete(
                new DocumentMetadata { MediaType = mediaType }, new Caller { Kind = CallerKind.Patient, Subject = "s" }).Format;
            Assert.True(CodedValues.IsFormat(format) && CodedValues.FitsMedia(format, mediaType), mediaType);
        }
    }

    [Theory]
    [InlineData(nameof(CallerKind.Professional), "SA07", "SA07")]
    [InlineData(nameof(CallerKind.Structure), "SA01", "SA01")]
    [InlineData(nameof(CallerKind.Professional), "SA11", null)]
    [InlineData(nameof(CallerKind.Professional), "SA62", null)]
    [InlineData(nameof(CallerKind.Professional), null, null)]
    [InlineData(nameof(CallerKind.Patient), null, "EXP_PATIENT")]
    public void A_kind_of_facility_that_the_platform_gives_itself_is_of_the_list(string who, string? sector, string? given)
    {
        var kind = Enum.Parse<CallerKind>(who);
        var type = UploadPlan.Complete(new DocumentMetadata(), new Caller { Kind = kind, Subject = "s", SectorCode = sector }).FacilityType;
        Assert.Equal(given, type?.Code);
        Assert.True(type is null || CodedValues.IsFacilityType(type));
    }

    private static void Set(DocumentMetadata metadata, string what)
    {
        switch (what)
        {
            case "no format of the list":
                metadata.Format = new Coding { System = Ihe, Code = "urn:ihe:pcc:none:1999" };
                break;
            case "a format of another system":
                metadata.Format = new Coding { System = Complementary, Code = "urn:ihe:iti:xds-sd:text:2008" };
                break;
            case "the format of a PDF":
                metadata.Format = new Coding { System = Ihe, Code = "urn:ihe:iti:xds-sd:pdf:2008" };
                break;
            case "the format of a structured document":
                metadata.Format = new Coding { System = Ihe, Code = "urn:ihe:pcc:ips:2020" };
                break;
            case "no facility of the list":
                metadata.FacilityType = new Coding { System = "1.2.250.1.71.4.2.4", Code = "SA999" };
                break;
            case "a sector under another system":
                metadata.FacilityType = new Coding { System = "1.2.3", Code = "SA07" };
                break;
            case "no practice setting of the list":
                metadata.PracticeSetting = new Coding { System = "1.2.250.1.213.1.1.4.9", Code = "MAISON" };
                break;
            case "no confidentiality of the list":
                metadata.Confidentiality = new Coding { System = "2.16.840.1.113883.5.25", Code = "X" };
                break;
            case "no type of the list":
                metadata.Type = new Coding { System = "2.16.840.1.113883.6.1", Code = "0-0" };
                break;
            case "a language and the end of a line":
                metadata.LanguageCode = "fr-FR\n";
                break;
            default:
                metadata.LanguageCode = "français";
                break;
        }
    }
}
