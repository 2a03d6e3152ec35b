using Dmp.Client;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>The SDK's imports of submission sets against the real server.</summary>
public sealed class ImportSetTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sets_of_small_and_large_documents_come_in_and_are_found_again()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record, platform.Server.Address);
        var sets = Enumerable.Range(0, 6).Select(i => Set(record, $"{i}", 2_000, 900_000, 262_144, 262_145)).ToList();

        var outcomes = await ListAsync(dmp.ImportAsync(sets.ToAsyncEnumerable(), new ImportOptions { Streams = 3 }, Token));

        Assert.Equal(6, outcomes.Count);
        foreach (var set in sets)
        {
            var outcome = outcomes[set.Key];
            Assert.Null(outcome.Error);
            Assert.Equal(set.Items.Select(item => item.Key), outcome.Documents.Select(document => document.Key));
            Assert.Equal(
                outcome.Documents.Select(document => document.Document!.DocumentId),
                outcome.SubmissionSet!.Members.Select(member => member.DocumentId));
            var read = await dmp.GetSubmissionSetAsync(
                new() { RecordId = record.Id, SubmissionSetId = outcome.SubmissionSet.SubmissionSetId }, Token);
            Assert.Equal((set.Metadata.Title, set.Metadata.UniqueId), (read.Metadata.Title, read.Metadata.UniqueId));
            Assert.Equal(set.Signature.ToArray(), read.Signature.ToByteArray());
        }

        List<string> listed = [];
        await foreach (var set in dmp.ListSubmissionSetsAsync(new() { RecordId = record.Id, PageSize = 2 }, Token))
        {
            listed.Add(set.SubmissionSetId);
        }

        Assert.Equal(outcomes.Values.Select(outcome => outcome.SubmissionSet!.SubmissionSetId).Order(), listed.Order());

        // The same ids again, and the same answers.
        var again = await dmp.ImportSetAsync(sets[0], cancellationToken: Token);
        Assert.Equal(outcomes["0"].SubmissionSet, again.SubmissionSet);
        Assert.Equal(6, listed.Count);
    }

    [Fact]
    public async Task A_fault_is_told_of_its_document_and_the_others_are_told_of_their_set()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record, platform.Server.Address);
        var (bad, good) = (Set(record, "bad", 100, 700_000, 100), Set(record, "good", 100));
        var items = bad.Items.ToList();
        items[1] = items[1] with { Metadata = new DocumentMetadata { MediaType = "application/pdf" } };

        var outcomes = await ListAsync(
            dmp.ImportAsync(new[] { bad with { Items = items }, good }.ToAsyncEnumerable(), cancellationToken: Token));

        Assert.NotNull(outcomes["good"].SubmissionSet);
        Assert.Equal(ErrorReason.SubmissionSetRefused, outcomes["bad"].Error!.ErrorReason);
        Assert.Equal(
            [ErrorReason.SubmissionSetRefused, ErrorReason.FieldsInvalid, ErrorReason.SubmissionSetRefused],
            outcomes["bad"].Documents.Select(document => document.Error!.ErrorReason));
        Assert.Single(await platform.As(record.Physician).SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_document_that_cannot_be_read_here_takes_its_set_along()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record, platform.Server.Address);
        var set = Set(record, "1", 100, 100, 100);
        var items = set.Items.ToList();
        items[1] = items[1] with { Open = _ => throw new FileNotFoundException("gone") };

        var outcome = await dmp.ImportSetAsync(set with { Items = items }, cancellationToken: Token);

        Assert.Equal(ErrorReason.SubmissionSetIncomplete, outcome.Error!.ErrorReason);
        Assert.IsType<FileNotFoundException>(outcome.Documents[1].Error!.InnerException);
        Assert.Equal(ErrorReason.SubmissionSetIncomplete, outcome.Documents[0].Error!.ErrorReason);
        Assert.Equal(ErrorReason.SubmissionSetIncomplete, outcome.Documents[2].Error!.ErrorReason);
        Assert.Empty(await platform.As(record.Physician).SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_validation_of_a_set_stores_nothing()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record, platform.Server.Address);
        var outcome = await dmp.ImportSetAsync(Set(record, "1", 100, 700_000, 100), new ImportOptions { ValidateOnly = true }, Token);
        Assert.Null(outcome.Error);
        Assert.Null(outcome.SubmissionSet);
        Assert.All(outcome.Documents, document => Assert.Equal((null, null), (document.Document, document.Error)));
        Assert.Empty(await platform.As(record.Physician).SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task A_line_that_breaks_again_and_again_makes_each_set_once()
    {
        var record = await platform.RecordAsync();
        await using var line = new BreakingLine(platform.Server.Address);
        using var dmp = ClientOf(record, line.Address);
        var sets = Enumerable.Range(0, 20).Select(i => Set(record, $"{i}", 3_000, 1_500_000, 40_000)).ToList();
        var next = 1_000_000L;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var cuts = 0;
        var cutting = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                if (line.Forwarded > next)
                {
                    next = line.Forwarded + 2_700_000;
                    line.Cut();
                    cuts++;
                }

                await Task.Yield();
            }
        }, Token);

        var outcomes = await ListAsync(dmp.ImportAsync(sets.ToAsyncEnumerable(), new ImportOptions { Streams = 2 }, Token));
        await done.CancelAsync();
        await cutting;

        Assert.InRange(cuts, 3, 1000);
        Assert.All(outcomes.Values, outcome => Assert.True(outcome.SubmissionSet is not null, outcome.Error?.ToString()));
        var found = await platform.As(record.Patient).Documents.ListSubmissionSetsAsync(
            new() { RecordId = record.Id }, cancellationToken: Token);
        Assert.Equal(sets.Select(set => set.Metadata.UniqueId).Order(), found.SubmissionSets.Select(set => set.Metadata.UniqueId).Order());
        Assert.All(found.SubmissionSets, set => Assert.Equal(3, set.Members.Count));
        Assert.Equal(60, (await platform.As(record.Patient).SearchIdsAsync(record.Id, request => request.PageSize = 200)).Count);
    }

    private static ImportSet Set(OpenedRecord record, string key, params int[] sizes) => new()
    {
        Key = key,
        RecordId = record.Id,
        RequestId = Given.NewId(),
        Metadata = new SubmissionSetMetadata { Title = $"Lot {key}", UniqueId = $"urn:uuid:{Given.NewId()}" },
        Signature = "<signature/>"u8.ToArray(),
        Items =
        [
            .. sizes.Select((size, i) =>
            {
                var content = Given.Text(size);
                var intent = Given.Intent(record.Id);
                return new ImportItem
                {
                    Key = $"{key}/{i}",
                    RecordId = record.Id,
                    Open = _ => ValueTask.FromResult<Stream>(new MemoryStream(content, writable: false)),
                    Metadata = intent.Metadata,
                    Options = new UploadOptions { RequestId = intent.RequestId },
                };
            }),
        ],
    };

    private static async Task<Dictionary<string, ImportSetOutcome>> ListAsync(IAsyncEnumerable<ImportSetOutcome> outcomes)
    {
        Dictionary<string, ImportSetOutcome> list = new(StringComparer.Ordinal);
        await foreach (var outcome in outcomes)
        {
            list.Add(outcome.Key, outcome);
        }

        return list;
    }

    private DmpClient ClientOf(OpenedRecord record, Uri address) => new(new DmpClientOptions
    {
        Address = address,
        Tokens = new DelegateTokenSource(_ => ValueTask.FromResult(platform.Callers.Token(record.Physician))),
        BackoffInitial = TimeSpan.FromMilliseconds(50),
        AttemptsMax = 60,
    });
}
