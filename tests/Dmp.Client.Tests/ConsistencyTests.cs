using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Grpc.Core;

namespace Dmp.Client.Tests;

public sealed class ConsistencyTests : IAsyncLifetime
{
    private const string Name = "dmp-consistency-token";

    private readonly List<string> presented = [];
    private int changes;
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        platform = await ScriptedPlatform.StartAsync();
        platform.OpenRecord = (_, context) =>
        {
            Note(context);
            context.ResponseTrailers.Add(Name, $"token-{++changes}");
            return Task.FromResult(new OpenRecordResponse());
        };
        platform.CheckAccess = (_, context) =>
        {
            Note(context);
            return Task.FromResult(new CheckAccessResponse());
        };
    }

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task The_token_of_a_change_goes_with_every_later_call()
    {
        using var client = platform.Client();

        await client.CheckAccessAsync(new CheckAccessRequest(), Ct);
        await client.OpenRecordAsync(new OpenRecordRequest(), Ct);
        await client.OpenRecordAsync(new OpenRecordRequest(), Ct);
        await client.CheckAccessAsync(new CheckAccessRequest(), Ct);
        await client.WithTokens(new DelegateTokenSource(_ => ValueTask.FromResult("somebody-else")))
            .CheckAccessAsync(new CheckAccessRequest(), Ct);

        Assert.Equal(["", "", "token-1", "token-2", "token-2"], presented);
        Assert.Equal("token-2", client.ConsistencyToken);
    }

    [Fact]
    public async Task Uploads_give_a_token_and_downloads_send_it()
    {
        var content = Transfers.Bytes(1000);
        platform.Upload = async (requests, answers, context) =>
        {
            Note(context);
            await Transfers.ReceiveAsync(requests, answers, context.CancellationToken);
            await answers.WriteAsync(new UploadDocumentResponse { Document = Transfers.Describe(content) });
            context.ResponseTrailers.Add(Name, "uploaded");
        };
        platform.Read = (request, answers, context) =>
        {
            Note(context);
            return Transfers.SendAsync(content, request, answers);
        };
        using var client = platform.Client();

        await client.UploadAsync("r-1", new MemoryStream(content), new DocumentMetadata(), cancellationToken: Ct);
        await client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct);

        Assert.Equal(["", "uploaded"], presented);
    }

    [Fact]
    public async Task Changes_at_the_same_time_are_all_remembered_until_the_next_one()
    {
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = 0;
        platform.OpenRecord = async (request, context) =>
        {
            Note(context);
            if (Interlocked.Increment(ref arrived) == 2)
            {
                both.SetResult();
            }
            await both.Task;
            context.ResponseTrailers.Add(Name, request.RequestId);
            return new OpenRecordResponse();
        };
        using var client = platform.Client();

        await Task.WhenAll(
            client.OpenRecordAsync(new OpenRecordRequest { RequestId = "a" }, Ct),
            client.OpenRecordAsync(new OpenRecordRequest { RequestId = "b" }, Ct));
        Assert.Equal(["a", "b"], client.ConsistencyToken.Split(',').Order(StringComparer.Ordinal));
        await client.OpenRecordAsync(new OpenRecordRequest { RequestId = "c" }, Ct);

        Assert.Equal(["a", "b"], presented[^1].Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal));
        Assert.Equal("c", client.ConsistencyToken);
    }

    [Fact]
    public async Task A_token_is_handed_to_another_process()
    {
        using var here = platform.Client();
        await here.OpenRecordAsync(new OpenRecordRequest(), Ct);
        using var there = platform.Client();

        there.AddConsistencyToken(here.ConsistencyToken);
        await there.CheckAccessAsync(new CheckAccessRequest(), Ct);
        there.ForgetConsistencyTokens();
        await there.CheckAccessAsync(new CheckAccessRequest(), Ct);

        Assert.Equal(["", "token-1", ""], presented);
    }

    [Fact]
    public async Task Nothing_is_sent_when_it_is_switched_off()
    {
        using var client = platform.Client(options => options.SendConsistencyTokens = false);

        await client.OpenRecordAsync(new OpenRecordRequest(), Ct);
        await client.CheckAccessAsync(new CheckAccessRequest(), Ct);

        Assert.Equal(["", ""], presented);
        Assert.Equal("token-1", client.ConsistencyToken);
    }

    [Fact]
    public async Task A_token_of_the_callers_own_is_left_alone()
    {
        using var client = platform.Client();
        await client.OpenRecordAsync(new OpenRecordRequest(), Ct);

        await client.Records.CheckAccessAsync(new CheckAccessRequest(), new Metadata { { Name, "mine" } }, cancellationToken: Ct);

        Assert.Equal("mine", presented[^1]);
    }

    [Fact]
    public async Task A_state_that_is_not_reached_yet_is_waited_for_and_a_refused_token_is_told_once()
    {
        var reasons = new Queue<RpcException?>(
        [
            Refusal.With(StatusCode.Unavailable, "CONSISTENCY_NOT_REACHED", TimeSpan.FromMilliseconds(5)),
            null,
            Refusal.With(StatusCode.InvalidArgument, "CONSISTENCY_TOKEN_INVALID"),
            null,
        ]);
        platform.CheckAccess = (_, context) =>
        {
            Note(context);
            return reasons.Dequeue() is { } refusal ? throw refusal : Task.FromResult(new CheckAccessResponse());
        };
        using var client = platform.Client();
        client.AddConsistencyToken("x");

        await client.CheckAccessAsync(new CheckAccessRequest(), Ct);
        var failure = await Assert.ThrowsAnyAsync<DmpException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));
        await client.CheckAccessAsync(new CheckAccessRequest(), Ct);

        Assert.Equal(ErrorReason.ConsistencyTokenInvalid, failure.ErrorReason);
        Assert.Equal(["x", "x", "x", ""], presented);
    }

    private void Note(ServerCallContext context)
    {
        lock (presented)
        {
            presented.Add(string.Join(',', context.RequestHeaders.GetAll(Name).Select(entry => entry.Value)));
        }
    }
}
