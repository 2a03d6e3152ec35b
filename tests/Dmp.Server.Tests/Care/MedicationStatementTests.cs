using Dmp.Care.V1;
using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Server.Options;
using Dmp.Emergency.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Care;

/// <summary>A record's treatments, through the wire.</summary>
public sealed class MedicationStatementTests(Platform platform)
{
    private const string Plavix = "63564053";
    private const string Coumadine = "63245753";
    private const string Keppra = "68596770";

    /// <summary>The documents of the tests are of 2024.</summary>
    private static readonly Timestamp at = Timestamp.FromDateTimeOffset(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_is_put_together_for_those_who_may_read_it()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var both = Treatments(Entry("PLAVIX 75 mg", Plavix), Entry("COUMADINE 5 mg", Coumadine));
        var first = await UploadAsync(api, record, Of(record, both));
        var second = await UploadAsync(api, record, Of(record, Treatments(Entry("PLAVIX 75 mg", Plavix))));
        await api.UploadAsync(record.Id);
        await ReadAsync(api, record.Id);

        var answer = await GetAsync(api, record.Id);

        var statement = answer.Statement;
        Assert.Equal(["clopidogrel", "warfarine"], statement.Lines.Select(line => line.Name));
        Assert.Equal(["antiplatelet", "vka"], statement.Lines.Select(line => line.DangerousGroup));
        Assert.Equal(
            new[] { first.DocumentId, second.DocumentId }.Order(StringComparer.Ordinal),
            statement.Lines[0].Sources.Select(source => source.Source.DocumentId).Order(StringComparer.Ordinal));
        var source = statement.Lines[1].Sources[0];
        Assert.Equal((1, first.Metadata.UniqueId, MedicationRole.Listed, "COUMADINE 5 mg", record.Physician.Id, false), (
            source.Source.Version,
            source.Source.UniqueId,
            source.Role,
            source.ProductText,
            source.Source.AuthorId,
            source.Source.ByPatient));
        Assert.Equal((2, 1, 0, false), (
            statement.Documents.Read, statement.Documents.NotStructured, statement.Documents.Waiting, statement.Documents.MoreDocuments));
        Assert.Equal((at, "sandbox"), (statement.At, statement.MedicinesDatabase.Name));
        Assert.Equal(at.ToDateTimeOffset().AddYears(-3), answer.StatedFrom.ToDateTimeOffset());

        // The patient sees the same, and which documents were read for it.
        var patient = platform.As(record.Patient);
        Assert.Equal(answer, await GetAsync(patient, record.Id));
        var trace = await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        Assert.Contains(
            trace.Events,
            told => told.Method == "dmp.care.v1.CareService/GetMedicationStatement"
                && told.Actor.Id == record.Physician.Id
                && told.Documents.Count == 2);
    }

    [Fact]
    public async Task A_stranger_learns_nothing_and_an_emergency_opens_the_record()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        await UploadAsync(author, record, Of(record, Treatments(Entry("PLAVIX", Plavix))));
        await ReadAsync(author, record.Id);

