using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>A document on its way in, and back out.</summary>
public sealed class UploadTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(65536)]
    [InlineData(262144)]
    [InlineData(5_000_001)]
    public async Task A_document_comes_back_byte_for_byte(int size)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(size);

        var document = await api.UploadAsync(Given.Intent(record.Id), content);

        Assert.Equal(content, await api.ReadAsync(document));
        Assert.Equal(size, document.Content.SizeBytes);
        Assert.Equal(SHA256.HashData(content), document.Content.Sha256.ToByteArray());
#pragma warning disable CA5350 // XDS metadata carry SHA-1; nothing rests on it.
        Assert.Equal(SHA1.HashData(content), document.Content.Sha1.ToByteArray());
#pragma warning restore CA5350
        Assert.Equal((1, DocumentStatus.Approved, ContentForm.Text), (document.Version, document.Status, document.Content.Form));
        Assert.Equal(document.DocumentId, Assert.Single(await api.SearchIdsAsync(record.Id)));
    }

    [Fact]
    public async Task What_is_stored_says_who_sent_it_and_what_the_producer_said()
    {
        var record = await platform.RecordAsync();
        var intent = Given.Intent(record.Id);
        intent.Metadata.UniqueId = "1.2.250.1.999.1^" + Guid.NewGuid().ToString("N");
        intent.Metadata.Comments = "Été à l'hôpital";

        var document = await platform.As(record.Physician).UploadAsync(intent, Given.Text());

        Assert.Equal(intent.Metadata.UniqueId, document.Metadata.UniqueId);
        Assert.Equal(intent.Metadata.Comments, document.Metadata.Comments);
        Assert.Equal((ActorKind.Professional, record.Physician.Id), (document.Depositor.Kind, document.Depositor.Id));
        Assert.Equal(record.Physician.Id, Assert.Single(document.Metadata.Authors).Person.Id);
        Assert.Equal(7, Guid.Parse(document.DocumentId).Version);
        Assert.NotEmpty(document.Class.Code);
        Assert.NotEmpty(document.Etag);
    }

    [Fact]
    public async Task A_patient_adds_an_own_document_and_an_unauthorised_professional_may_deposit()
    {
        var record = await platform.RecordAsync();
        var patients = await platform.As(record.Patient).UploadAsync(record.Id);
        var stranger = TestProfessional.New();
        var strangers = await platform.As(stranger).UploadAsync(record.Id);

        var seen = await platform.As(record.Patient).SearchIdsAsync(record.Id);
        Assert.Equal([patients.DocumentId, strangers.DocumentId], seen.Order(StringComparer.Ordinal));
        Assert.Equal(ActorKind.Patient, patients.Depositor.Kind);
        Assert.Empty(patients.Depositor.Id);

        // The depositor sees the metadata of what was deposited and nothing else of the record.
        Assert.Equal(strangers.DocumentId, (await platform.As(stranger).Documents.GetDocumentAsync(
            new GetDocumentRequest { RecordId = record.Id, DocumentId = strangers.DocumentId },
            cancellationToken: Token)).Document.DocumentId);
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.DocumentNotFound, async () => await platform.As(stranger).Documents.GetDocumentAsync(
                new GetDocumentRequest { RecordId = record.Id, DocumentId = patients.DocumentId }, cancellationToken: Token));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => platform.As(stranger).SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task Validate_only_checks_everything_and_stores_nothing()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var intent = Given.Intent(record.Id);
        intent.ValidateOnly = true;
        using (var call = api.Documents.UploadDocument(cancellationToken: Token))
        {
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.Empty(call.ResponseStream.Current.Accepted.UploadId);
            Assert.False(await call.ResponseStream.MoveNext(Token));
        }

        intent.Metadata.Title = "";
        await Refusals.FieldsAsync(() => api.UploadAsync(intent, Given.Text()), "metadata.title");
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_repeat_answers_the_first_result_and_another_content_is_an_error()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text();
        var intent = Given.Intent(record.Id);
        var first = await api.UploadAsync(intent, content);

        Assert.Equal(first, await api.UploadAsync(intent, content));

        var announced = intent.Clone();
        announced.ExpectedSha256 = ByteString.CopyFrom(SHA256.HashData(content));
        using (var call = api.Documents.UploadDocument(cancellationToken: Token))
        {
            // Known by its digest: answered before a byte travels.
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = announced });
            Assert.Equal(first, await call.DocumentAsync());
        }

        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.RequestIdReused, () => api.UploadAsync(intent, Given.Text()));
        var otherTitle = intent.Clone();
        otherTitle.Metadata.Title = "Autre";
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.RequestIdReused, () => api.UploadAsync(otherTitle, content));
        Assert.Single(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task Small_uploads_with_one_request_id_at_once_make_one_document()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text();
        var intent = Given.Intent(record.Id);
        var documents = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => api.UploadAsync(intent, content)));
        Assert.All(documents, document => Assert.Equal(documents[0], document));
        Assert.Single(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task Uploads_of_one_caller_at_once_have_each_its_own_answer()
    {
        var (one, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        var api = platform.As(one.Physician);
        await api.DeclareAsync(other.Id);
        var taken = Given.Intent(one.Id);
        taken.Metadata.UniqueId = $"2.25.{Random.Shared.NextInt64()}";
        await api.UploadAsync(taken, Given.Text());

        // Good ones; one request id for two records; a unique id again; a record that there is not.
        var twice = Given.Intent(one.Id);
        var again = Given.Intent(one.Id);
        again.Metadata.UniqueId = taken.Metadata.UniqueId;
        var elsewhere = twice.Clone();
        elsewhere.RecordId = other.Id;
        UploadIntent[] intents =
        [
            .. Enumerable.Range(0, 24).Select(i => Given.Intent(i % 2 == 0 ? one.Id : other.Id)),
            twice, elsewhere, again, Given.Intent(Given.NewId()),
        ];
        var ends = await Task.WhenAll(intents.Select(async (intent, i) =>
        {
            intent.Metadata.Title = $"{i}";
            try
            {
                return (await api.UploadAsync(intent, Given.Text())).Metadata.Title;
            }
            catch (RpcException refusal)
            {
                return Failures.ReasonOf(refusal)!;
            }
        }));

        Assert.Equal(Enumerable.Range(0, 24).Select(i => $"{i}"), ends[..24]);
        Assert.Single(ends[24..26], Refusals.Name(ErrorReason.RequestIdReused));
        Assert.Equal([Refusals.Name(ErrorReason.UniqueIdTaken), Refusals.Name(ErrorReason.RecordAccessDenied)], ends[26..]);
        Assert.Equal(26, (await api.SearchIdsAsync(one.Id)).Count + (await api.SearchIdsAsync(other.Id)).Count);
    }

    [Fact]
    public async Task Two_uploads_with_one_request_id_at_once_make_one_document()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(400_000);
        var intent = Given.Intent(record.Id);
        using var first = api.Documents.UploadDocument(cancellationToken: Token);
        await first.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
        Assert.True(await first.ResponseStream.MoveNext(Token));
        await first.SendAsync(content[..300_000]);
        await first.RequestStream.OfferAsync(
            new UploadDocumentRequest { Chunk = new UploadChunk { WriteOffset = 300_000, Flush = true } });
        Assert.True(await first.ResponseStream.MoveNext(Token));

        await Refusals.RefusedAsync(StatusCode.Aborted, ErrorReason.RequestInProgress, () => api.UploadAsync(intent, content));

        await first.RequestStream.OfferAsync(
            new UploadDocumentRequest
            {
                Chunk = new UploadChunk { WriteOffset = 300_000, Data = ByteString.CopyFrom(content[300_000..]) },
            });
        await first.RequestStream.OfferAsync(Given.Finish(content));
        var document = await first.DocumentAsync();
        Assert.Equal(document, await api.UploadAsync(intent, content));
        Assert.Single(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_unique_id_is_used_once_by_a_depositor()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await api.UploadAsync(record.Id, intent => intent.Metadata.UniqueId = "2.25.1");

        await Refusals.RefusedAsync(
            StatusCode.AlreadyExists,
            ErrorReason.UniqueIdTaken,
            () => api.UploadAsync(record.Id, intent => intent.Metadata.UniqueId = "2.25.1"));
        await platform.As(await platform.ColleagueAsync(record)).UploadAsync(record.Id, intent => intent.Metadata.UniqueId = "2.25.1");
    }

    [Fact]
    public async Task A_replacement_is_the_next_version_and_the_old_one_stays_readable()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var before = Given.Text();
        var after = Given.Text();
        var first = await api.UploadAsync(Given.Intent(record.Id), before);
        var replacement = Given.Intent(record.Id);
        replacement.ReplacesDocumentId = first.DocumentId;
        replacement.Etag = first.Etag;

        var second = await api.UploadAsync(replacement, after);

        Assert.Equal((first.DocumentId, 2), (second.DocumentId, second.Version));
        Assert.NotEqual(first.Etag, second.Etag);
        Assert.Equal(after, await api.ReadAsync(second));
        Assert.Equal(before, await api.ReadAsync(first, request => request.Version = 1));
        Assert.Equal(DocumentStatus.Deprecated, (await api.Documents.GetDocumentAsync(
            new GetDocumentRequest { RecordId = record.Id, DocumentId = first.DocumentId, Version = 1 },
            cancellationToken: Token)).Document.Status);
        Assert.Single(await api.SearchIdsAsync(record.Id));

        var stale = Given.Intent(record.Id);
        stale.ReplacesDocumentId = first.DocumentId;
        stale.Etag = first.Etag;
        await Refusals.RefusedAsync(StatusCode.Aborted, ErrorReason.EtagMismatch, () => api.UploadAsync(stale, Given.Text()));
        var foreign = Given.Intent(record.Id);
        foreign.ReplacesDocumentId = second.DocumentId;
        foreign.Etag = second.Etag;
        var colleague = platform.As(await platform.ColleagueAsync(record));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed, () => colleague.UploadAsync(foreign, Given.Text()));
    }
}
