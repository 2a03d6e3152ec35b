using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Interactions;

/// <summary>What a record's documents state, checked beside what somebody means to prescribe.</summary>
public sealed class CheckRecordInteractionsTests(Platform platform)
{
    /// <summary>The documents of the tests are of 2024.</summary>
    private static readonly Timestamp longAgo = Timestamp.FromDateTimeOffset(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_proposed_medicine_meets_one_that_a_document_states()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var first = await UploadAsync(api, record, Of(record, Body("PLAVIX 75 mg")));
        var second = await UploadAsync(api, record, Of(record, Body("PLAVIX 75 mg, comprimé")));
        await api.UploadAsync(record.Id);
        await ReadAsync(api, record.Id);

        var answer = await CheckAsync(api, record.Id, new Medicine { ProductCode = CheckInteractionsTests.Coumadine });

        // Two documents state one product: it is one medicine with two sources.
        Assert.Equal(
            ["COUMADINE 5 mg, comprimé sécable", "PLAVIX 75 mg, comprimé pelliculé"], answer.Report.Medicines.Select(one => one.Name));
        Assert.Empty(answer.Report.Medicines[0].Statements);
        var statements = answer.Report.Medicines[1].Statements;
        Assert.Equal(
            new[] { first.DocumentId, second.DocumentId }.Order(StringComparer.Ordinal),
            statements.Select(one => one.DocumentId).Order(StringComparer.Ordinal));
        var statement = statements.Single(one => one.DocumentId == first.DocumentId);
        Assert.Equal((1, first.Metadata.UniqueId, "PLAVIX 75 mg", MedicationRole.Listed, record.Physician.Id), (
            statement.Version, statement.UniqueId, statement.ProductText, statement.Role, statement.AuthorId));
        Assert.Equal(first.Metadata.ServiceStartTime, statement.ServiceStartTime);
        Assert.Equal(first.Metadata.Type.Code, statement.DocumentType.Code);
        Assert.NotEqual("", statement.AuthorName);
        var rule = Assert.Single(answer.Report.Rules);
        Assert.Equal(InteractionLevel.TakeIntoAccount, Assert.Single(rule.Severities).Level);
        Assert.Equal((2, 1, 0, false), (
            answer.Documents.Read, answer.Documents.NotStructured, answer.Documents.Waiting, answer.Documents.MoreDocuments));

        // The patient sees the same, and that it was asked.
        var patient = platform.As(record.Patient);
        var seen = await CheckAsync(patient, record.Id, new Medicine { ProductCode = CheckInteractionsTests.Coumadine });
        Assert.Equal(answer.Report, seen.Report);
        var trace = await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        Assert.Contains(
            trace.Events,
            told => told.Method == "dmp.interaction.v1.InteractionService/CheckRecordInteractions"
                && told.Actor.Id == record.Physician.Id
                && told.Documents.Count == 2);
    }

    [Fact]
    public async Task A_CDA_and_a_FHIR_document_state_one_medicine_together()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var letter = await UploadAsync(api, record, Of(record, Body("PLAVIX 75 mg")));
        FhirText text = new() { Patient = record.Patient, Author = record.Physician };
        var summary = (await CdaUploadTests.SendAsync(api, CdaUploadTests.Intent(record.Id), text.Xml)).Document;
        await ReadAsync(api, record.Id);

        var answer = await CheckAsync(api, record.Id, new Medicine { ProductCode = CheckInteractionsTests.Coumadine });

