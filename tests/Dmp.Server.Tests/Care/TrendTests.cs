using System.Xml.Linq;
using Dmp.Care.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Care;

/// <summary>Values over time, through the wire.</summary>
public sealed class TrendTests(Platform platform)
{
    private const string Creatinine = "2160-0";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_of_several_reports_are_one_series_in_one_unit()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var first = await UploadAsync(api, record, Of(record, LaboratoryText.Body((Creatinine, "10", "mg/L", "20240102080000+0100"))));
        var second = await UploadAsync(api, record, Of(record, LaboratoryText.Body((Creatinine, "97.2", "umol/L", "20240105080000+0100"))));
        await UploadAsync(api, record, Of(record, Body("PLAVIX 75 mg")));
        await ReadAsync(api, record.Id);

        var trend = await AskAsync(api, record.Id, request => request.Plot = true);

        var series = Assert.Single(trend.Series);
        Assert.Equal("umol/L", series.Unit);
        Assert.Equal(["88.40169731", "97.2"], series.Points.Select(point => point.Value));
        Assert.Equal([first.DocumentId, second.DocumentId], series.Points.Select(point => point.Source.DocumentId));
        Assert.Equal(UnitConversion.MolarMass, series.Points[0].Conversion);
        Assert.Equal("svg", XDocument.Parse(series.Svg).Root!.Name.LocalName);
        Assert.Equal("", (await AskAsync(api, record.Id)).Series[0].Svg);

        var patient = platform.As(record.Patient);
        Assert.Equal(trend, await AskAsync(patient, record.Id, request => request.Plot = true));
        var trace = await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        Assert.Contains(trace.Events, one =>
            one.Method == "dmp.care.v1.CareService/GetTrend" && one.Actor.Id == record.Physician.Id && one.Documents.Count == 2);
    }

    [Fact]
    public async Task What_is_hidden_is_no_point()
    {
        var record = await platform.RecordAsync();
        var (author, reader) = (platform.As(record.Physician), platform.As(await platform.ColleagueAsync(record)));
        await UploadAsync(author, record, Of(record, LaboratoryText.Body((Creatinine, "10", "mg/L", "20240102080000+0100"))));
        await ReadAsync(author, record.Id);
        var before = await AskAsync(reader, record.Id, request => request.Plot = true);
        var later = LaboratoryText.Body((Creatinine, "97.2", "umol/L", "20240105080000+0100"));
        var hidden = await UploadAsync(author, record, Of(record, later));
        await ReadAsync(author, record.Id);

        await author.MaskAsync(hidden);

        Assert.Equal(before.ToByteArray(), (await AskAsync(reader, record.Id, request => request.Plot = true)).ToByteArray());
        Assert.Equal(2, (await AskAsync(author, record.Id)).Series.Single().Points.Count);
    }

    [Fact]
    public async Task What_is_asked_is_checked_and_strangers_learn_nothing()
    {
        var record = await platform.RecordAsync();
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => AskAsync(platform.As(TestProfessional.New()), record.Id));
        var api = platform.As(record.Physician);
        await Refusals.FieldsAsync(() => AskAsync(api, "no id"), "record_id");
        await Refusals.FieldsAsync(() => AskAsync(api, record.Id, request => request.Code = null), "code");
        var now = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
        await Refusals.FieldsAsync(() => AskAsync(api, record.Id, request => (request.TimeFrom, request.TimeTo) = (now, now)), "time_to");
        Assert.Empty((await AskAsync(api, record.Id, request => request.Unit = "<script>")).Series);
    }

    private static async Task<Trend> AskAsync(DmpApi api, string recordId, Action<GetTrendRequest>? change = null)
    {
        GetTrendRequest request = new() { RecordId = recordId, Code = new Coding { System = "2.16.840.1.113883.6.1", Code = Creatinine } };
        change?.Invoke(request);
        return (await api.Care.GetTrendAsync(request, cancellationToken: Token)).Trend;
    }
}
