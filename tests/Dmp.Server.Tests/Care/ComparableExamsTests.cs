using System.Diagnostics.Metrics;
using Dmp.Care.V1;
using Dmp.Error.V1;
using Dmp.Server.Care;
using Dmp.Server.Startup;
using Dmp.Server.Options;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Care;

/// <summary>What was examined before, through the wire.</summary>
public sealed class ComparableExamsTests(Platform platform)
{
    private const string Loinc = "2.16.840.1.113883.6.1";
    private const string Tsh = "3016-3";

    /// <summary>The documents of the tests are of January 2024.</summary>
    private static readonly Timestamp at = Timestamp.FromDateTimeOffset(new DateTimeOffset(2024, 2, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_result_is_found_with_its_document_and_the_trace_names_it()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var report = await UploadAsync(api, record, Of(record, LaboratoryText.Body(("3016-3", "2.05", "m[IU]/L", "20240105080000+0100"))));
        await UploadAsync(api, record, Of(record, Body("PLAVIX 75 mg")));
        await api.UploadAsync(record.Id);
        await ReadAsync(api, record.Id);

        var answer = await AskAsync(api, record.Id, request => request.Window = Duration.FromTimeSpan(TimeSpan.FromDays(28)));

        var exam = Assert.Single(answer.Exams);
        Assert.Equal((ExamMatch.SameCode, report.DocumentId, 26, "2.05"), (
            exam.Match, exam.Source.DocumentId, exam.AgeDays, exam.Results[0].Values[0].Quantity.Low.Value));
        Assert.Equal([0], exam.Windows);
        Assert.Equal((2, 1), (answer.Documents.Read, answer.Documents.NotStructured));

        // The patient sees the same, and which document was told.
        var patient = platform.As(record.Patient);
        Assert.Equal(
            answer, await AskAsync(patient, record.Id, request => request.Window = Duration.FromTimeSpan(TimeSpan.FromDays(28))));
        var trace = await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        var told = Assert.Single(trace.Events, one =>
            one.Method == "dmp.care.v1.CareService/FindComparableExams" && one.Actor.Id == record.Physician.Id);
        Assert.Equal(report.DocumentId, Assert.Single(told.Documents).DocumentId);
    }

    [Fact]
    public async Task What_is_hidden_is_no_earlier_result()
    {
        var record = await platform.RecordAsync();
        var (author, reader) = (platform.As(record.Physician), platform.As(await platform.ColleagueAsync(record)));
        await UploadAsync(author, record, Of(record, LaboratoryText.Body((Tsh, "2.05", "m[IU]/L", "20240105080000+0100"))));
        await ReadAsync(author, record.Id);
        var before = await AskAsync(reader, record.Id);
        var hidden = await UploadAsync(author, record, Of(record, LaboratoryText.Body((Tsh, "9", "m[IU]/L", "20240110080000+0100"))));
        await ReadAsync(author, record.Id);
        Assert.Equal(2, (await AskAsync(reader, record.Id)).Exams.Count);

        await author.MaskAsync(hidden);

        Assert.Equal(before.ToByteArray(), (await AskAsync(reader, record.Id)).ToByteArray());
        Assert.Equal(2, (await AskAsync(platform.As(record.Patient), record.Id)).Exams.Count);
    }

    [Fact]
    public async Task A_title_is_found_where_nothing_is_stated()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await api.UploadAsync(record.Id, intent =>
        {
            intent.Metadata.Type = new Coding { System = Loinc, Code = "11502-2" };
            intent.Metadata.Title = "Bilan thyroïdien";
            (intent.Metadata.CreationTime, intent.Metadata.ServiceStartTime) = (at, at);
        });

        var exam = Assert.Single((await AskAsync(api, record.Id, request => request.TitleWords.Add("bilan thyroidien"))).Exams);

        Assert.Equal((ExamMatch.NotStructured, "Bilan thyroïdien"), (exam.Match, exam.Title));
        Assert.Empty((await AskAsync(api, record.Id)).Exams);
    }

    [Fact]
    public async Task A_report_in_words_alone_is_found_by_its_title_though_it_was_read()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var text = Of(record, """
            <structuredBody><component><section><code code="30954-2"/><title>Résultats</title>
            <text>TSH 2,05 mUI/L</text></section></component></structuredBody>
            """) with
        {
            TypeCode = "11502-2",
            Title = "Bilan thyroïdien",
            ActTime = "<low value=\"20240105080000+0100\"/>",
        };
        var report = await UploadAsync(api, record, text);
        await ReadAsync(api, record.Id);

