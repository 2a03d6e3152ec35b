using Dmp.Client;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>The SDK's <c>DmpClient.ImportAsync</c> against the real server: what it promises, whatever it is made of.</summary>
public sealed class ImportTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_document_has_an_outcome_and_one_that_is_refused_stops_no_other()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record);
        var items = Items(record, 20).Select((item, i) => i switch
        {
            7 => item with { Metadata = new DocumentMetadata() },
            11 => item with { RecordId = "00000000-0000-7000-8000-000000000000" },
            13 => item with { Open = _ => throw new FileNotFoundException("gone") },
            _ => item,
        }).ToList();

        var outcomes = await ListAsync(dmp.ImportAsync(items.ToAsyncEnumerable(), new ImportOptions { Streams = 3 }, Token));

        Assert.Equal(items.Select(item => item.Key).Order(), outcomes.Keys.Order());
        Assert.Equal(ErrorReason.FieldsInvalid, outcomes["7"].Error!.ErrorReason);
        Assert.NotEmpty(outcomes["7"].Error!.FieldViolations);
        Assert.Equal(ErrorReason.RecordAccessDenied, outcomes["11"].Error!.ErrorReason);
        Assert.IsType<FileNotFoundException>(outcomes["13"].Error!.InnerException);
        Assert.Equal(17, outcomes.Values.Count(outcome => outcome is { Error: null, Document.Version: 1 }));
        Assert.Equal(17, await CountAsync(record));
    }

    [Fact]
    public async Task Repeating_an_import_under_the_same_request_ids_adds_nothing()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record);
        var items = Items(record, 10).ToList();

        var first = await ListAsync(dmp.ImportAsync(items.ToAsyncEnumerable(), cancellationToken: Token));
        var again = await ListAsync(dmp.ImportAsync(items.ToAsyncEnumerable(), new ImportOptions { Streams = 8 }, Token));

        Assert.All(items, item => Assert.Equal(first[item.Key].Document!.DocumentId, again[item.Key].Document!.DocumentId));
        Assert.Equal(10, await CountAsync(record));
    }

    [Fact]
    public async Task Only_as_many_sources_are_open_as_there_are_streams_and_none_stays_open()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record);
        var (open, most) = (0, 0);
        var items = Items(record, 30).Select(item => item with
        {
            Open = _ =>
            {
                var now = Interlocked.Increment(ref open);
                InterlockedMax(ref most, now);
                return ValueTask.FromResult<Stream>(new Closing(Given.Text(5000), () => Interlocked.Decrement(ref open)));
            },
        }).ToList();

        Assert.Equal(30, (await ListAsync(dmp.ImportAsync(items.ToAsyncEnumerable(), new ImportOptions { Streams = 4 }, Token))).Count);

        Assert.Equal(0, open);
        Assert.InRange(most, 1, 4);
    }

    [Fact]
    public async Task Whoever_stops_taking_outcomes_stops_the_sending()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record);
        var taken = 0;

        await foreach (var outcome in dmp.ImportAsync(Counted(Items(record, 5000)), new ImportOptions { Streams = 2 }, Token))
        {
            Assert.Null(outcome.Error);
            break;
        }

        // Those on their way (a window for each call), those answered and not taken, and those that waited for their turn.
        Assert.InRange(taken, 1, 1500);
        Assert.InRange(await CountAsync(record), 1, taken);

        async IAsyncEnumerable<ImportItem> Counted(IEnumerable<ImportItem> items)
        {
            foreach (var item in items)
            {
                Interlocked.Increment(ref taken);
                yield return item;
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task A_validation_stores_nothing_and_tells_what_an_import_would()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record);
        var items = Items(record, 4).Select((item, i) => i == 2 ? item with { RecordId = "00000000-0000-7000-8000-000000000000" } : item);

        var outcomes = await ListAsync(dmp.ImportAsync(items.ToAsyncEnumerable(), new ImportOptions { ValidateOnly = true }, Token));

        Assert.Equal(
            ErrorReason.RecordAccessDenied, Assert.Single(outcomes.Values, outcome => outcome.Error is not null).Error!.ErrorReason);
        Assert.All(outcomes.Values, outcome => Assert.Null(outcome.Document));
        Assert.Equal(0, await CountAsync(record));
    }

    [Fact]
    public async Task A_source_that_fails_ends_the_import_with_its_failure()
    {
        var record = await platform.RecordAsync();
        using var dmp = ClientOf(record);

        await Assert.ThrowsAsync<InvalidOperationException>(() => ListAsync(dmp.ImportAsync(Failing(), cancellationToken: Token)));

        async IAsyncEnumerable<ImportItem> Failing()
        {
            yield return Items(record, 1).Single();
            await Task.Yield();
            throw new InvalidOperationException("no more");
        }
    }

    private DmpClient ClientOf(OpenedRecord record) => new(new DmpClientOptions
    {
        Address = platform.Server.Address,
        Tokens = new DelegateTokenSource(_ => ValueTask.FromResult(platform.Callers.Token(record.Physician))),
    });

    private static IEnumerable<ImportItem> Items(OpenedRecord record, int count) => Enumerable.Range(0, count).Select(i =>
    {
        var content = Given.Text(2000);
        var intent = Given.Intent(record.Id);
        return new ImportItem
        {
            Key = FormattableString.Invariant($"{i}"),
            RecordId = record.Id,
            Open = _ => ValueTask.FromResult<Stream>(new MemoryStream(content)),
            Metadata = intent.Metadata,
            Options = new UploadOptions { RequestId = intent.RequestId },
        };
    });

    private static async Task<Dictionary<string, ImportOutcome>> ListAsync(IAsyncEnumerable<ImportOutcome> outcomes)
    {
        Dictionary<string, ImportOutcome> list = new(StringComparer.Ordinal);
        await foreach (var outcome in outcomes)
        {
            list.Add(outcome.Key, outcome);
        }

        return list;
    }

    private async Task<int> CountAsync(OpenedRecord record) => (await platform.As(record.Patient).Documents.SearchDocumentsAsync(
        new SearchDocumentsRequest { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token)).Documents.Count;

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = target; value > seen;)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private sealed class Closing(byte[] content, Action closed) : MemoryStream(content)
    {
        private bool isClosed;

        protected override void Dispose(bool disposing)
        {
            if (!isClosed)
            {
                isClosed = true;
                closed();
            }

            base.Dispose(disposing);
        }
    }
}
