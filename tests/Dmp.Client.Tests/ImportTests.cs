using System.Collections.Concurrent;
using System.Globalization;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Grpc.Core;

namespace Dmp.Client.Tests;

public sealed class ImportTests : IAsyncLifetime
{
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => platform = await ScriptedPlatform.StartAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task Each_document_has_its_outcome_and_the_window_is_kept()
    {
        var (open, most, answered) = (0, 0, 0);
        platform.Import = async (requests, answers, context) =>
        {
            await answers.WriteAsync(Window(5));
            var waiting = new Queue<ImportDocument>();
            while (await requests.MoveNext(context.CancellationToken))
            {
                waiting.Enqueue(requests.Current.Document);
                most = Math.Max(most, ++open);
                if (open == 5)
                {
                    for (; open > 2; open--, answered++)
                    {
                        await answers.WriteAsync(Good(waiting.Dequeue()));
                    }
                }
            }
            foreach (var document in waiting)
            {
                await answers.WriteAsync(Good(document));
            }
        };
        using var client = platform.Client();

        var outcomes = await ImportAsync(client, 100);

        Assert.Equal(100, outcomes.Count);
        Assert.All(outcomes, outcome => Assert.Equal((null, "doc-1"), (outcome.Error, outcome.Document?.DocumentId)));
        Assert.Equal(5, most);
        Assert.True(answered > 90);
    }

    [Fact]
    public async Task A_line_that_breaks_is_opened_again_and_only_what_was_not_answered_comes_again()
    {
        var calls = 0;
        var seen = new ConcurrentDictionary<string, int>();
        platform.Import = async (requests, answers, context) =>
        {
            var call = Interlocked.Increment(ref calls);
            await answers.WriteAsync(Window(10));
            var last = 0L;
            for (var count = 0; await requests.MoveNext(context.CancellationToken); count++)
            {
                var document = requests.Current.Document;
                Assert.True(document.Item > last);
                last = document.Item;
                seen.AddOrUpdate(document.Intent.RequestId, 1, (_, times) => times + 1);
                if (call < 4 && count == 6)
                {
                    context.GetHttpContext().Abort();
                    return;
                }
                if (call >= 4 || count < 4)
                {
                    await answers.WriteAsync(Good(document));
                }
            }
        };
        using var client = platform.Client();

        var outcomes = await ImportAsync(client, 40);

        Assert.Equal(Enumerable.Range(0, 40), outcomes.Select(outcome => int.Parse(outcome.Key, CultureInfo.InvariantCulture)).Order());
        Assert.All(outcomes, outcome => Assert.NotNull(outcome.Document));
        Assert.Equal(4, calls);
        Assert.Equal(40, seen.Count);
        Assert.True(seen.Values.Sum() > 40, "something was sent again");
    }

    [Fact]
    public async Task A_write_that_the_connection_ends_is_a_line_that_broke()
    {
        await AnswerAsync(Good);
        using var writes = new BreakingWrites(20_000);
        using var client = platform.Client(options => options.HttpHandler = writes);

        var outcomes = await ImportAsync(client, 40);

        Assert.Equal(40, outcomes.Count);
        Assert.All(outcomes, outcome => Assert.NotNull(outcome.Document));
        Assert.Equal(2, writes.Calls);
    }

