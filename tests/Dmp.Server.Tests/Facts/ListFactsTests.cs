using System.Security.Cryptography;
using Dmp.Error.V1;
using Dmp.Facts.V1;
using Dmp.Server.Data;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Dmp.Server.Tests.Keys;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Facts;

/// <summary>What documents state, for those for whom the documents exist.</summary>
public sealed class ListFactsTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_document_states_is_listed_soon_after_it_came()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var text = Of(record, Body("PLAVIX 75 mg"));
        var document = await UploadAsync(api, record, text);
        var plain = await api.UploadAsync(record.Id);

        var listed = await ReadAsync(api, record.Id);

        Assert.Equal(
            [(plain.DocumentId, DocumentFactsState.NotStructured), (document.DocumentId, DocumentFactsState.Read)],
            listed.OrderBy(one => one.State == DocumentFactsState.Read).Select(one => (one.DocumentId, one.State)));
        var read = listed.Single(one => one.DocumentId == document.DocumentId);
        Assert.Equal((1, text.Id, document.Metadata.ServiceStartTime), (read.Version, read.UniqueId, read.ServiceStartTime));
        Assert.Equal(
            [Fact.KindOneofCase.Allergy, Fact.KindOneofCase.Problem, Fact.KindOneofCase.Medication],
            read.Facts.Select(fact => fact.KindCase));
        Assert.Equal(("48765-2", "Allergies", 1, 0), (
            read.Facts[0].Source.SectionCode, read.Facts[0].Source.SectionTitle, read.Facts[0].Source.Entry, read.Facts[0].Source.Within));
        Assert.Equal(("Arachide", "Arachide"), (read.Facts[0].Allergy.AgentName, read.Facts[0].Text));
        Assert.Equal(("I10", "Hypertension", "active"), (
            read.Facts[1].Problem.Value.Code, read.Facts[1].Problem.Value.Display, read.Facts[1].Problem.ConcernState));
        Assert.Equal((MedicationRole.Listed, "PLAVIX 75 mg", "63564053"), (
            read.Facts[2].Medication.Role, read.Facts[2].Medication.Name, read.Facts[2].Medication.Codes[0].Code));
        Assert.Empty(read.Unread);
        Assert.Equal("", read.Failure);

        // The patient sees the same, and that it was looked at.
        var patient = platform.As(record.Patient);
        Assert.Equal(listed, await ReadAsync(patient, record.Id));
        var trace = await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        Assert.Contains(
            trace.Events,
            told => told.Method == "dmp.fact.v1.FactService/ListFacts"
                && told.Actor.Id == record.Physician.Id
                && told.Documents.Any(one => one.DocumentId == document.DocumentId));
    }

    /// <summary>
    /// Whether a record changed is asked behind each answer, and a change without a place counts as one: a list right behind an upload must
    /// not be a conflict for as long as the upload waits for its place.
    /// </summary>
    [Fact]
    public async Task A_list_right_behind_a_change_waits_for_nobody_to_give_it_its_place()
    {
        await using var server = await TestServer.StartAsync(platform);
        await server.Services.GetServices<IHostedService>().OfType<ChangeSequencer>().Single().StopAsync(Token);
        var (physician, patient) = (TestProfessional.New(), TestPatient.New());
        var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var opened = await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token);
        await api.DeclareAsync(opened.Record.RecordId);
        var document = await api.UploadAsync(opened.Record.RecordId);
        Assert.Equal(document.DocumentId, Assert.Single(await ListAsync(api, opened.Record.RecordId)).DocumentId);
    }

    [Fact]
    public async Task Kinds_and_times_that_are_not_asked_for_are_left_out()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await UploadAsync(api, record, Of(record, Body("PLAVIX 75 mg")));
        await ReadAsync(api, record.Id);

        var problems = Assert.Single(await ListAsync(api, record.Id, request => request.Kinds.Add(FactKind.Problem)));
        Assert.Equal("I10", Assert.Single(problems.Facts).Problem.Value.Code);
        var devices = Assert.Single(await ListAsync(api, record.Id, request => request.Kinds.Add(FactKind.Device)));
        Assert.Equal((DocumentFactsState.Read, 0), (devices.State, devices.Facts.Count));
        Assert.Empty(await ListAsync(api, record.Id, request => request.ServiceTimeTo = problems.ServiceStartTime));
        await Refusals.FieldsAsync(() => ListAsync(api, record.Id, request => request.Kinds.Add((FactKind)99)), "kinds[0]");
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_and_no_answer_is_too_large()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var entries = string.Concat(Enumerable.Range(0, 1_200).Select(number =>
            $"<entry><observation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"{number}-1\" displayName=\"{Noise(200)}\"/>"
            + "</observation></entry>"));
        List<string> sent = [];
        for (var i = 0; i < 6; i++)
        {
            var large = $"<structuredBody><component><section><title>{i}</title>{entries}</section></component></structuredBody>";
            var text = Of(record, large) with { ActTime = $"<low value=\"2024030{i + 1}080000+0100\"/>" };
            sent.Insert(0, (await UploadAsync(api, record, text)).DocumentId);
        }

        var listed = await ReadAsync(api, record.Id);
        Assert.Equal(sent, listed.Select(one => one.DocumentId));
        Assert.All(listed, one => Assert.Equal(1_200, one.Facts.Count));
        Assert.All(await ListAsync(api, record.Id, request => request.PageSize = 1), one => Assert.Equal(1_200, one.Facts.Count));

        var first = await api.Facts.ListFactsAsync(new() { RecordId = record.Id }, cancellationToken: Token);
        Assert.InRange(first.CalculateSize(), 1, 1024 * 1024 + 1024);
        Assert.InRange(first.Documents.Count, 1, 5);
    }

    [Fact]
    public async Task Hidden_replaced_and_deleted_documents_state_nothing()
    {
        var record = await platform.RecordAsync();
        var (api, patient) = (platform.As(record.Physician), platform.As(record.Patient));
        var text = Of(record, Body("PLAVIX 75 mg"));
        var document = await UploadAsync(api, record, text);
        var other = TestProfessional.New();
        await platform.As(other).DeclareAsync(record.Id);
        Assert.Equal(["PLAVIX 75 mg"], Medicines(await ReadAsync(platform.As(other), record.Id)));

        await api.Documents.MaskDocumentAsync(
            new() { RecordId = record.Id, DocumentId = document.DocumentId, RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.Empty(await ListAsync(platform.As(other), record.Id));
        Assert.Equal(["PLAVIX 75 mg"], Medicines(await ListAsync(patient, record.Id)));

        var newer = Of(record, Body("COUMADINE 5 mg")) with { Replaces = text.Id };
        var replaced = await UploadAsync(api, record, newer);
        Assert.Equal((document.DocumentId, 2), (replaced.DocumentId, replaced.Version));
        Assert.Equal(["COUMADINE 5 mg"], Medicines(await ReadAsync(patient, record.Id)));

        await api.Documents.DeleteDocumentAsync(
            new() { RecordId = record.Id, DocumentId = document.DocumentId, RequestId = Given.NewId() }, cancellationToken: Token);
        Assert.Empty(await ListAsync(patient, record.Id));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.RecordAccessDenied,
            () => ListAsync(platform.As(TestProfessional.New()), record.Id));
    }

    /// <summary>By random masks, rules and archives, seen by several: facts exist where their documents do.</summary>
    [Fact]
    public async Task Facts_exist_for_exactly_those_for_whom_their_documents_exist()
    {
        var record = await platform.RecordAsync();
        var (author, patient) = (platform.As(record.Physician), platform.As(record.Patient));
        List<Document.V1.Document> documents = [];
        for (var i = 0; i < 4; i++)
        {
            documents.Add(await UploadAsync(author, record, Of(record, Body($"Medicine {i}"))));
        }

        var other = TestProfessional.New();
        await platform.As(other).DeclareAsync(record.Id);
        DmpApi[] callers = [author, patient, platform.As(other)];
        await ReadAsync(patient, record.Id);
        var random = new Random(20261130);
        for (var step = 0; step < 12; step++)
        {
            var document = documents[random.Next(documents.Count)].DocumentId;
            try
            {
                switch (random.Next(4))
                {
                    case 0:
                        await patient.Documents.MaskDocumentAsync(
                            new() { RecordId = record.Id, DocumentId = document, RequestId = Given.NewId() }, cancellationToken: Token);
                        break;
                    case 1:
                        await patient.Documents.UnmaskDocumentAsync(
                            new() { RecordId = record.Id, DocumentId = document, RequestId = Given.NewId() }, cancellationToken: Token);
                        break;
                    case 2:
                        await author.Documents.ArchiveDocumentAsync(
                            new() { RecordId = record.Id, DocumentId = document, RequestId = Given.NewId() }, cancellationToken: Token);
                        break;
                    default:
                        await author.Documents.UnarchiveDocumentAsync(
                            new() { RecordId = record.Id, DocumentId = document, RequestId = Given.NewId() }, cancellationToken: Token);
                        break;
                }
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.FailedPrecondition or StatusCode.NotFound)
            {
                // It is so already.
            }

            foreach (var caller in callers)
            {
                var facts = await ListAsync(caller, record.Id);
                Assert.Equal(await caller.SearchIdsAsync(record.Id), facts.Select(one => one.DocumentId));
                Assert.All(facts, one => Assert.Equal(3, one.Facts.Count));
            }
        }
    }

    [Fact]
    public async Task Erased_content_takes_its_facts_with_it()
    {
        await using var server = await TestServer.StartAsync(platform);
        var physician = TestProfessional.New();
        var patient = TestPatient.New();
        var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var opened = await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token);
        var recordId = opened.Record.RecordId;
        await api.DeclareAsync(recordId);
        CdaText text = new() { Patient = patient, Author = physician, Body = Body("PLAVIX 75 mg") };
        await CdaUploadTests.SendAsync(api, CdaUploadTests.Intent(recordId), text.Bytes);
        Assert.Equal(["PLAVIX 75 mg"], Medicines(await ReadAsync(api, recordId)));

        await new KeysCli(platform, server).DestroyAsync(recordId);

        var erased = Assert.Single(await ListAsync(api, recordId));
        Assert.Equal((DocumentFactsState.Erased, 0), (erased.State, erased.Facts.Count));

        // Never read before its key was destroyed: it never will be.
        await server.ExecuteAsync(
            platform,
            """
            update document_facts
            set state = 2, kinds = 0, block = null, facts_id = null, words = null, words_id = null, record_key_id = null, due_time = now()
            """);
        Assert.Equal(DocumentFactsState.Erased, Assert.Single(await ReadAsync(api, recordId)).State);
    }

    [Fact]
    public async Task A_document_made_to_harm_is_stored_and_what_was_not_read_of_it_is_told()
    {
        // A reader of its own: large documents of other tests would be read first.
        await using var server = await TestServer.StartAsync(platform);
        var (record, api) = await server.RecordAsync(platform);
        var many = string.Concat(Enumerable.Repeat(
            "<entry><observation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"1-8\"/></observation></entry>", 60_000));
        var content = Of(
            record, $"<structuredBody><component><section><code code=\"30954-2\"/>{many}</section></component></structuredBody>");
        var document = await UploadAsync(api, record, content);

        var listed = Assert.Single(await ReadAsync(api, record.Id));

        Assert.Equal(5_000, listed.Facts.Count);
        Assert.Equal((UnreadReason.TooMany, 55_000), (Assert.Single(listed.Unread).Reason, listed.Unread[0].Count));
        Assert.Equal(content.Bytes.Length, (await api.ReadAsync(document)).Length);
    }

    /// <summary>What was not read is told whatever is asked for, and what is wrong with one document does not hide the others.</summary>
    [Fact]
    public async Task What_was_not_read_and_what_is_damaged_is_told()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        const string wordsOnly =
            "<structuredBody><component><section><text>Deux transfusions.</text></section></component></structuredBody>";
        var words = await UploadAsync(api, record, Of(record, wordsOnly));
        var damaged = await UploadAsync(api, record, Of(record, Body("PLAVIX 75 mg")));
        var good = await UploadAsync(api, record, Of(record, Body("COUMADINE 5 mg")));
        await ReadAsync(api, record.Id);
        await platform.Server.ExecuteAsync(
            platform,
            "update document_facts set block = set_byte(block, 20, (get_byte(block, 20) + 1) % 256) "
            + $"where document_id = '{damaged.DocumentId}'");

        var listed = (await ListAsync(api, record.Id, request => request.Kinds.Add(FactKind.Device))).ToDictionary(one => one.DocumentId);
        Assert.Equal(UnreadReason.TextOnly, Assert.Single(listed[words.DocumentId].Unread).Reason);

        listed = (await ListAsync(api, record.Id)).ToDictionary(one => one.DocumentId);
        Assert.Equal((DocumentFactsState.Failed, 0), (listed[damaged.DocumentId].State, listed[damaged.DocumentId].Facts.Count));
        Assert.Equal(3, listed[good.DocumentId].Facts.Count);
    }

    /// <summary>Lists of codes as deep as XML allows: no message is made that nobody can read.</summary>
    [Fact]
    public async Task Codes_in_codes_are_read_as_deep_as_a_message_may_be()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var deep = string.Concat(Enumerable.Repeat("<translation code=\"1\">", 100))
            + string.Concat(Enumerable.Repeat("</translation>", 100));
        await UploadAsync(api, record, Of(
            record,
            $"<structuredBody><component><section><entry><observation><code code=\"1\">{deep}</code></observation></entry>"
            + "</section></component></structuredBody>"));
        var listed = Assert.Single(await ReadAsync(api, record.Id));
        Assert.Equal("1", Assert.Single(listed.Facts).Observation.Code.Code);
        Assert.Equal(UnreadReason.TooLarge, Assert.Single(listed.Unread).Reason);
    }

    private static string Noise(int length) => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", length);
}
