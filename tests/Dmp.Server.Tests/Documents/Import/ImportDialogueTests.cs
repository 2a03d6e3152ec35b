using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>The dialogue of an import: window, pieces, breaks, and what ends the call.</summary>
public sealed class ImportDialogueTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_window_is_told_first_and_holds_for_as_long_as_results_come()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Import:WindowItems=10");
        var (api, record) = await OpenAsync(server);
        using var import = new Importing(api);
        await import.UntilAsync(() => import.Window is not null);
        Assert.Equal((10, 16L * 1024 * 1024, 262_144), (import.Window!.ItemsMax, import.Window.BytesMax, import.Window.DocumentBytesMax));
        for (var sent = 1; sent <= 100; sent++)
        {
            await import.SendAsync(Given.Intent(record.Id), Given.Text());
            await import.UntilAsync(() => sent - import.Results.Count < 10);
        }

        await import.EndAsync();
        Assert.Equal(100, import.Results.Values.Count(result => result.Document is not null));
        Assert.NotNull(import.ConsistencyToken);
    }

    [Fact]
    public async Task A_caller_that_ignores_the_window_is_ended_and_what_was_inside_is_answered()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Import:WindowItems=3");
        var (api, record) = await OpenAsync(server);
        using var import = new Importing(api);

        // Documents that come in pieces stay open for as long as the caller leaves them.
        var open = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            open.Add(await import.BeginAsync(Given.Intent(record.Id)));
        }

        var content = Given.Text(10_000);
        await import.ChunkAsync(open[1], 0, content);
        await import.FinishAsync(open[1], content);
        await import.UntilAsync(() => import.Results.ContainsKey(open[1]));
        await import.BeginAsync(Given.Intent(record.Id));
        await import.BeginAsync(Given.Intent(record.Id));
        var status = await Refusals.RefusedAsync(StatusCode.ResourceExhausted, ErrorReason.ImportWindowExceeded, import.ReadAllAsync);
        Assert.Contains("More than 3 documents", status.Message, StringComparison.Ordinal);
        Assert.Equal([open[1]], import.Results.Keys);
        Assert.Equal([import.Results[open[1]].Document.DocumentId], await api.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task Numbers_count_up_and_name_what_was_begun()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        using (var import = new Importing(api))
        {
            await import.SendAsync(Given.Intent(record.Id), Given.Text());
            await import.SendRawAsync(new()
            {
                Document = new ImportDocument { Item = 1, Intent = Given.Intent(record.Id), Content = ByteString.CopyFrom(Given.Text()) },
            });
            await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ImportItemRepeated, import.ReadAllAsync);

            // What was whole before is answered all the same.
            Assert.NotNull(import.Results[1].Document);
        }

        using (var import = new Importing(api))
        {
            await import.ChunkAsync(4, 0, Given.Text());
            await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ImportItemUnknown, import.ReadAllAsync);
        }

        using (var import = new Importing(api))
        {
            await import.SendRawAsync(new ImportDocumentsRequest());
            await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.UploadIntentMissing, import.ReadAllAsync);
        }
    }

    [Fact]
    public async Task Large_documents_come_in_pieces_between_small_ones()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (one, other) = (Given.Text(900_000), Given.Text(700_000));
        using var import = new Importing(api);
        var first = await import.BeginAsync(Given.Intent(record.Id));
        var second = await import.BeginAsync(Given.Intent(record.Id));
        var small = new List<long>();
        for (var offset = 0; offset < one.Length; offset += 100_000)
        {
            await import.ChunkAsync(first, offset, one[offset..(offset + 100_000)], flush: offset == 300_000);
            if (offset < other.Length)
            {
                await import.ChunkAsync(second, offset, other[offset..(offset + 100_000)]);
            }

            small.Add(await import.SendAsync(Given.Intent(record.Id), Given.Text()));
        }

        await import.FinishAsync(second, other);
        await import.FinishAsync(first, one);
        await import.EndAsync();

        Assert.Equal([first, second], import.Accepted.Keys.Order());
        Assert.Equal(one, await api.ReadAsync(import.Results[first].Document));
        Assert.Equal(other, await api.ReadAsync(import.Results[second].Document));
        Assert.All(small, item => Assert.NotNull(import.Results[item].Document));
        Assert.Equal(0, await platform.Server.QueryAsync<long>(platform, $"select count(*) from upload where record_id = '{record.Id}'"));
    }

    [Fact]
    public async Task A_large_document_that_is_refused_has_one_result_and_its_pieces_are_skipped()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var content = Given.Text(400_000);
        using var import = new Importing(api);
        var bad = Given.Intent(record.Id);
        bad.Metadata.Title = "";
        var refused = await import.BeginAsync(bad);
        await import.ChunkAsync(refused, 0, content[..200_000]);
        await import.ChunkAsync(refused, 200_000, content[200_000..]);
        await import.FinishAsync(refused, content);
        var damaged = await import.BeginAsync(Given.Intent(record.Id));
        await import.ChunkAsync(damaged, 0, content[..200_000]);
        await import.ChunkAsync(damaged, 200_000, content[200_000..]);
        await import.FinishAsync(damaged, Given.Text(400_000));
        var good = await import.SendAsync(Given.Intent(record.Id), Given.Text());
        await import.EndAsync();

        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, import.Results[refused]);
        Importing.Refused(StatusCode.InvalidArgument, ErrorReason.DigestMismatch, import.Results[damaged]);
        Assert.Equal([import.Results[good].Document.DocumentId], await api.SearchIdsAsync(record.Id));
        Assert.Equal(0, await platform.Server.QueryAsync<long>(platform, $"select count(*) from upload where record_id = '{record.Id}'"));
    }

    [Fact]
    public async Task A_large_document_of_a_call_that_broke_is_taken_up_by_either_method()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var (intent, content) = (Given.Intent(record.Id), Given.Text(600_000));
        using (var broken = new Importing(api))
        {
            var item = await broken.BeginAsync(intent);
            await broken.ChunkAsync(item, 0, content[..250_000]);
            await broken.ChunkAsync(item, 250_000, content[250_000..400_000], flush: true);
            await broken.UntilAsync(() => broken.Accepted.Count == 1);
            await broken.EndAsync();
            Importing.Refused(StatusCode.InvalidArgument, ErrorReason.UploadIncomplete, broken.Results[item]);
        }

        using var import = new Importing(api);
        var again = await import.BeginAsync(intent);
        await import.UntilAsync(() => import.Accepted.ContainsKey(again));

        // Whole segments of what came.
        Assert.Equal(6 * 65_536, import.Accepted[again].PersistedSize);
        await import.ChunkAsync(again, 6 * 65_536, content[(6 * 65_536)..]);
        await import.FinishAsync(again, content);
        await import.EndAsync();
        Assert.Equal(content, await api.ReadAsync(import.Results[again].Document));
        Assert.Equal(import.Results[again].Document, await api.UploadAsync(intent, content));
    }

    [Fact]
    public async Task A_caller_that_falls_silent_is_ended_after_its_results()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Upload:StallSecondsMax=1");
        var (api, record) = await OpenAsync(server);
        using var import = new Importing(api);
        var item = await import.SendAsync(Given.Intent(record.Id), Given.Text());
        await Refusals.RefusedAsync(StatusCode.DeadlineExceeded, ErrorReason.UploadStalled, import.ReadAllAsync);
        Assert.NotNull(import.Results[item].Document);
    }

    [Fact]
    public async Task A_call_that_its_caller_leaves_holds_nothing()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        var batch = Enumerable.Range(0, 40).Select(_ => (Intent: Given.Intent(record.Id), Content: Given.Text(20_000))).ToList();
        using (var import = new Importing(api))
        {
            foreach (var (intent, content) in batch)
            {
                await import.SendAsync(intent, content);
            }
        }

        var results = await Importing.AllAsync(api, batch);
        Assert.All(results, result => Assert.NotNull(result.Document));
        Assert.Equal(40, (await api.SearchIdsAsync(record.Id, request => request.PageSize = 200)).Count);
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
