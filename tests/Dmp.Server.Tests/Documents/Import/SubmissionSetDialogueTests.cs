using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>The dialogue of an import with submission sets: pieces, breaks, the window, and what ends the call.</summary>
public sealed class SubmissionSetDialogueTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_of_a_set_is_answered_or_seen_before_its_last_document_is_whole()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (small, large, content) = (Given.Intent(record.Id), Given.Intent(record.Id), Given.Text(600_000));
        using var import = new Importing(api);
        var set = await import.SetAsync(Importing.SetOf(small, large));
        var first = await import.SendAsync(small, Given.Text());
        var second = await import.BeginAsync(large);
        await import.ChunkAsync(second, 0, content[..250_000]);
        await import.ChunkAsync(second, 250_000, content[250_000..500_000]);

        // One outside of the set, sent later, is answered before.
        var alone = await import.SendAsync(Given.Intent(record.Id), Given.Text());
        await import.UntilAsync(() => import.Results.Count > 0);
        Assert.Equal([alone], import.Results.Keys);
        Assert.Equal([import.Results[alone].Document.DocumentId], await api.SearchIdsAsync(record.Id));

        await import.ChunkAsync(second, 500_000, content[500_000..]);
        await import.FinishAsync(second, content);
        await import.EndAsync();
        Assert.Equal([first, second], import.Results[set].SubmissionSet.Members
            .Select(member => import.Results.Single(result => result.Value.Document?.DocumentId == member.DocumentId).Key));
        Assert.Equal(content, await api.ReadAsync(import.Results[second].Document));
        Assert.Equal(3, (await api.SearchIdsAsync(record.Id)).Count);
    }

    [Fact]
    public async Task A_set_of_which_a_document_never_comes_is_not_stored_and_goes_on_in_another_call()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (small, large, missing, content) =
            (Given.Intent(record.Id), Given.Intent(record.Id), Given.Intent(record.Id), Given.Text(600_000));
        var intent = Importing.SetOf(small, large, missing);
        var bytes = Given.Text();
        using (var import = new Importing(api))
        {
            var set = await import.SetAsync(intent);
            var first = await import.SendAsync(small, bytes);
            var second = await import.BeginAsync(large);
            await import.ChunkAsync(second, 0, content[..200_000]);
            await import.ChunkAsync(second, 200_000, content[200_000..400_000]);
            await import.ChunkAsync(second, 400_000, content[400_000..]);
            await import.FinishAsync(second, content);
            await import.EndAsync();
            Assert.All(
                new[] { set, first, second },
                item => Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetIncomplete, import.Results[item]));
        }

        Assert.Empty(await api.SearchIdsAsync(record.Id));
        using var again = new Importing(api);
        var whole = await again.SetAsync(intent);
        await again.SendAsync(small, bytes);
        var resumed = await again.BeginAsync(large);
        await again.UntilAsync(() => again.Accepted.ContainsKey(resumed));
        Assert.Equal(content.Length, again.Accepted[resumed].PersistedSize);
        await again.FinishAsync(resumed, content);
        await again.SendAsync(missing, Given.Text());
        await again.EndAsync();
        Assert.Equal(3, again.Results[whole].SubmissionSet.Members.Count);
        Assert.Equal(content, await api.ReadAsync(again.Results[resumed].Document));
    }

    [Fact]
    public async Task A_document_that_ends_in_the_middle_takes_its_set_along_and_is_taken_up()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (small, large, content) = (Given.Intent(record.Id), Given.Intent(record.Id), Given.Text(600_000));
        using var import = new Importing(api);
        var set = await import.SetAsync(Importing.SetOf(small, large));
        var first = await import.SendAsync(small, Given.Text());
        var second = await import.BeginAsync(large);
        await import.ChunkAsync(second, 0, content[..250_000]);
        await import.ChunkAsync(second, 250_000, content[250_000..400_000], flush: true);
        await import.EndAsync();
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.UploadIncomplete, import.Results[second]);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetIncomplete, import.Results[first]);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetIncomplete, import.Results[set]);
        var status = await api.Documents.GetUploadStatusAsync(
            new() { RecordId = record.Id, RequestId = large.RequestId }, cancellationToken: Token);
        Assert.InRange(status.Unfinished.PersistedSize, 300_000, 400_000);
        Assert.Empty(await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_refused_set_leaves_its_whole_large_documents_to_be_taken_up()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (small, large, content) = (Given.Intent(record.Id, "application/pdf"), Given.Intent(record.Id), Given.Text(400_000));
        using (var import = new Importing(api))
        {
            var set = await import.SetAsync(Importing.SetOf(small, large));
            await import.SendAsync(small, Given.Text());
            var second = await import.BeginAsync(large);
            await import.ChunkAsync(second, 0, content[..200_000]);
            await import.ChunkAsync(second, 200_000, content[200_000..]);
            await import.FinishAsync(second, content);
            await import.EndAsync();
            Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, import.Results[second]);
            Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, import.Results[set]);
        }

        small = Given.Intent(record.Id);
        using var again = new Importing(api);
        var whole = await again.SetAsync(Importing.SetOf(small, large));
        var resumed = await again.BeginAsync(large);
        await again.UntilAsync(() => again.Accepted.ContainsKey(resumed));
        Assert.Equal(content.Length, again.Accepted[resumed].PersistedSize);
        await again.FinishAsync(resumed, content);
        await again.SendAsync(small, Given.Text());
        await again.EndAsync();
        Assert.Equal(2, again.Results[whole].SubmissionSet.Members.Count);
        Assert.Equal(content, await api.ReadAsync(again.Results[resumed].Document));
    }

    [Fact]
    public async Task Whoever_waits_for_an_answer_to_a_large_document_before_sending_the_next_gets_one()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (large, small, content, bytes) = (Given.Intent(record.Id), Given.Intent(record.Id), Given.Text(400_000), Given.Text());
        large.ExpectedSha256 = ByteString.CopyFrom(SHA256.HashData(content));
        var intent = Importing.SetOf(large, small);

        // Refused by its intent: told before the others have come.
        var bad = large.Clone();
        bad.Metadata.Title = "";
        using (var import = new Importing(api))
        {
            var set = await import.SetAsync(intent);
            var refused = await import.BeginAsync(bad);
            await import.UntilAsync(() => import.Results.ContainsKey(refused));
            Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, import.Results[refused]);
            var other = await import.SendAsync(small, bytes);
            await import.EndAsync();
            Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, import.Results[set]);
            Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, import.Results[other]);
        }

        // Known already, by the digest: all of it is here.
        for (var turn = 0; turn < 2; turn++)
        {
            using var import = new Importing(api);
            var set = await import.SetAsync(intent);
            var first = await import.BeginAsync(large);
            await import.UntilAsync(() => import.Accepted.ContainsKey(first));
            Assert.Equal(turn * content.Length, import.Accepted[first].PersistedSize);
            for (var offset = (int)import.Accepted[first].PersistedSize; offset < content.Length; offset += 200_000)
            {
                await import.ChunkAsync(first, offset, content[offset..(offset + 200_000)]);
            }

            await import.FinishAsync(first, content);
            await import.SendAsync(small, bytes);
            await import.EndAsync();
            Assert.Equal(import.Results[first].Document.DocumentId, import.Results[set].SubmissionSet.Members[0].DocumentId);
        }

        // And in a set of which it is none.
        var stranger = Importing.SetOf(large);
        using var last = new Importing(api);
        var never = await last.SetAsync(stranger);
        var known = await last.BeginAsync(large);
        await last.EndAsync();
        Importing.Refused(StatusCode.AlreadyExists, ErrorReason.SubmissionSetDocumentKnown, last.Results[known]);
        Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, last.Results[never]);
        Assert.Equal(2, (await api.SearchIdsAsync(record.Id)).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_set_has_no_pieces_and_one_that_gets_some_ends_the_call(bool isChunk)
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var intent = Given.Intent(record.Id);
        using var import = new Importing(api);
        var set = await import.SetAsync(Importing.SetOf(intent));
        await (isChunk ? import.ChunkAsync(set, 0, Given.Text()) : import.FinishAsync(set, Given.Text()));
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ImportItemUnknown, import.ReadAllAsync);
        Assert.Empty(import.Results);
    }

    [Fact]
    public async Task A_caller_that_leaves_or_falls_silent_leaves_nothing_of_its_set()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Upload:StallSecondsMax=1");
        var (api, record) = await OpenAsync(server);
        var documents = SubmissionSetTests.Documents(record, 3);
        var intent = SubmissionSetTests.Described(documents);
        using (var import = new Importing(api))
        {
            var set = await import.SetAsync(intent);
            var first = await import.SendAsync(documents[0].Intent, documents[0].Content);
            await Refusals.RefusedAsync(StatusCode.DeadlineExceeded, ErrorReason.UploadStalled, import.ReadAllAsync);
            Assert.DoesNotContain(set, import.Results.Keys);
            Assert.DoesNotContain(first, import.Results.Keys);
        }

        using (var import = new Importing(api))
        {
            await import.SetAsync(intent);
            await import.SendAsync(documents[0].Intent, documents[0].Content);
            await import.SendAsync(documents[1].Intent, documents[1].Content);
        }

        Assert.Empty(await api.SearchIdsAsync(record.Id));
        var (again, _) = await Importing.SetAsync(api, intent, documents);
        Assert.Equal(3, again.SubmissionSet.Members.Count);
    }

    [Fact]
    public async Task A_set_that_fits_no_window_is_refused_at_once_and_its_documents_as_they_come()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Import:WindowItems=5");
        var (api, record) = await OpenAsync(server);
        using var import = new Importing(api);
        await import.UntilAsync(() => import.Window is not null);
        var documents = SubmissionSetTests.Documents(record, 5);
        var set = await import.SetAsync(SubmissionSetTests.Described(documents));
        await import.UntilAsync(() => import.Results.Count > 0);
        var status = Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, import.Results[set]);
        Assert.Equal("document_request_ids", Assert.Single(status.GetDetail<BadRequest>().FieldViolations).Field);
        foreach (var (intent, content) in documents)
        {
            var item = await import.SendAsync(intent, content);
            await import.UntilAsync(() => import.Results.ContainsKey(item));
            Importing.Refused(StatusCode.FailedPrecondition, ErrorReason.SubmissionSetRefused, import.Results[item]);
        }

        // The largest that fits goes through, one after the other.
        for (var i = 0; i < 3; i++)
        {
            var good = SubmissionSetTests.Documents(record, 4);
            var fits = await import.SetAsync(SubmissionSetTests.Described(good));
            foreach (var (intent, content) in good)
            {
                await import.SendAsync(intent, content);
            }

            await import.UntilAsync(() => import.Results.ContainsKey(fits));
            Assert.Equal(4, import.Results[fits].SubmissionSet.Members.Count);
            await import.UntilAsync(() => import.Results.Count == 6 + ((i + 1) * 5));
        }

        // Whoever sends no document of a refused set goes on, and may correct it in the same call.
        var wrong = SubmissionSetTests.Documents(record, 4);
        var corrected = SubmissionSetTests.Described(wrong);
        for (var i = 0; i < 4; i++)
        {
            var refused = corrected.Clone();
            (refused.RequestId, refused.Metadata.EntryUuid) = (Given.NewId(), "none");
            var item = await import.SetAsync(refused);
            await import.UntilAsync(() => import.Results.ContainsKey(item));
            Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, import.Results[item]);
        }

        var right = await import.SetAsync(corrected);
        foreach (var (intent, content) in wrong)
        {
            await import.SendAsync(intent, content);
        }

        await import.UntilAsync(() => import.Results.ContainsKey(right));
        Assert.Equal(4, import.Results[right].SubmissionSet.Members.Count);

        // More than could ever be awaited is a fault of the dialogue.
        await import.SetAsync(SubmissionSetTests.Described(SubmissionSetTests.Documents(record, 6)));
        await Refusals.RefusedAsync(StatusCode.ResourceExhausted, ErrorReason.ImportWindowExceeded, import.ReadAllAsync);
    }

    [Fact]
    public async Task The_largest_set_fits_and_commits_as_one()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        List<(UploadIntent Intent, byte[] Content)> documents =
            [.. Enumerable.Range(0, 64).Select(_ => (Given.Intent(record.Id), Given.Text(262_144)))];
        var (set, results) = await Importing.SetAsync(api, SubmissionSetTests.Described(documents), documents);
        Assert.Equal(results.Select(result => result.Document.DocumentId), set.SubmissionSet.Members.Select(member => member.DocumentId));
        Assert.Single(await SubmissionSetTests.ListAsync(api, record));
    }

    [Fact]
    public async Task A_document_that_is_sent_twice_belongs_to_its_set_once()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var documents = SubmissionSetTests.Documents(record, 2);
        using var import = new Importing(api);
        var set = await import.SetAsync(SubmissionSetTests.Described(documents));
        await import.SendAsync(documents[0].Intent, documents[0].Content);
        var twice = await import.SendAsync(documents[0].Intent, documents[0].Content);
        await import.UntilAsync(() => import.Results.ContainsKey(twice));
        Importing.Refused(StatusCode.Aborted, ErrorReason.RequestInProgress, import.Results[twice]);
        var clash = await import.SetAsync(SubmissionSetTests.Described(documents));
        await import.UntilAsync(() => import.Results.ContainsKey(clash));
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, import.Results[clash]);
        await import.SendAsync(documents[1].Intent, documents[1].Content);
        await import.EndAsync();
        Assert.Equal(2, import.Results[set].SubmissionSet.Members.Count);
    }

    [Fact]
    public async Task Calls_that_send_the_same_set_or_its_documents_at_the_same_moment_make_one_set_or_none()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        for (var turn = 0; turn < 15; turn++)
        {
            var documents = SubmissionSetTests.Documents(record, 3);
            var intent = SubmissionSetTests.Described(documents);
            var calls = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Importing.SetAsync(api, intent, documents)));
            Assert.All(calls, call => Assert.Equal(calls[0].Set.SubmissionSet, call.Set.SubmissionSet));
            Assert.NotNull(calls[0].Set.SubmissionSet);

            documents = SubmissionSetTests.Documents(record, 3);
            intent = SubmissionSetTests.Described(documents);
            var alone = api.UploadAsync(documents[1].Intent, documents[1].Content);
            var (set, results) = await Importing.SetAsync(api, intent, documents);
            var stored = await alone;
            Assert.Equal(set.SubmissionSet?.SubmissionSetId ?? "", stored.SubmissionSetId);
            if (set.SubmissionSet is null)
            {
                Importing.Refused(StatusCode.AlreadyExists, ErrorReason.SubmissionSetDocumentKnown, results[1]);
            }
        }
    }

    [Fact]
    public async Task Unfinished_sets_of_others_hold_nobody_back()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Import:MemoryBytes=1048576");
        var (api, record) = await OpenAsync(server);
        List<(UploadIntent Intent, byte[] Content)> documents =
            [.. Enumerable.Range(0, 5).Select(_ => (Given.Intent(record.Id), Given.Text(262_144)))];
        using var half = new Importing(api);
        var set = await half.SetAsync(SubmissionSetTests.Described(documents));
        foreach (var (intent, content) in documents[..4])
        {
            await half.SendAsync(intent, content);
        }

        // One by itself that was sent after them is there: so they are held. Now another set finds no room, and documents by themselves do.
        var witness = await half.SendAsync(Given.Intent(record.Id), Given.Text(10));
        await half.UntilAsync(() => half.Results.ContainsKey(witness));
        var other = SubmissionSetTests.Documents(record, 2);
        var status = (await Importing.SetAsync(api, SubmissionSetTests.Described(other), other)).Set.Error;
        Assert.Equal(((int)StatusCode.Unavailable, "SUBMISSION_SETS_BUSY"), (status.Code, status.GetDetail<ErrorInfo>().Reason));
        Assert.NotNull(status.GetDetail<RetryInfo>());
        Assert.NotNull(Assert.Single(await Importing.AllAsync(api, (Given.Intent(record.Id), Given.Text(200_000)))).Document);
        await half.SendAsync(documents[4].Intent, documents[4].Content);
        await half.EndAsync();
        Assert.Equal("SUBMISSION_SETS_BUSY", half.Results[set].Error.GetDetail<ErrorInfo>().Reason);
        var (again, _) = await Importing.SetAsync(api, SubmissionSetTests.Described(documents[..3]), documents[..3]);
        Assert.Equal(3, again.SubmissionSet.Members.Count);
    }

    private async Task<(DmpApi Api, OpenedRecord Record)> OpenAsync(TestServer server)
    {
        var (patient, physician) = (TestPatient.New(), TestProfessional.New());
        var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var opened = await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token);
        await api.DeclareAsync(opened.Record.RecordId);
        return (api, new OpenedRecord(patient, physician, opened.Record));
    }
}
