using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Documents.CdaUploadTests;

namespace Dmp.Server.Tests.Documents;

/// <summary>Whom the header of a CDA document names, when it says no national identity.</summary>
public sealed class CdaPatientTests(Platform platform)
{
    private const string Names = "<family qualifier=\"BR\">ESSAI</family><given>ANNE LOUISE</given>";

    [Theory]
    [InlineData(Names)]
    [InlineData("<given>Anne</given><family>Essai</family>")]
    [InlineData("<family qualifier=\"CL\">DURAND</family><family qualifier=\"BR\">essai</family><given qualifier=\"BR\">ANNE</given>"
        + "<given qualifier=\"CL\">ZOE</given>")]
    [InlineData("Essai Anne")]
    [InlineData("Mme Anne ESSAI")]
    public async Task Without_an_INS_birth_name_given_name_and_day_of_birth_are_enough(string name)
    {
        var record = await platform.RecordAsync();
        var stored = await SendAsync(platform.As(record.Physician), Intent(record.Id), Text(record, Role(name, Birth(record))).Bytes);
        Assert.Equal("/ClinicalDocument/recordTarget/patientRole/id", Assert.Single(stored.Warnings).Field);
        Assert.Contains("no INS", stored.Warnings[0].Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Names, null)]
    [InlineData(Names, "1931")]
    [InlineData(Names, "19310101")]
    [InlineData(Names, "hier")]
    [InlineData("<family>ESSAI</family>", "own")]
    [InlineData("<given>ANNE</given>", "own")]
    [InlineData("<family>ESSAI</family><given>CLAIRE</given>", "own")]
    [InlineData("<family>AUTRE</family><given>ANNE</given>", "own")]
    [InlineData("<family>AUTRE</family><given>CLAIRE</given>", "own")]
    [InlineData("<family qualifier=\"BR\">AUTRE</family><family qualifier=\"CL\">ESSAI</family><given>ANNE</given>", "own")]
    [InlineData("<family nullFlavor=\"UNK\">ESSAI</family><given>ANNE</given>", "own")]
    [InlineData("<family>ESSAI</family><given>ANNELISE</given>", "own")]
    [InlineData("AUTRE CLAIRE", "own")]
    [InlineData("ESSAI CLAIRE", "own")]
    [InlineData("Essai Anne", null)]
    [InlineData("", "own")]
    [InlineData("", null)]
    public async Task Without_an_INS_whoever_is_not_named_wholly_is_another_person(string name, string? birth)
    {
        var record = await platform.RecordAsync();
        await RefusedAsync(record, Text(record, Role(name, birth == "own" ? Birth(record) : birth)));
    }

    [Fact]
    public async Task A_header_that_names_nobody_at_all_is_refused()
    {
        var record = await platform.RecordAsync();
        await RefusedAsync(record, Text(record, "<id nullFlavor=\"UNK\"/>"));
        await RefusedAsync(record, Text(record, "<id root=\"1.2.250.1.999.7\" extension=\"IPP-1\"/>"));
        var text = Text(record, "").ToString();
        var from = text.IndexOf("<recordTarget>", StringComparison.Ordinal);
        var to = text.IndexOf("</recordTarget>", StringComparison.Ordinal) + "</recordTarget>".Length;
        await RefusedAsync(record, System.Text.Encoding.UTF8.GetBytes(text.Remove(from, to - from)));
    }

    [Fact]
    public async Task Under_the_right_INS_a_wholly_other_person_is_refused_and_a_partly_other_one_is_told()
    {
        var record = await platform.RecordAsync();
        var ins = $"<id root=\"{TestPatient.InsSystem}\" extension=\"{record.Patient.Number}\"/>";
        await RefusedAsync(record, Text(record, ins + Role("<family>AUTRE</family><given>CLAIRE</given>", "19310101")));
        var stored = await SendAsync(
            platform.As(record.Physician), Intent(record.Id),
            Text(record, ins + Role("<family>AUTRE</family><given>CLAIRE</given>", Birth(record))).Bytes);
        Assert.Equal(["family", "given"], stored.Warnings.Select(warning => warning.Field[(warning.Field.LastIndexOf('/') + 1)..]));
    }

    [Theory]
    [InlineData("28/03/1979", true)]
    [InlineData("197903280000Z", true)]
    [InlineData("19310101", false)]
    public async Task A_day_of_birth_that_cannot_be_read_is_told_as_such(string birth, bool isTold)
    {
        var record = await platform.RecordAsync();
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.CdaPatientMismatch,
            () => SendAsync(platform.As(record.Physician), Intent(record.Id), Text(record, Role(Names, birth)).Bytes));
        var told = status.GetDetail<Google.Rpc.ErrorInfo>()!.Metadata;
        Assert.Equal(
            isTold ? "/ClinicalDocument/recordTarget/patientRole/patient/birthTime/@value" : null, told.GetValueOrDefault("place"));
        Assert.Equal(isTold, told.GetValueOrDefault("description", "").Contains("malformed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_day_of_birth_is_the_one_that_is_written_however_it_is()
    {
        var record = await platform.RecordAsync();
        foreach (var birth in (string[])[record.Patient.Traits.BirthDate, Birth(record) + "000000+0200", Birth(record) + "0030"])
        {
            var stored = await SendAsync(platform.As(record.Physician), Intent(record.Id), Text(record, Role(Names, birth)).Bytes);
            Assert.DoesNotContain(stored.Warnings, warning => warning.Description.Contains("Europe/Paris", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_right_person_twice_is_refused_as_two()
    {
        var record = await platform.RecordAsync();
        var role = Role(Names, Birth(record));
        await RefusedAsync(record, Text(record, role) with { More = $"<recordTarget><patientRole>{role}</patientRole></recordTarget>" });
    }

    private async Task RefusedAsync(OpenedRecord record, CdaText text) => await RefusedAsync(record, text.Bytes);

    private async Task RefusedAsync(OpenedRecord record, byte[] content)
    {
        var api = platform.As(record.Physician);
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.CdaPatientMismatch, () => SendAsync(api, Intent(record.Id), content));
        Assert.DoesNotContain("AUTRE", status.ToString(), StringComparison.Ordinal);
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    private static CdaText Text(OpenedRecord record, string role) =>
        new() { Patient = record.Patient, Author = record.Physician, Role = role };

    private static string Role(string name, string? birth) =>
        $"<patient>{(name.Length > 0 ? $"<name>{name}</name>" : "")}{(birth is null ? "" : $"<birthTime value=\"{birth}\"/>")}</patient>";

    private static string Birth(OpenedRecord record) => record.Patient.Traits.BirthDate.Replace("-", "", StringComparison.Ordinal);
}