        var stranger = platform.As(TestProfessional.New());
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => GetAsync(stranger, record.Id));
        var helper = platform.As(TestProfessional.New());
        await helper.Emergencies.OpenEmergencyAccessAsync(
            new()
            {
                RecordId = record.Id,
                Mode = EmergencyMode.BreakGlass,
                Reason = "Patient inconscient, détresse respiratoire",
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        Assert.Equal("clopidogrel", Assert.Single((await GetAsync(helper, record.Id)).Statement.Lines).Name);

        await platform.As(record.Patient).BlockAsync(record.Id, record.Physician.Actor);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => GetAsync(author, record.Id));
    }

    [Fact]
    public async Task A_masked_document_is_an_absent_one()
    {
        var record = await platform.RecordAsync();
        var (author, reader) = (platform.As(record.Physician), platform.As(await platform.ColleagueAsync(record)));
        await UploadAsync(author, record, Of(record, Treatments(Entry("PLAVIX", Plavix))));
        await ReadAsync(author, record.Id);
        var before = await GetAsync(reader, record.Id);

        // It says another dose, a stop and another medicine: of all of it nothing may be left.
        var hidden = await UploadAsync(author, record, Of(record, Treatments(
            Entry("PLAVIX", Plavix, state: "aborted"), Entry("COUMADINE", Coumadine), Entry("Aucun traitement en cours", ""))));
        await ReadAsync(author, record.Id);
        var seen = await GetAsync(reader, record.Id);
        Assert.NotEqual(before, seen);

        await author.MaskAsync(hidden);

        Assert.Equal(before.ToByteArray(), (await GetAsync(reader, record.Id)).ToByteArray());
        Assert.NotEqual(before, await GetAsync(platform.As(record.Patient), record.Id));
    }

    [Fact]
    public async Task Deleted_and_replaced_documents_leave_nothing()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await UploadAsync(api, record, Of(record, Treatments(Entry("PLAVIX", Plavix))));
        await ReadAsync(api, record.Id);
        var before = await GetAsync(api, record.Id);
        var text = Of(record, Treatments(Entry("COUMADINE", Coumadine)));
        var document = await UploadAsync(api, record, text);
        await ReadAsync(api, record.Id);
        Assert.Equal(["clopidogrel", "warfarine"], await NamesAsync());

        await UploadAsync(api, record, Of(record, Treatments(Entry("KEPPRA", Keppra))) with { Replaces = text.Id });
        await ReadAsync(api, record.Id);
        Assert.Equal(["clopidogrel", "lévétiracétam"], await NamesAsync());

        await api.DeleteAsync(document);
        Assert.Equal(before.ToByteArray(), (await GetAsync(api, record.Id)).ToByteArray());

        async Task<IEnumerable<string>> NamesAsync() => (await GetAsync(api, record.Id)).Statement.Lines.Select(line => line.Name).Order();
    }

    [Fact]
    public async Task It_is_made_for_a_moment_and_for_the_documents_asked()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await UploadAsync(api, record, Of(record, Treatments(
            Entry("KEPPRA", Keppra, period: ("20240101", "20240930")), Entry("PLAVIX", Plavix, period: ("20240101", "20991231")))));
        await ReadAsync(api, record.Id);

        async Task<IEnumerable<(string, TreatmentStatus)>> LinesAsync(DateTimeOffset moment, bool isWhole) =>
            (await GetAsync(api, record.Id, Timestamp.FromDateTimeOffset(moment), isWhole)).Statement.Lines
                .Select(line => (line.Name, line.Status));
        DateTimeOffset Day(int year, int month, int day) => new(year, month, day, 0, 0, 0, TimeSpan.Zero);

        Assert.Contains(("lévétiracétam", TreatmentStatus.Running), await LinesAsync(Day(2024, 9, 15), false));
        Assert.Contains(("lévétiracétam", TreatmentStatus.Ended), await LinesAsync(Day(2024, 10, 15), false));
        Assert.DoesNotContain(await LinesAsync(Day(2025, 3, 1), false), line => line.Item1 == "lévétiracétam");
        Assert.Contains(("lévétiracétam", TreatmentStatus.Ended), await LinesAsync(Day(2025, 3, 1), true));

        // An end of 2099 is no end that anybody knows.
        var plavix = (await GetAsync(api, record.Id)).Statement.Lines.Single(line => line.Name == "clopidogrel");
        Assert.Equal(TreatmentStatus.EndUnknown, plavix.Status);
        Assert.Contains(TreatmentNote.DateInvalid, plavix.Notes);

        var none = await api.Care.GetMedicationStatementAsync(
            new() { RecordId = record.Id, At = at, StatedFrom = Timestamp.FromDateTimeOffset(Day(2024, 12, 31)) },
            cancellationToken: Token);
        Assert.Empty(none.Statement.Lines);
        Assert.Equal(0, none.Statement.Documents.Read);
    }

    [Fact]
    public async Task What_is_asked_is_checked()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await Refusals.FieldsAsync(() => GetAsync(api, "no id"), "record_id");
        await Refusals.FieldsAsync(
            () => GetAsync(api, record.Id, Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddYears(2))), "at");
        await Refusals.FieldsAsync(() => GetAsync(api, record.Id, new Timestamp { Seconds = -9_000_000_000 }), "at");
        await Refusals.FieldsAsync(
            async () => await api.Care.GetMedicationStatementAsync(
                new()
                {
                    RecordId = record.Id,
                    At = at,
                    StatedFrom = Timestamp.FromDateTimeOffset(at.ToDateTimeOffset().AddDays(1)),
                },
                cancellationToken: Token),
            "stated_from");
    }

    [Fact]
    public void A_table_of_dangerous_medicines_that_is_missing_or_faulty_is_told_at_the_start()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# ours\nvka\tAntivitamine K\tVitamin K antagonist\tB01AA\twarfarine\t\tours\t\n");
            Assert.Null(CareOptionsRules.Fault(new CareOptions { DangerousMedicines = file }));
            File.AppendAllText(file, "insulin\tInsuline\n");
            var fault = CareOptionsRules.Fault(new CareOptions { DangerousMedicines = file });
            Assert.StartsWith("Dmp:Care:DangerousMedicines: ", fault, StringComparison.Ordinal);
            Assert.Contains("line 3: 2 columns", fault, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Contains("not find", CareOptionsRules.Fault(new CareOptions { DangerousMedicines = file }), StringComparison.Ordinal);
        Assert.Null(CareOptionsRules.Fault(new CareOptions()));
    }

    private static string Treatments(params string[] entries) =>
        $"""
        <structuredBody><component><section><code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/><title>Traitements</title>
        <text>Voir.</text>{string.Concat(entries)}</section></component></structuredBody>
        """;

    private static string Entry(string name, string cis, (string Low, string High)? period = null, string? state = null)
    {
        var code = cis.Length > 0 ? $"""<code code="{cis}" codeSystem="1.2.250.1.213.2.3.1"/>""" : "";
        var time = period is { } given
            ? $"""
              <effectiveTime xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="IVL_TS">
              <low value="{given.Low}"/><high value="{given.High}"/></effectiveTime>
              """
            : "";
        return $"""
            <entry><substanceAdministration classCode="SBADM" moodCode="EVN">
            {(state is null ? "" : $"<statusCode code=\"{state}\"/>")}{time}
            <consumable><manufacturedProduct><manufacturedMaterial>{code}<name>{name}</name></manufacturedMaterial>
            </manufacturedProduct></consumable></substanceAdministration></entry>
            """;
    }

    private static async Task<GetMedicationStatementResponse> GetAsync(
        DmpApi api, string recordId, Timestamp? moment = null, bool isWhole = false) =>
        await api.Care.GetMedicationStatementAsync(
            new() { RecordId = recordId, At = moment ?? at, IncludeEnded = isWhole }, cancellationToken: Token);
}
