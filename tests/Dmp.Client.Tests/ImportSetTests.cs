using System.Collections.Concurrent;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Grpc.Core;

namespace Dmp.Client.Tests;

public sealed class ImportSetTests : IAsyncLifetime
{
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => platform = await ScriptedPlatform.StartAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task A_set_whose_line_breaks_is_sent_again_whole_under_the_same_ids()
    {
        var calls = 0;
        var seen = new ConcurrentBag<string>();
        platform.Import = async (requests, answers, context) =>
        {
            var call = Interlocked.Increment(ref calls);
            await ReceiveAsync(requests, answers, async sent =>
            {
                seen.Add(
                    string.Join(' ', sent.Set!.RequestId, string.Join(' ', sent.Documents.Select(document => document.Intent.RequestId))));
                if (call < 3)
                {
                    context.GetHttpContext().Abort();
                    return;
                }
                await AnswerAsync(answers, sent);
            }, context.CancellationToken);
        };
        using var client = platform.Client();

        var outcome = await client.ImportSetAsync(Set(3), cancellationToken: Ct);

        Assert.Null(outcome.Error);
        Assert.Equal(("set-1", 3), (outcome.SubmissionSet!.SubmissionSetId, outcome.Documents.Count));
        Assert.All(outcome.Documents, document => Assert.NotNull(document.Document));
        Assert.Equal(3, calls);
        Assert.Single(seen.Distinct());
    }

    [Fact]
    public async Task A_set_that_is_refused_for_the_moment_is_sent_again_and_one_that_is_refused_is_told()
    {
        var (calls, reason) = (0, "STORAGE_UNAVAILABLE");
        platform.Import = async (requests, answers, context) => await ReceiveAsync(requests, answers, async sent =>
        {
            if (++calls % 2 == 1)
            {
                TimeSpan? after = reason == "STORAGE_UNAVAILABLE" ? TimeSpan.FromMilliseconds(1) : null;
                foreach (var item in sent.Items)
                {
                    await answers.WriteAsync(new ImportDocumentsResponse
                    {
                        Result = new ImportResult
                        {
                            Item = item,
                            Error = Refusal.With(
                                after is not null ? StatusCode.Unavailable : StatusCode.FailedPrecondition, reason, after).GetRpcStatus(),
                        },
                    });
                }
                return;
            }
            await AnswerAsync(answers, sent);
        }, context.CancellationToken);
        using var client = platform.Client();
        Assert.NotNull((await client.ImportSetAsync(Set(2), cancellationToken: Ct)).SubmissionSet);
        Assert.Equal(2, calls);

        reason = "SUBMISSION_SET_REFUSED";
        var refused = await client.ImportSetAsync(Set(2), cancellationToken: Ct);
        Assert.Equal(ErrorReason.SubmissionSetRefused, refused.Error!.ErrorReason);
        Assert.All(refused.Documents, document => Assert.Equal(ErrorReason.SubmissionSetRefused, document.Error!.ErrorReason));
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Other_bytes_than_were_sent_are_no_success()
    {
        platform.Import = async (requests, answers, context) => await ReceiveAsync(requests, answers, async sent =>
            await AnswerAsync(answers, sent, document => document.Item == 3 ? [1, 2, 3] : document.Content.ToByteArray()),
            context.CancellationToken);
        using var client = platform.Client();
        var outcome = await client.ImportSetAsync(Set(2), cancellationToken: Ct);
        Assert.IsType<DmpIntegrityException>(outcome.Error);
        Assert.Equal([false, true], outcome.Documents.Select(document => document.Error is DmpIntegrityException));
    }

    [Fact]
    public async Task A_write_that_the_connection_ends_is_a_line_that_broke()
    {
        platform.Import = async (requests, answers, context) =>
            await ReceiveAsync(requests, answers, async sent => await AnswerAsync(answers, sent), context.CancellationToken);
        using var writes = new BreakingWrites(100);
        using var client = platform.Client(options => options.HttpHandler = writes);

        Assert.NotNull((await client.ImportSetAsync(Set(3), cancellationToken: Ct)).SubmissionSet);
        Assert.Equal(2, writes.Calls);
    }

    [Fact]
    public async Task A_platform_that_refuses_the_caller_is_the_outcome_of_each_set()
    {
        platform.Import = (_, _, _) => throw Refusal.With(StatusCode.PermissionDenied, "CALLER_KIND_NOT_ALLOWED");
        using var client = platform.Client();
        var count = 0;
        await foreach (var outcome in client.ImportAsync(new[] { Set(1), Set(1) }.ToAsyncEnumerable(), cancellationToken: Ct))
        {
            Assert.IsType<DmpAccessDeniedException>(outcome.Error);
            Assert.IsType<DmpAccessDeniedException>(Assert.Single(outcome.Documents).Error);
            count++;
        }

        Assert.Equal(2, count);
    }

    private static ImportSet Set(int count) => new()
    {
        Key = "stay",
        RecordId = "r",
        Items =
        [
            .. Enumerable.Range(0, count).Select(i => new ImportItem
            {
                Key = $"stay/{i}",
                RecordId = "r",
                Open = _ => ValueTask.FromResult<Stream>(new MemoryStream([(byte)i, 7, 7])),
            }),
        ],
    };

    private static async Task ReceiveAsync(
        IAsyncStreamReader<ImportDocumentsRequest> requests, IServerStreamWriter<ImportDocumentsResponse> answers, Func<Sent, Task> then,
        CancellationToken ct)
    {
        await answers.WriteAsync(
            new ImportDocumentsResponse
            {
                Window = new ImportWindow { ItemsMax = 256, BytesMax = 16 * 1024 * 1024, DocumentBytesMax = 262_144 },
            }, ct);
        var sent = new Sent();
        while (await requests.MoveNext(ct))
        {
            sent.Set ??= requests.Current.SubmissionSet?.Intent;
            sent.Items.Add(requests.Current.SubmissionSet?.Item ?? requests.Current.Document.Item);
            if (requests.Current.Document is { } document)
            {
                sent.Documents.Add(document);
            }
        }
        Assert.Equal(sent.Set!.DocumentRequestIds, sent.Documents.Select(document => document.Intent.RequestId));
        await then(sent);
    }

    private static async Task AnswerAsync(
        IServerStreamWriter<ImportDocumentsResponse> answers, Sent sent, Func<ImportDocument, byte[]>? bytes = null)
    {
        foreach (var document in sent.Documents)
        {
            var content = bytes?.Invoke(document) ?? document.Content.ToByteArray();
            await answers.WriteAsync(
                new ImportDocumentsResponse { Result = new ImportResult { Item = document.Item, Document = Transfers.Describe(content) } });
        }
        await answers.WriteAsync(new ImportDocumentsResponse
        {
            Result = new ImportResult { Item = sent.Items[0], SubmissionSet = new SubmissionSet { SubmissionSetId = "set-1" } },
        });
    }

    private sealed class Sent
    {
        public SubmissionSetIntent? Set { get; set; }

        public List<long> Items { get; } = [];

        public List<ImportDocument> Documents { get; } = [];
    }
}