    [Fact]
    public async Task A_refusal_is_an_outcome_and_what_may_pass_is_sent_again()
    {
        var times = 0;
        await AnswerAsync(document =>
        {
            if (document.Intent.RecordId == "r-3")
            {
                return Refused(document, Refusal.With(StatusCode.InvalidArgument, "FIELDS_INVALID", null, ("metadata.title", "Required.")));
            }
            return document.Intent.RecordId == "r-5" && ++times < 3
                ? Refused(document, Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE", TimeSpan.FromMilliseconds(5)))
                : Good(document);
        });
        using var client = platform.Client();

        var outcomes = (await ImportAsync(client, 10)).ToDictionary(outcome => outcome.Key);

        var refusal = Assert.IsType<DmpInvalidRequestException>(outcomes["3"].Error);
        Assert.Equal((ErrorReason.FieldsInvalid, "metadata.title"), (refusal.ErrorReason, Assert.Single(refusal.FieldViolations).Field));
        Assert.NotNull(outcomes["5"].Document);
        Assert.Equal(3, times);
        Assert.Equal(9, outcomes.Values.Count(outcome => outcome.Document is not null));
    }

    [Fact]
    public async Task What_does_not_pass_is_an_outcome_in_the_end()
    {
        await AnswerAsync(document => document.Intent.RecordId == "r-1"
            ? Refused(document, Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE", TimeSpan.FromMilliseconds(1)))
            : Good(document));
        using var client = platform.Client();
        var outcomes = await ImportAsync(client, 3);
        Assert.Equal("1", Assert.Single(outcomes, outcome => outcome.Error is DmpUnavailableException).Key);
    }

    [Fact]
    public async Task Other_bytes_than_were_sent_are_no_success()
    {
        await AnswerAsync(document =>
        {
            var answer = Good(document);
            answer.Result.Document = Transfers.Describe([1, 2, 3]);
            return answer;
        });
        using var client = platform.Client();
        Assert.IsType<DmpIntegrityException>(Assert.Single(await ImportAsync(client, 1)).Error);
    }

    [Fact]
    public async Task Large_documents_go_by_calls_of_their_own()
    {
        var uploaded = 0;
        await AnswerAsync(Good);
        platform.Upload = async (requests, answers, context) =>
        {
            var (_, content) = await Transfers.ReceiveAsync(requests, answers, context.CancellationToken);
            uploaded++;
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(content) });
        };
        using var client = platform.Client();
        var outcomes = await ImportAsync(client, 6, i => Transfers.Bytes(i == 2 ? 300_000 : 1000));
        Assert.All(outcomes, outcome => Assert.NotNull(outcome.Document));
        Assert.Equal((6, 1), (outcomes.Count, uploaded));
    }

    [Fact]
    public async Task A_platform_that_refuses_the_caller_is_the_outcome_of_each_document()
    {
        platform.Import = (_, _, _) => throw Refusal.With(StatusCode.PermissionDenied, "CALLER_KIND_NOT_ALLOWED");
        using var client = platform.Client();
        var outcomes = await ImportAsync(client, 5);
        Assert.Equal(5, outcomes.Select(outcome => outcome.Key).Distinct().Count());
        Assert.All(outcomes, outcome => Assert.IsType<DmpAccessDeniedException>(outcome.Error));
    }

    [Fact]
    public async Task A_platform_that_stays_away_is_the_outcome_of_each_document()
    {
        var calls = 0;
        platform.Import = (_, _, context) =>
        {
            Interlocked.Increment(ref calls);
            context.GetHttpContext().Abort();
            return Task.CompletedTask;
        };
        using var client = platform.Client(options => options.RetryBudget = TimeSpan.FromMilliseconds(300));
        var outcomes = await ImportAsync(client, 5);
        Assert.Equal(5, outcomes.Select(outcome => outcome.Key).Distinct().Count());
        Assert.All(outcomes, outcome => Assert.NotNull(outcome.Error));
        Assert.True(calls > 4, $"{calls} calls");
    }

    [Fact]
    public async Task A_platform_that_comes_back_after_many_failures_gets_every_document()
    {
        var calls = 0;
        List<DmpRetry> told = [];
        await AnswerAsync(Good);
        var good = platform.Import!;
        platform.Import = (requests, answers, context) =>
        {
            if (Interlocked.Increment(ref calls) > 20)
            {
                return good(requests, answers, context);
            }

            context.GetHttpContext().Abort();
            return Task.CompletedTask;
        };
        using var client = platform.Client(
            options => { options.Retrying = told.Add; options.RetryBudget = new DmpClientOptions().RetryBudget; });
        var outcomes = await ImportAsync(client, 5);
        Assert.All(outcomes, outcome => Assert.NotNull(outcome.Document));
        Assert.Equal(Enumerable.Range(1, 20), told.Select(retry => retry.Failures));
    }

