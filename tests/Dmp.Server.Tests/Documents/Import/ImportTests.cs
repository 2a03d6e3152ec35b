using System.Security.Cryptography;
using Dmp.Audit.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>Many documents over one call, each with a result of its own.</summary>
public sealed class ImportTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_inside_of_documents_and_whom_they_name_is_checked_in_an_import_too()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var text = new CdaText { Patient = record.Patient, Author = record.Physician };
        var program = (text with { Body = "<nonXMLBody><text representation=\"B64\">TVqQAAMAAAAEAAAA//8AALgA</text></nonXMLBody>" }).Bytes;
        var nobody = (text with { Role = "<patient/>" }).Bytes;
        var unsigned = (text with { Authors = "" }).Bytes;
        var stated = Given.Intent(record.Id);
        stated.StatedPatient = new StatedPatient { FamilyNames = { "AUTRE" } };

        var results = await Importing.AllAsync(
            api,
            [
                (CdaUploadTests.Intent(record.Id), program), (CdaUploadTests.Intent(record.Id), nobody),
                (CdaUploadTests.Intent(record.Id), unsigned), (stated, Given.Text()),
            ]);

        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.ContentNotAccepted, results[0]);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.CdaPatientMismatch, results[1]);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, results[2]);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.PatientMismatch, results[3]);
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task Documents_of_several_records_come_in_and_out_again()
    {
        var records = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => platform.RecordAsync()));
        var structure = platform.AsStructure(TestProfessional.NewStructureId());
        var sent = Enumerable.Range(0, 150).Select(i => records[i % records.Length])
            .Select(record => (Record: record, Text: new CdaText { Patient = record.Patient, Author = record.Physician })).ToList();

        var results = await Importing.AllAsync(structure, sent.Select(item => (Cda(item.Record), item.Text.Bytes)));

        Assert.All(results, result => Assert.Equal(ImportResult.OutcomeOneofCase.Document, result.OutcomeCase));
        foreach (var (item, result) in sent.Zip(results).Take(20))
        {
            var document = result.Document;
            Assert.Equal(
                (item.Record.Id, item.Text.Id, "11490-0"), (document.RecordId, document.Metadata.UniqueId, document.Metadata.Type.Code));
            var reader = platform.As(item.Record.Physician);
            Assert.Equal(item.Text.Bytes, await reader.ReadAsync(document));
            Assert.Equal(
                document, (await reader.Documents.GetDocumentAsync(
                    new() { RecordId = item.Record.Id, DocumentId = document.DocumentId }, cancellationToken: Token)).Document);
            Assert.Equal("metadata.authors", Assert.Single(result.Warnings).Field);
        }

        Assert.Equal(150, results.Select(result => result.Document.DocumentId).Distinct().Count());
    }

    [Fact]
    public async Task Bad_documents_are_refused_beside_good_ones_as_an_upload_is()
    {
        var (record, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        var api = platform.As(record.Physician);
        await platform.As(other.Patient).Consents.BlockActorAsync(
            new() { RecordId = other.Id, Actor = record.Physician.Actor, RequestId = Given.NewId() }, cancellationToken: Token);
        var taken = await api.UploadAsync(record.Id);
        var (blocked, fields, digest, patient, unique, media, empty, large, gone) = (
            Given.Intent(other.Id), Given.Intent(record.Id), Given.Intent(record.Id), Cda(record), Given.Intent(record.Id),
            Given.Intent(record.Id, "application/pdf"), Given.Intent(record.Id), Given.Intent(record.Id), Given.Intent(Given.NewId()));
        fields.Metadata.Title = "";
        digest.ExpectedSha256 = ByteString.CopyFrom(SHA256.HashData([1]));
        unique.Metadata.UniqueId = taken.Metadata.UniqueId;
        var stranger = new CdaText { Patient = TestPatient.New(), Author = record.Physician }.Bytes;
        (UploadIntent, byte[])[] all =
        [
            (Given.Intent(record.Id), Given.Text()), (blocked, Given.Text()), (fields, Given.Text()), (digest, Given.Text()),
            (patient, stranger),
            (unique, Given.Text()), (media, Given.Text()), (empty, []), (large, Given.Text(300_000)), (gone, Given.Text()),
            (Given.Intent(record.Id), Given.Text()),
        ];

        var results = await Importing.AllAsync(api, all);

        Assert.Equal(
            (results[0].Document.DocumentId, results[10].Document.DocumentId),
            await TwoAsync(api, record, taken.DocumentId, results[0].Document.DocumentId));
        Importing.Refused(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, results[1]);
        var status = Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, results[2]);
        Assert.Equal("metadata.title", Assert.Single(status.GetDetail<BadRequest>().FieldViolations).Field);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.DigestMismatch, results[3]);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.CdaPatientMismatch, results[4]);
        Importing.Refused(StatusCode.AlreadyExists, ErrorReason.UniqueIdTaken, results[5]);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.MediaTypeMismatch, results[6]);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.DocumentEmpty, results[7]);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, results[8]);
        Assert.Equal(
            results[1].Error.Message, Importing.Refused(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, results[9]).Message);
    }

    [Fact]
    public async Task A_request_id_is_one_upload_through_either_method()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        (UploadIntent Intent, byte[] Content)[] batch = [.. Enumerable.Range(0, 30).Select(_ => (Given.Intent(record.Id), Given.Text()))];
        var uploaded = await api.UploadAsync(batch[3].Intent, batch[3].Content);

        var first = await Importing.AllAsync(api, batch);
        var second = await Importing.AllAsync(api, batch);

        Assert.Equal(uploaded, first[3].Document);
        Assert.Equal(first.Select(result => result.Document), second.Select(result => result.Document));
        Assert.Equal(first[7].Document, await api.UploadAsync(batch[7].Intent, batch[7].Content));
        Assert.Equal(30, (await api.SearchIdsAsync(record.Id, request => request.PageSize = 200)).Count);
        var status = await api.Documents.GetUploadStatusAsync(
            new() { RecordId = record.Id, RequestId = batch[9].Intent.RequestId }, cancellationToken: Token);
        Assert.Equal(first[9].Document, status.Document);
        Importing.Refused(
            StatusCode.InvalidArgument, ErrorReason.RequestIdReused,
            Assert.Single(await Importing.AllAsync(api, (batch[0].Intent, Given.Text()))));
    }

    [Fact]
    public async Task Two_of_one_request_id_or_unique_id_in_one_batch_make_one_document()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (twice, content) = (Given.Intent(record.Id), Given.Text());
        var (one, other) = (Given.Intent(record.Id), Given.Intent(record.Id));
        one.Metadata.UniqueId = other.Metadata.UniqueId = "2.25.77";

        var results = await Importing.AllAsync(api, (twice, content), (one, Given.Text()), (twice, content), (other, Given.Text()));

        Assert.Equal(results[0].Document, results[2].Document);
        Assert.NotNull(results[0].Document);
        var refused = Assert.Single(new[] { results[1], results[3] }, result => result.Error is not null);
        Importing.Refused(StatusCode.AlreadyExists, ErrorReason.UniqueIdTaken, refused);
        Assert.Equal(2, (await api.SearchIdsAsync(record.Id)).Count);
    }

    [Fact]
    public async Task A_document_is_replaced_once_with_one_etag_and_by_headers_one_after_the_other()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var parent = await api.UploadAsync(record.Id);
        var (one, other) = (Given.Intent(record.Id), Given.Intent(record.Id));
        foreach (var intent in new[] { one, other })
        {
            (intent.ReplacesDocumentId, intent.Etag) = (parent.DocumentId, parent.Etag);
        }

        var results = await Importing.AllAsync(api, (one, Given.Text()), (other, Given.Text()));

        var refused = Assert.Single(results, result => result.Error is not null);
        Importing.Refused(StatusCode.Aborted, ErrorReason.EtagMismatch, refused);
        var replacement = Assert.Single(results, result => result.Document is not null).Document;
        Assert.Equal((parent.DocumentId, 2, "2"), (replacement.DocumentId, replacement.Version, replacement.Etag.Trim('"')));
        var read = await api.Documents.GetDocumentAsync(
            new() { RecordId = record.Id, DocumentId = parent.DocumentId }, cancellationToken: Token);
        Assert.Equal(replacement, read.Document);

        // A letter and its correction in one night: the second finds the first.
        var letter = new CdaText { Patient = record.Patient, Author = record.Physician };
        var correction = letter with { Id = letter.Id + ".2", Replaces = letter.Id };
        var first = Assert.Single(await Importing.AllAsync(api, (Cda(record), letter.Bytes)));
        var second = Assert.Single(await Importing.AllAsync(api, (Cda(record), correction.Bytes)));
        Assert.Equal((first.Document.DocumentId, 2), (second.Document.DocumentId, second.Document.Version));
    }

    [Fact]
    public async Task Each_document_is_an_event_of_its_own_record_and_a_refusal_too()
    {
        var (record, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        var api = platform.As(record.Physician);
        var results = await Importing.AllAsync(
            api,
            (Given.Intent(record.Id), Given.Text()), (Given.Intent(other.Id), Given.Text()),
            (Given.Intent(record.Id, "application/pdf"), Given.Text()));

        var events = (await EventsAsync(record)).FindAll(IsImport);
        Assert.Equal([AuditOutcome.Allowed, AuditOutcome.Failed], events.Select(e => e.Outcome).Order());
        var added = events.Single(e => e.Outcome == AuditOutcome.Allowed);
        Assert.Equal(
            (results[0].Document.DocumentId, 1, record.Physician.Id),
            (added.Documents[0].DocumentId, added.Documents[0].Version, added.Actor.Id));
        Assert.Equal(results[0].Document.Content.Sha256, added.Documents[0].Sha256);
        Assert.Equal("MEDIA_TYPE_MISMATCH", events.Single(e => e.Outcome == AuditOutcome.Failed).Reason);
        Assert.Equal(results[1].Document.DocumentId, Assert.Single((await EventsAsync(other)).FindAll(IsImport)).Documents[0].DocumentId);
    }

    [Fact]
    public async Task What_came_by_an_import_is_hidden_fed_and_told_like_any_upload()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (hidden, masked) = (Given.Intent(record.Id), Given.Intent(record.Id));
        hidden.VisibilityCodes.Add(VisibilityCode.HiddenFromPatient);
        masked.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals);

        var results = await Importing.AllAsync(api, (hidden, Given.Text()), (masked, Given.Text()));

        Assert.NotNull(results[0].Document.PatientVisibleTime);
        Assert.Equal([results[1].Document.DocumentId], await platform.As(record.Patient).SearchIdsAsync(record.Id));
        var colleague = await platform.ColleagueAsync(record);
        Assert.Equal([results[0].Document.DocumentId], await platform.As(colleague).SearchIdsAsync(record.Id));
        var stranger = Given.Intent(record.Id);
        (stranger.ReplacesDocumentId, stranger.Etag) = (results[1].Document.DocumentId, "\"1\"");
        var absent = stranger.Clone();
        (absent.ReplacesDocumentId, absent.RequestId) = (Given.NewId(), Given.NewId());
        var refused = await Importing.AllAsync(platform.As(colleague), (stranger, Given.Text()), (absent, Given.Text()));
        Assert.Equal(
            Importing.Refused(StatusCode.NotFound, ErrorReason.DocumentNotFound, refused[0]).Message,
            Importing.Refused(StatusCode.NotFound, ErrorReason.DocumentNotFound, refused[1]).Message);
        Assert.Equal(
            2,
            await platform.Server.QueryAsync<long>(
                platform, $"select count(*) from {Given.Changes} where kind = 'DOCUMENT_CREATED' and record_id = '{record.Id}'"));
    }

    [Fact]
    public async Task The_patient_is_told_of_each_document_of_an_import()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        var record = await notices.RecordAsync();
        var results = await Importing.AllAsync(
            notices.As(record.Physician), Enumerable.Range(0, 12).Select(_ => (Given.Intent(record.Id), Given.Text())));
        Assert.All(results, result => Assert.NotNull(result.Document));
        await notices.SettleAsync();
        var told = await NoticePlatform.ListAsync(notices.As(record.Patient), record.Id);
        Assert.Equal(12, told.Count(notice => notice.Kind == Notice.V1.NoticeKind.NewDocument));
    }

    [Fact]
    public async Task Validate_only_looks_into_the_content_and_stores_nothing()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (good, bad) = (Cda(record), Cda(record));
        good.ValidateOnly = bad.ValidateOnly = true;
        var results = await Importing.AllAsync(
            api,
            (good, new CdaText { Patient = record.Patient, Author = record.Physician }.Bytes),
            (bad, new CdaText { Patient = TestPatient.New(), Author = record.Physician }.Bytes));
        Assert.Equal(ImportResult.OutcomeOneofCase.None, results[0].OutcomeCase);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.CdaPatientMismatch, results[1]);
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task What_other_systems_call_a_document_and_its_patient_is_kept()
    {
        var record = await platform.RecordAsync();
        var (good, bad) = (Cda(record), Given.Intent(record.Id));
        good.Metadata = new DocumentMetadata
        {
            SourcePatientId = new LocalIdentifier { Value = "IPP-12345", System = "1.2.250.1.999.1" },
            References = { new Reference { Id = new LocalIdentifier { Value = "A-77" }, Kind = "urn:ihe:iti:xds:2013:accession" } },
            EntryUuid = $"urn:uuid:{Given.NewId()}",
        };
        bad.Metadata.EntryUuid = "Document01";
        bad.Metadata.References.Add(new Reference { Id = new LocalIdentifier { Value = new string('x', 129) }, Kind = "k" });
        var results = await Importing.AllAsync(
            platform.As(record.Physician), (good, new CdaText { Patient = record.Patient, Author = record.Physician }.Bytes),
            (bad, Given.Text()));
        var kept = results[0].Document.Metadata;
        Assert.Equal((good.Metadata.SourcePatientId, good.Metadata.EntryUuid), (kept.SourcePatientId, kept.EntryUuid));
        Assert.Equal(good.Metadata.References, kept.References);
        var status = Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, results[1]);
        Assert.Equal(
            ["metadata.entry_uuid", "metadata.references[0].id.value"],
            status.GetDetail<BadRequest>().FieldViolations.Select(violation => violation.Field).Order());
    }

    private static UploadIntent Cda(OpenedRecord record) => new() { RecordId = record.Id, RequestId = Given.NewId() };

    private static bool IsImport(AuditEvent e) => e.Method.EndsWith("/ImportDocuments", StringComparison.Ordinal);

    private static async Task<(string, string)> TwoAsync(DmpApi api, OpenedRecord record, string old, string first)
    {
        var ids = await api.SearchIdsAsync(record.Id);
        Assert.Equal(3, ids.Count);
        Assert.Contains(old, ids);
        return (Assert.Single(ids, id => id == first), Assert.Single(ids, id => id != first && id != old));
    }

    private async Task<List<AuditEvent>> EventsAsync(OpenedRecord record) =>
        [.. (await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new() { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token)).Events];
}