        Assert.Equal(
            ["COUMADINE 5 mg, comprimé sécable", "PLAVIX 75 mg, comprimé pelliculé"], answer.Report.Medicines.Select(one => one.Name));
        Assert.Equal(
            new[] { letter.DocumentId, summary.DocumentId }.Order(StringComparer.Ordinal),
            answer.Report.Medicines[1].Statements.Select(one => one.DocumentId).Order(StringComparer.Ordinal));
        Assert.Single(answer.Report.Rules);
    }

    [Fact]
    public async Task A_hidden_document_is_an_absent_one()
    {
        var record = await platform.RecordAsync();
        var (author, reader) = (platform.As(record.Physician), platform.As(await platform.ColleagueAsync(record)));
        await UploadAsync(author, record, Of(record, Body("PLAVIX 75 mg")));
        await ReadAsync(author, record.Id);
        var before = await CheckAsync(reader, record.Id);
        var hidden = await UploadAsync(author, record, Of(record, Coded("COUMADINE", CheckInteractionsTests.Coumadine)));
        await ReadAsync(author, record.Id);
        Assert.Single((await CheckAsync(reader, record.Id)).Report.Pairs);

        await author.MaskAsync(hidden);

        var after = await CheckAsync(reader, record.Id);
        Assert.Equal(before, after);
        Assert.Single((await CheckAsync(platform.As(record.Patient), record.Id)).Report.Pairs);
        await platform.As(record.Patient).BlockAsync(record.Id, record.Physician.Actor);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => CheckAsync(author, record.Id));
    }

    [Fact]
    public async Task What_does_not_count_as_taken_is_left_out_and_counted()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var body = Section(
            "10160-0",
            Entry("PLAVIX", "63564053", period: ("20200101", "20200301")),
            Entry("ELIQUIS", "61902218", period: ("20200101", "2099")),
            Entry("KARDEGIC", "64755969", negation: true),
            Entry("PREVISCAN", "68133651", state: "aborted"),
            Entry("ZOCOR", "67037301", subject: true),
            Entry("Un produit sans code", ""));
        var given = Section("18610-6", Entry("CORDARONE", "64408662", period: ("20240301", "20240302")));
        var suspected = Section("44939-7", Entry("CLAMOXYL", "67707794"));
        await UploadAsync(api, record, Of(record, $"<structuredBody>{body}{given}{suspected}</structuredBody>"));
        await ReadAsync(api, record.Id);

        var answer = await CheckAsync(api, record.Id);

        Assert.Equal(["ELIQUIS 5 mg, comprimé pelliculé", ""], answer.Report.Medicines.Select(one => one.Name));
        Assert.Equal("Un produit sans code", answer.Report.Medicines[1].Medicine.SubstanceName);
        Assert.Equal(CheckOutcome.UnknownSubstance, answer.Report.Medicines[1].Outcome);
        Assert.Equal(("20200101", "2099"), (
            answer.Report.Medicines[0].Statements[0].PeriodLow, answer.Report.Medicines[0].Statements[0].PeriodHigh));
        Assert.Equal(
            [
                (LeftOutReason.Ended, 1), (LeftOutReason.AdministeredBefore, 1), (LeftOutReason.NotTaken, 2),
                (LeftOutReason.OfAnotherPerson, 1), (LeftOutReason.Implicated, 1),
            ],
            answer.LeftOut.Select(one => (one.Reason, one.Count)));
    }

    [Fact]
    public async Task Documents_of_before_are_not_asked_and_too_many_medicines_are_told()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var body = Section("10160-0", [.. Enumerable.Range(0, 130).Select(number => Entry($"Produit {number}", ""))]);
        await UploadAsync(api, record, Of(record, $"<structuredBody>{body}</structuredBody>"));
        await ReadAsync(api, record.Id);

        var answer = await CheckAsync(api, record.Id, new Medicine { SubstanceName = "warfarine" });
        Assert.Equal(101, answer.Report.Medicines.Count);
        Assert.Equal(101 * 100 / 2, answer.Report.Pairs.Count);
        Assert.Equal((LeftOutReason.TooMany, 30), (answer.LeftOut.Single().Reason, answer.LeftOut.Single().Count));

        var later = await api.Interactions.CheckRecordInteractionsAsync(
            new CheckRecordInteractionsRequest { RecordId = record.Id }, cancellationToken: Token);
        Assert.Empty(later.Report.Medicines);
        Assert.Equal(0, later.Documents.Read);
        Assert.Equal(DateTimeOffset.UtcNow.AddYears(-1).Year, later.StatedFrom.ToDateTimeOffset().Year);
    }

    [Fact]
    public async Task One_medicine_that_is_stated_again_and_again_is_told_twenty_times()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var body = Section("10160-0", [.. Enumerable.Range(0, 25).Select(_ => Entry("PLAVIX", "63564053"))]);
        var cut = Of(record, $"<structuredBody>{body}</structuredBody>");
        await UploadAsync(api, record, cut);
        await ReadAsync(api, record.Id);
        var medicine = Assert.Single((await CheckAsync(api, record.Id)).Report.Medicines);
        Assert.Equal((20, 5), (medicine.Statements.Count, medicine.MoreStatements));
        Assert.Equal(Enumerable.Range(1, 20), medicine.Statements.Select(statement => statement.Entry));
    }

    [Fact]
    public async Task What_is_asked_is_checked_and_strangers_learn_nothing()
    {
        var record = await platform.RecordAsync();
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => CheckAsync(platform.As(TestProfessional.New()), record.Id));
        await Refusals.FieldsAsync(() => CheckAsync(platform.As(record.Physician), "no id"), "record_id");
        await Refusals.FieldsAsync(
            () => CheckAsync(platform.As(record.Physician), record.Id, new Medicine { ProductCode = "12345" }), "proposed[0].product_code");
    }

    private static string Coded(string name, string cis) => $"<structuredBody>{Section("10160-0", Entry(name, cis))}</structuredBody>";

    private static string Section(string code, params string[] entries) =>
        $"""
        <component><section><code code="{code}" codeSystem="2.16.840.1.113883.6.1"/><title>Traitements</title><text>Voir.</text>
        {string.Concat(entries)}</section></component>
        """;

    private static string Entry(
        string name,
        string cis,
        (string Low, string High)? period = null,
        bool negation = false,
        string? state = null,
        bool subject = false)
    {
        const string Child = """
            <subject><relatedSubject><code code="CHILD" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject></subject>
            """;
        var code = cis.Length > 0 ? $"""<code code="{cis}" codeSystem="1.2.250.1.213.2.3.1"/>""" : "";
        var time = period is { } given
            ? $"""
              <effectiveTime xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="IVL_TS">
              <low value="{given.Low}"/><high value="{given.High}"/></effectiveTime>
              """
            : "";
        return $"""
            <entry><substanceAdministration classCode="SBADM" moodCode="EVN"{(negation ? " negationInd=\"true\"" : "")}>
            {(state is null ? "" : $"<statusCode code=\"{state}\"/>")}{time}
            {(subject ? Child : "")}
            <consumable><manufacturedProduct><manufacturedMaterial>{code}<name>{name}</name></manufacturedMaterial>
            </manufacturedProduct></consumable>
            </substanceAdministration></entry>
            """;
    }

    private static async Task<CheckRecordInteractionsResponse> CheckAsync(DmpApi api, string recordId, params Medicine[] proposed) =>
        await api.Interactions.CheckRecordInteractionsAsync(
            new CheckRecordInteractionsRequest { RecordId = recordId, Proposed = { proposed }, StatedFrom = longAgo },
            cancellationToken: Token);
}