    public static TheoryData<System.Type> Failures =>
        [typeof(InvalidTimeZoneException), typeof(InvalidOperationException), typeof(HttpRequestException), typeof(RpcException)];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_source_that_fails_ends_the_import_with_its_own_exception(System.Type type)
    {
        // A source may be a call of gRPC or HTTP itself: what it fails with says nothing of this call.
        var failure = type == typeof(RpcException)
            ? new RpcException(new Status(StatusCode.Unavailable, "elsewhere")) : (Exception)Activator.CreateInstance(type)!;
        await AnswerAsync(Good);
        using var client = platform.Client();

        Assert.Same(failure, await Assert.ThrowsAsync(type, () => ImportAsync(client, 5, i => i == 3 ? throw failure : [1])));
    }

    [Fact]
    public async Task A_document_whose_source_gives_up_has_that_as_its_outcome()
    {
        // HttpClient tells its own time limit by a cancellation.
        await AnswerAsync(Good);
        using var client = platform.Client();

        var outcomes = await ImportAsync(client, 5, i => i == 3 ? throw new TaskCanceledException("elsewhere") : [1]);
        Assert.Equal(["0", "1", "2", "3", "4"], outcomes.Select(outcome => outcome.Key!).Order(StringComparer.Ordinal));
        Assert.Equal(StatusCode.DataLoss, outcomes.Single(outcome => outcome.Key == "3").Error!.StatusCode);
        Assert.Equal(4, outcomes.Count(outcome => outcome.Document is not null));
    }

    [Fact]
    public async Task A_list_that_gives_up_is_no_end_of_the_list()
    {
        await AnswerAsync(Good);
        using var client = platform.Client();

        await Assert.ThrowsAsync<TaskCanceledException>(async () =>
        {
            await foreach (var outcome in client.ImportAsync(Broken(), cancellationToken: Ct))
            {
                Assert.NotNull(outcome.Document);
            }
        });

        static async IAsyncEnumerable<ImportItem> Broken()
        {
            await foreach (var item in Items(3, _ => [1]))
            {
                yield return item;
            }
            throw new TaskCanceledException("elsewhere");
        }
    }

    [Fact]
    public async Task Whoever_stops_enumerating_stops_the_import()
    {
        await AnswerAsync(Good);
        using var client = platform.Client();
        await foreach (var outcome in client.ImportAsync(Items(int.MaxValue, _ => [1]), cancellationToken: Ct))
        {
            Assert.NotNull(outcome.Document);
            break;
        }
    }

    private static ImportDocumentsResponse Window(int items) => new()
    {
        Window = new ImportWindow { ItemsMax = items, BytesMax = 16 * 1024 * 1024, DocumentBytesMax = 262_144 },
    };

    private static ImportDocumentsResponse Good(ImportDocument document) => new()
    {
        Result = new ImportResult { Item = document.Item, Document = Transfers.Describe(document.Content.Span) },
    };

    private static ImportDocumentsResponse Refused(ImportDocument document, RpcException refusal) => new()
    {
        Result = new ImportResult { Item = document.Item, Error = refusal.GetRpcStatus() },
    };

    private static async IAsyncEnumerable<ImportItem> Items(int count, Func<int, byte[]> content)
    {
        for (var i = 0; i < count; i++)
        {
            var number = i;
            await Task.Yield();
            yield return new ImportItem
            {
                Key = i.ToString(CultureInfo.InvariantCulture),
                RecordId = $"r-{i}",
                Open = _ => ValueTask.FromResult<Stream>(new MemoryStream(content(number))),
            };
        }
    }

    private static async Task<List<ImportOutcome>> ImportAsync(DmpClient client, int count, Func<int, byte[]>? content = null)
    {
        var outcomes = new List<ImportOutcome>();
        await foreach (var outcome in client.ImportAsync(
            Items(count, content ?? (i => Transfers.Bytes(1000 + i))), new ImportOptions { Streams = 1 }, Ct))
        {
            outcomes.Add(outcome);
        }
        return outcomes;
    }

    private Task AnswerAsync(Func<ImportDocument, ImportDocumentsResponse> answer)
    {
        platform.Import = async (requests, answers, context) =>
        {
            await answers.WriteAsync(Window(10));
            while (await requests.MoveNext(context.CancellationToken))
            {
                await answers.WriteAsync(answer(requests.Current.Document));
            }
        };
        return Task.CompletedTask;
    }
}
