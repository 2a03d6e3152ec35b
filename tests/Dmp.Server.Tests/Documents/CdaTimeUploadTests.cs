using System.Globalization;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Documents.CdaUploadTests;

namespace Dmp.Server.Tests.Documents;

/// <summary>Times of a CDA header, as vendors write them.</summary>
public sealed class CdaTimeUploadTests(Platform platform)
{
    private const string Created = "/ClinicalDocument/effectiveTime/@value";
    private const string Act = "/ClinicalDocument/documentationOf/serviceEvent/effectiveTime";

    [Theory]
    [InlineData("2024-10-15T08:00:00Z", "2024-10-15T08:00:00Z", "as it is meant")]
    [InlineData("2024-10-15T10:00:00+02:00", "2024-10-15T08:00:00Z", "as it is meant")]
    [InlineData("20241015100000+02:00", "2024-10-15T08:00:00Z", "as it is meant")]
    [InlineData("20241015100000+200", "2024-10-15T08:00:00Z", "as it is meant")]
    [InlineData("2024-10-15", "2024-10-15T00:00:00Z", "as it is meant")]
    [InlineData("20241015100000", "2024-10-15T08:00:00Z", "Europe/Paris")]
    [InlineData("202401151000", "2024-01-15T09:00:00Z", "Europe/Paris")]
    [InlineData("20241027023000", "2024-10-27T00:30:00Z", "comes twice")]
    [InlineData("20240331023000", "2024-03-31T01:30:00Z", "never comes")]
    public async Task A_time_is_stored_as_it_is_meant_with_a_warning(string written, string time, string told)
    {
        var record = await platform.RecordAsync();
        var stored = await SendAsync(platform.As(record.Physician), Intent(record.Id), (Text(record) with { Time = written }).Bytes);
        Assert.Equal(At(time), stored.Document.Metadata.CreationTime);
        Assert.All(stored.Warnings, warning => Assert.Equal(Created, warning.Field));
        Assert.Contains(stored.Warnings, warning => warning.Description.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_time_that_is_neither_HL7_nor_local_is_told_twice()
    {
        var record = await platform.RecordAsync();
        var stored = await SendAsync(
            platform.As(record.Physician), Intent(record.Id), (Text(record) with { Time = "2024-10-15 10:00" }).Bytes);
        Assert.Equal(At("2024-10-15T08:00:00Z"), stored.Document.Metadata.CreationTime);
        Assert.Equal([Created, Created], stored.Warnings.Select(warning => warning.Field));
    }

    [Theory]
    [InlineData("20241015100000Z")]
    [InlineData("20241015240000+0200")]
    [InlineData("1618509699169")]
    [InlineData("2024-02-30")]
    [InlineData("")]
    public async Task A_malformed_time_is_told_as_malformed_with_its_place(string written)
    {
        var record = await platform.RecordAsync();
        Assert.Contains(
            $"{Created} cannot be used. The value is malformed",
            await RefusalAsync(record, Text(record) with { Time = written }, "metadata.creation_time"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<low value=\"hier\"/>", "/low/@value")]
    [InlineData("<low value=\"20241015240000\"/><high value=\"20241016\"/>", "/low/@value")]
    [InlineData("<center value=\"1618509699169\"/>", "/center/@value")]
    public async Task A_malformed_begin_of_the_act_is_told_and_no_other_time_taken_for_it(string time, string place)
    {
        var record = await platform.RecordAsync();
        var text = Text(record) with { ActTime = time };
        Assert.Contains(
            $"{Act}{place} cannot be used. The value is malformed", await RefusalAsync(record, text, "metadata.service_start_time"),
            StringComparison.Ordinal);

        // Whoever knows it can say it.
        var intent = Intent(record.Id);
        intent.Metadata = new DocumentMetadata { ServiceStartTime = At("2024-03-01T07:00:00Z") };
        var stored = await SendAsync(platform.As(record.Physician), intent, text.Bytes);
        Assert.Equal(At("2024-03-01T07:00:00Z"), stored.Document.Metadata.ServiceStartTime);
        Assert.Contains(stored.Warnings, warning => warning.Field == Act + place);
    }

    [Theory]
    [InlineData("<low value=\"2024-03-01T08:00:00+01:00\"/><high value=\"2024-03-02\"/>", "2024-03-01T07:00:00Z", "2024-03-02T00:00:00Z")]
    [InlineData("<center value=\"20240301080000+0100\"/>", "2024-03-01T07:00:00Z", null)]
    [InlineData("<low value=\"20240301080000+0100\"/><high value=\"demain\"/>", "2024-03-01T07:00:00Z", null)]
    [InlineData("<low value=\"20240301080000+0100\"/><high value=\"20240301\"/>", "2024-03-01T07:00:00Z", null)]
    public async Task The_act_is_when_it_was_and_what_is_left_out_is_told(string time, string start, string? stop)
    {
        var record = await platform.RecordAsync();
        var stored = await SendAsync(platform.As(record.Physician), Intent(record.Id), (Text(record) with { ActTime = time }).Bytes);
        Assert.Equal(
            (At(start), stop is null ? null : At(stop)),
            (stored.Document.Metadata.ServiceStartTime, stored.Document.Metadata.ServiceStopTime));
        Assert.NotEmpty(stored.Warnings);
        Assert.All(stored.Warnings, warning => Assert.StartsWith(Act, warning.Field, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Absent_is_told_as_absent()
    {
        var record = await platform.RecordAsync();
        var text = Text(record).ToString().Replace("<effectiveTime value=\"20240305113000+0100\"/>", "", StringComparison.Ordinal);
        var told = await RefusalAsync(record, System.Text.Encoding.UTF8.GetBytes(text), "metadata.creation_time");
        Assert.Contains("does not say it at /ClinicalDocument/effectiveTime", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_structure_elsewhere_has_a_clock_of_its_own()
    {
        var physician = TestProfessional.New();
        await using var server = await TestServer.StartAsync(
            platform, $"--Dmp:Upload:StructureTimeZones:{physician.StructureId}=America/Martinique");
        var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var patient = TestPatient.New();
        var opened = await api.Records.OpenRecordAsync(
            Given.OpenRequest(patient), cancellationToken: TestContext.Current.CancellationToken);
        var text = new CdaText { Patient = patient, Author = physician, Time = "20241015100000" };
        var stored = await SendAsync(api, Intent(opened.Record.RecordId), text.Bytes);
        Assert.Equal(At("2024-10-15T14:00:00Z"), stored.Document.Metadata.CreationTime);
        Assert.Contains("America/Martinique", Assert.Single(stored.Warnings).Description, StringComparison.Ordinal);
    }

    private Task<string> RefusalAsync(OpenedRecord record, CdaText text, string field) => RefusalAsync(record, text.Bytes, field);

    private async Task<string> RefusalAsync(OpenedRecord record, byte[] content, string field)
    {
        var status = await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.FieldsInvalid,
            () => SendAsync(platform.As(record.Physician), Intent(record.Id), content));
        var violation = Assert.Single(status.GetDetail<BadRequest>()!.FieldViolations);
        Assert.Equal(field, violation.Field);
        return violation.Description;
    }

    private static Timestamp At(string time) => Timestamp.FromDateTimeOffset(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    private static CdaText Text(OpenedRecord record) => new() { Patient = record.Patient, Author = record.Physician };
}
