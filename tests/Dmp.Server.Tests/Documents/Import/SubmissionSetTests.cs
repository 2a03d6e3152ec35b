using System.Text;
using Dmp.Audit.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>A submission set is stored with all of its documents, or nothing of it is.</summary>
public sealed class SubmissionSetTests(Platform platform)
{
    private static readonly byte[] signature =
        Encoding.UTF8.GetBytes("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo/></ds:Signature>");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_set_is_stored_with_its_documents_and_read_as_it_was_sent()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var documents = Documents(record, 3);
        var intent = Described(documents);

        var (set, results) = await Importing.SetAsync(api, intent, documents);

        var stored = set.SubmissionSet;
        Assert.Equal((record.Id, intent.Metadata, intent.Signature), (stored.RecordId, stored.Metadata, stored.Signature));
        Assert.Equal(record.Physician.Id, stored.Depositor.Id);
        Assert.Equal(
            results.Select(result => (result.Document.DocumentId, 1, result.Document.Metadata.UniqueId)),
            stored.Members.Select(member => (member.DocumentId, member.Version, member.UniqueId)));
        Assert.All(results, result => Assert.Equal(stored.SubmissionSetId, result.Document.SubmissionSetId));
        var read = await GetAsync(api, record, stored.SubmissionSetId);
        Assert.Equal((stored.Metadata, stored.Signature, stored.Depositor), (read.Metadata, read.Signature, read.Depositor));
        Assert.Equal(stored.Members.OrderBy(member => member.DocumentId, StringComparer.Ordinal), read.Members);
        foreach (var result in results)
        {
            var document = await api.Documents.GetDocumentAsync(
                new() { RecordId = record.Id, DocumentId = result.Document.DocumentId }, cancellationToken: Token);
            Assert.Equal(result.Document, document.Document);
        }