        var answer = await AskAsync(api, record.Id, request => request.TitleWords.Add("bilan thyroidien"));

        var exam = Assert.Single(answer.Exams);
        Assert.Equal((ExamMatch.NotStructured, report.DocumentId), (exam.Match, exam.Source.DocumentId));
        Assert.Equal((1, 0), (answer.Documents.Read, answer.Documents.NotStructured));
    }

    [Fact]
    public async Task A_panel_is_what_a_list_in_force_says()
    {
        await using var server = await TestServer.StartAsync(platform);
        await SandboxCodes.AddAsync(platform.Databases.AdminOf(server.Database), Token);
        var (record, api) = await server.RecordAsync(platform);
        await UploadAsync(api, record, Of(record, LaboratoryText.Body((Tsh, "2.05", "m[IU]/L", "20240105080000+0100"))));
        await ReadAsync(api, record.Id);
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.CodeListNotFound, () => AskAsync(api, record.Id, request => request.MembersListOid = "1.2.3"));

        var lists = await api.Codes.ListCodeListsAsync(new(), cancellationToken: Token);
        var list = lists.Lists.Single(one => one.Oid == Loinc);
        var concepts = await api.Codes.ListConceptsAsync(new() { ListOid = Loinc, PageSize = 200 }, cancellationToken: Token);
        var answer = await AskAsync(api, record.Id, request => (request.Code.Code, request.MembersListOid) = ("panel", Loinc));

        Assert.Equal(list, answer.MembersList);
        var wanted = concepts.Concepts.Select(concept => concept.Code).Where(code => code != Tsh).ToList();
        Assert.Equal(concepts.Concepts.Count, wanted.Count + 1);
        Assert.Equal(wanted, Assert.Single(answer.Exams).Missing.Select(member => member.Code));
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
        await Refusals.FieldsAsync(() => AskAsync(api, record.Id, request => request.Window = new Duration()), "window");
        await Refusals.FieldsAsync(() => AskAsync(api, record.Id, request => request.Window = new Duration { Seconds = -5 }), "window");
        await Refusals.FieldsAsync(() => AskAsync(api, record.Id, request => request.Side = (BodySide)9), "side");
    }

    [Fact]
    public void Nothing_is_shown_of_less_than_ten_records()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using ExamCounts counts = new(services.GetRequiredService<IMeterFactory>());
        Dictionary<string, long> shown = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Meter.Name == ExamCounts.MeterName)
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => shown[$"{instrument.Name} {tags[0].Value}"] = value);
        listener.Start();
        ComparableExams existed = new() { Exams = { new ComparableExam() } };
        Coding code = new() { System = Loinc, Code = Tsh };
        var again = Guid.CreateVersion7();
        for (var i = 0; i < 20; i++)
        {
            counts.Asked("software", code, again, existed);
        }

        for (var i = 0; i < ExamCounts.RecordsMin - 2; i++)
        {
            counts.Asked("software", code, Guid.CreateVersion7(), new ComparableExams());
        }

        listener.RecordObservableInstruments();
        Assert.DoesNotContain(shown.Keys, key => key.EndsWith("software", StringComparison.Ordinal));

        counts.Asked("software", code, Guid.CreateVersion7(), existed);
        listener.RecordObservableInstruments();
        Assert.Equal(29, shown["dmp.care.exams.asked software"]);
        Assert.DoesNotContain("dmp.care.exams.existed software", shown.Keys);
    }

    [Fact]
    public void A_faulty_table_stops_the_start_with_its_line()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# invented\n1.2\tcode\tsoon\td\t\tsource\t\tlicence\n");
            Assert.StartsWith(
                "Dmp:Care:RetestingIntervals: line 2 of",
                CareOptionsRules.Fault(new CareOptions { RetestingIntervals = file })!,
                StringComparison.Ordinal);
            Assert.Contains(
                "Dmp:Care:NeverReplaced",
                CareOptionsRules.Fault(new CareOptions { NeverReplaced = "/nowhere/never.tsv" })!,
                StringComparison.Ordinal);
            File.WriteAllText(file, "1.2\tcode\twhy\tinvented\n");
            Assert.Null(CareOptionsRules.Fault(new CareOptions { NeverReplaced = file }));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<ComparableExams> AskAsync(
        DmpApi api, string recordId, Action<FindComparableExamsRequest>? change = null)
    {
        FindComparableExamsRequest request = new() { RecordId = recordId, At = at, Code = new Coding { System = Loinc, Code = Tsh } };
        change?.Invoke(request);
        return (await api.Care.FindComparableExamsAsync(request, cancellationToken: Token)).Exams;
    }
}