        Assert.Equal(read, Assert.Single(await ListAsync(platform.As(record.Patient), record)));
        Assert.Equal("", (await api.UploadAsync(record.Id)).SubmissionSetId);
    }

    [Fact]
    public async Task Defaults_are_filled_in()
    {
        var record = await platform.RecordAsync();
        var documents = Documents(record, 1);
        var (set, _) = await Importing.SetAsync(
            platform.As(record.Physician), Importing.SetOf(documents.Select(one => one.Intent)), documents);
        var metadata = set.SubmissionSet.Metadata;
        Assert.StartsWith("urn:uuid:", metadata.UniqueId, StringComparison.Ordinal);
        Assert.InRange(
            metadata.SubmissionTime.ToDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.Empty(metadata.Authors);
        Assert.True(set.SubmissionSet.Signature.IsEmpty);
    }

    [Fact]
    public async Task One_document_that_is_refused_takes_the_whole_set_along_and_nothing_else()
    {
        Action<UploadIntent>[] faults =
        [
            intent => intent.Metadata.Title = "",
            intent => intent.Metadata.MediaType = "application/pdf",
            intent => intent.Metadata.UniqueId = "2.25.1",
            intent => intent.ExpectedSha256 = ByteString.CopyFrom(new byte[32]),
        ];
        ErrorReason[] reasons =
            [ErrorReason.FieldsInvalid, ErrorReason.MediaTypeMismatch, ErrorReason.UniqueIdTaken, ErrorReason.DigestMismatch];
        foreach (var (fault, reason) in faults.Zip(reasons))
        {
            var record = await platform.RecordAsync();
            var api = platform.As(record.Physician);
            var taken = await api.UploadAsync(record.Id, intent => intent.Metadata.UniqueId = "2.25.1");
            var documents = Documents(record, 3);
            fault(documents[1].Intent);
            var alone = Given.Intent(record.Id);
            using var import = new Importing(api);
            var set = await import.SetAsync(Described(documents));
            var items = new List<long>();
            foreach (var (intent, content) in documents)
            {
                items.Add(await import.SendAsync(intent, content));
            }

            var other = await import.SendAsync(alone, Given.Text());
            await import.EndAsync();

            Assert.Equal(Refusals.Name(reason), import.Results[items[1]].Error.GetDetail<ErrorInfo>().Reason);
            foreach (var refused in new[] { set, items[0], items[2] })
            {
                var status = Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, import.Results[refused]);
                Assert.Equal(documents[1].Intent.RequestId, status.GetDetail<ErrorInfo>().Metadata["request_ids"]);
            }

            string[] stored = [taken.DocumentId, import.Results[other].Document.DocumentId];
            Assert.Equal(stored.Order(), (await api.SearchIdsAsync(record.Id)).Order());
            Assert.Empty(await ListAsync(api, record));

            // What was refused with the set is no memory: corrected, it goes in with the same ids.
            documents[1] = (Given.Intent(record.Id), documents[1].Content);
            var (again, results) = await Importing.SetAsync(api, Described(documents), documents);
            Assert.Equal(3, again.SubmissionSet.Members.Count);
            Assert.Equal(
                stored.Concat(results.Select(result => result.Document.DocumentId)).Order(), (await api.SearchIdsAsync(record.Id)).Order());
        }
    }

    [Fact]
    public async Task A_repeat_answers_the_set_and_each_document_as_they_were()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var documents = Documents(record, 3);
        var intent = Described(documents);
        var (set, results) = await Importing.SetAsync(api, intent, documents);

        var (again, repeated) = await Importing.SetAsync(api, intent, documents.AsEnumerable().Reverse());

        Assert.Equal(set.SubmissionSet, again.SubmissionSet);
        Assert.Equal(results.Select(result => result.Document), repeated.AsEnumerable().Reverse().Select(result => result.Document));
        Assert.Equal(results[1].Document, await api.UploadAsync(documents[1].Intent, documents[1].Content));
        Assert.Equal(3, (await api.SearchIdsAsync(record.Id)).Count);
        Assert.Single(await ListAsync(api, record));

        // The same id for another set, or for another document of it.
        var other = intent.Clone();
        other.Metadata.Title = "Autre";
        var (reused, _) = await Importing.SetAsync(api, other, documents);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.RequestIdReused, reused);
        var (changed, parts) = await Importing.SetAsync(api, intent, documents[0], (documents[1].Intent, Given.Text()), documents[2]);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, changed);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.RequestIdReused, parts[1]);
        Assert.Equal(3, (await api.SearchIdsAsync(record.Id)).Count);
    }

    [Fact]
    public async Task A_document_that_is_there_already_is_not_taken_into_a_set()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var documents = Documents(record, 2);
        var first = await api.UploadAsync(documents[0].Intent, documents[0].Content);

        var (set, results) = await Importing.SetAsync(api, Described(documents), documents);

        Importing.Refused(StatusCode.AlreadyExists, ErrorReason.SubmissionSetDocumentKnown, results[0]);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, results[1]);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, set);
        Assert.Equal([first.DocumentId], await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task Of_two_documents_with_one_unique_id_or_one_document_to_replace_nothing_is_stored()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var parent = await api.UploadAsync(record.Id);
        var documents = Documents(record, 2);
        documents[0].Intent.Metadata.UniqueId = documents[1].Intent.Metadata.UniqueId = "2.25.4711";
        var (set, results) = await Importing.SetAsync(api, Described(documents), documents);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, set);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, results[0]);
        Importing.Refused(StatusCode.AlreadyExists, ErrorReason.UniqueIdTaken, results[1]);

        documents = Documents(record, 2);
        foreach (var (intent, _) in documents)
        {
            (intent.ReplacesDocumentId, intent.Etag) = (parent.DocumentId, parent.Etag);
        }

        (set, results) = await Importing.SetAsync(api, Described(documents), documents);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, set);
        Importing.Refused(StatusCode.Aborted, ErrorReason.EtagMismatch, results[1]);
        Assert.Equal([parent.DocumentId], await api.SearchIdsAsync(record.Id));

        // And of two sets.
        documents = Documents(record, 1);
        Assert.NotNull((await Importing.SetAsync(api, Described(documents, "2.25.4712"), documents)).Set.SubmissionSet);
        documents = Documents(record, 1);
        Importing.Refused(
            StatusCode.AlreadyExists, ErrorReason.UniqueIdTaken,
            (await Importing.SetAsync(api, Described(documents, "2.25.4712"), documents)).Set);
        Assert.Equal(2, (await api.SearchIdsAsync(record.Id)).Count);
    }

    [Fact]
    public async Task A_document_of_a_set_replaces_one_of_the_record()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var documents = Documents(record, 2);
        var (first, results) = await Importing.SetAsync(api, Described(documents), documents);
        var parent = results[0].Document;
        var letter = new CdaText { Patient = record.Patient, Author = record.Physician };
        var old = await api.UploadAsync(new UploadIntent { RecordId = record.Id, RequestId = Given.NewId() }, letter.Bytes);
        var (plain, cda) = (Given.Intent(record.Id), new UploadIntent { RecordId = record.Id, RequestId = Given.NewId() });
        (plain.ReplacesDocumentId, plain.Etag) = (parent.DocumentId, parent.Etag);
        (UploadIntent, byte[])[] replacing =
            [(plain, Given.Text()), (cda, (letter with { Id = letter.Id + ".2", Replaces = letter.Id }).Bytes)];

        var (second, replaced) = await Importing.SetAsync(api, Importing.SetOf(plain, cda), replacing);

        Assert.Equal([(parent.DocumentId, 2), (old.DocumentId, 2)], second.SubmissionSet.Members.Select(
            member => (member.DocumentId, member.Version)));
        Assert.Equal(second.SubmissionSet.SubmissionSetId, replaced[0].Document.SubmissionSetId);

        // The first set still has the version that came with it.
        var before = await GetAsync(api, record, first.SubmissionSet.SubmissionSetId);
        Assert.Contains(before.Members, member => (member.DocumentId, member.Version) == (parent.DocumentId, 1));
        var versionOne = await api.Documents.GetDocumentAsync(
            new() { RecordId = record.Id, DocumentId = parent.DocumentId, Version = 1 }, cancellationToken: Token);
        Assert.Equal(first.SubmissionSet.SubmissionSetId, versionOne.Document.SubmissionSetId);
    }

    [Fact]
    public async Task Validate_only_checks_the_whole_set_and_stores_nothing()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var documents = Documents(record, 2);
        documents.ForEach(one => one.Intent.ValidateOnly = true);
        var intent = Described(documents);
        intent.ValidateOnly = true;
        var (set, results) = await Importing.SetAsync(api, intent, documents);
        Assert.Equal(ImportResult.OutcomeOneofCase.None, set.OutcomeCase);
        Assert.All(results, result => Assert.Equal(ImportResult.OutcomeOneofCase.None, result.OutcomeCase));

        documents[1].Intent.Metadata.UniqueId = documents[0].Intent.Metadata.UniqueId = "2.25.9";
        (set, results) = await Importing.SetAsync(api, intent, documents);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, set);
        Importing.Refused(StatusCode.AlreadyExists, ErrorReason.UniqueIdTaken, results[1]);

        documents[1].Intent.ValidateOnly = false;
        (_, results) = await Importing.SetAsync(api, intent, documents);
        var status = Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, results[1]);
        Assert.Equal("validate_only", Assert.Single(status.GetDetail<BadRequest>().FieldViolations).Field);
        Assert.Empty(await api.SearchIdsAsync(record.Id));
        Assert.Empty(await ListAsync(api, record));
    }

    [Fact]
    public async Task All_faults_of_a_set_are_told_at_once_and_none_of_its_documents_slips_in()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var documents = Documents(record, 2);
        var intent = Described(documents);
        intent.DocumentRequestIds.Add(intent.RequestId);
        intent.Signature = ByteString.CopyFromUtf8("<!DOCTYPE x><x/>");
        intent.Metadata.SourceId = "urn:oid:1.2";
        intent.Metadata.Title = new string('x', 257);
        intent.Metadata.ContentType.Code = "does-not-exist";
        intent.Metadata.SubmissionTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(3));
        intent.Metadata.EntryUuid = "SubmissionSet01";

        var (set, results) = await Importing.SetAsync(api, intent, documents);

        var status = Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, set);
        Assert.Equal(
            [
                "document_request_ids[2]", "metadata.content_type", "metadata.entry_uuid", "metadata.source_id", "metadata.submission_time",
                "metadata.title", "signature",
            ],
            status.GetDetail<BadRequest>().FieldViolations.Select(violation => violation.Field).Order(StringComparer.Ordinal));
        Assert.All(results, result => Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, result));
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_document_of_another_record_is_none_of_the_set()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var other = await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token);
        var documents = Documents(record, 2);
        documents[1].Intent.RecordId = other.Record.RecordId;
        var (set, results) = await Importing.SetAsync(api, Described(documents), documents);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, set);
        var status = Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, results[1]);
        Assert.Equal("record_id", Assert.Single(status.GetDetail<BadRequest>().FieldViolations).Field);
    }

    [Fact]
    public async Task A_set_is_an_event_of_the_trace_beside_those_of_its_documents()
    {
        var record = await platform.RecordAsync();
        var documents = Documents(record, 2);
        var intent = Described(documents);
        var (set, results) = await Importing.SetAsync(platform.As(record.Physician), intent, documents);
        var events = await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new() { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token);
        var imports = events.Events.Where(e => e.Method.EndsWith("/ImportDocuments", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, imports.Count);
        Assert.All(imports, e => Assert.Equal(AuditOutcome.Allowed, e.Outcome));
        var whole = Assert.Single(imports, e => e.Documents.Count == 2);
        Assert.Equal(
            results.Select(result => (result.Document.DocumentId, result.Document.Content.Sha256))
                .OrderBy(one => one.DocumentId, StringComparer.Ordinal),
            whole.Documents.Select(document => (document.DocumentId, document.Sha256))
                .OrderBy(one => one.DocumentId, StringComparer.Ordinal));

        await GetAsync(platform.As(record.Physician), record, set.SubmissionSet.SubmissionSetId);
        events = await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new() { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token);
        var read = Assert.Single(events.Events, e => e.Method.EndsWith("/GetSubmissionSet", StringComparison.Ordinal));
        Assert.Equal(2, read.Documents.Count);
    }

    internal static SubmissionSetIntent Described(IEnumerable<(UploadIntent Intent, byte[] Content)> documents, string? uniqueId = null)
    {
        var intent = Importing.SetOf(documents.Select(one => one.Intent));
        intent.Signature = ByteString.CopyFrom(signature);
        intent.Metadata = new SubmissionSetMetadata
        {
            UniqueId = uniqueId ?? $"urn:uuid:{Given.NewId()}",
            SourceId = "1.2.250.1.999.1.7",
            Title = "Hospitalisation du 3 mai",
            Comments = "Compte rendu et imagerie",
            ContentType = new Coding { System = "1.2.250.1.213.2.2", Code = "04", Display = "Hospitalisation de jour" },
            Authors = { new Author { Institution = new Institution { Name = "CHU D'ESSAI", Id = "1750000001" } } },
            SubmissionTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero)),
            EntryUuid = $"urn:uuid:{Given.NewId()}",
        };
        return intent;
    }

    internal static List<(UploadIntent Intent, byte[] Content)> Documents(OpenedRecord record, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (Given.Intent(record.Id), Given.Text()))];

    internal static async Task<SubmissionSet> GetAsync(DmpApi api, OpenedRecord record, string setId) =>
        (await api.Documents.GetSubmissionSetAsync(
            new() { RecordId = record.Id, SubmissionSetId = setId }, cancellationToken: Token)).SubmissionSet;

    internal static async Task<List<SubmissionSet>> ListAsync(DmpApi api, OpenedRecord record) =>
        [.. (await api.Documents.ListSubmissionSetsAsync(new() { RecordId = record.Id }, cancellationToken: Token)).SubmissionSets];
}
