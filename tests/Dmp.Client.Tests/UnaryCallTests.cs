using System.Diagnostics;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Grpc.Core;

namespace Dmp.Client.Tests;

public sealed class UnaryCallTests : IAsyncLifetime
{
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => platform = await ScriptedPlatform.StartAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task Unavailable_then_ok_is_repeated_with_the_same_request_id()
    {
        var ids = new List<string>();
        platform.OpenRecord = (request, _) =>
        {
            ids.Add(request.RequestId);
            return ids.Count < 3
                ? throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE")
                : Task.FromResult(new OpenRecordResponse { Record = new Record.V1.Record { RecordId = "r-1" } });
        };
        using var client = platform.Client();
        var message = new OpenRecordRequest();

        var opened = await client.OpenRecordAsync(message, Ct);

        Assert.Equal("r-1", opened.Record.RecordId);
        Assert.Equal(3, ids.Count);
        Assert.Single(ids.Distinct());
        Assert.Equal(4, Guid.Parse(ids[0]).Version);
        Assert.Equal("", message.RequestId);
    }

    [Fact]
    public async Task The_software_is_named_in_every_attempt()
    {
        var said = new List<string>();
        platform.CheckAccess = (_, context) =>
        {
            said.Add(context.RequestHeaders.GetValue("user-agent")!);
            return said.Count < 2
                ? throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE")
                : Task.FromResult(new CheckAccessResponse());
        };
        using var client = platform.Client(options => options.Software = "LogicielCabinet/4.2");

        await client.CheckAccessAsync(new CheckAccessRequest(), Ct);

        Assert.Equal(2, said.Count);
        Assert.All(said, agent => Assert.StartsWith("LogicielCabinet/4.2 Dmp.Client/", agent, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Cabinet")]
    [InlineData("(Cabinet)")]
    [InlineData("Logiciel de cabinet")]
    [InlineData("Cabinet/4.2\r\nauthorization: x")]
    public void Software_without_the_form_of_a_product_is_refused(string software)
    {
        using var tokens = new ClientCredentialsTokenSource(
            new() { Issuer = new("http://127.0.0.1:1/"), ClientId = "a", ClientSecret = "b" });
        Assert.Throws<InvalidOperationException>(
            () => new DmpClient(new() { Address = new("http://127.0.0.1:1"), Tokens = tokens, Software = software }));
    }

    [Fact]
    public async Task A_secret_connection_says_so_once_in_every_attempt_and_leaves_the_client_it_came_from_alone()
    {
        var said = new List<string>();
        platform.CheckAccess = (_, context) =>
        {
            said.Add(
                string.Join(',', context.RequestHeaders.Where(entry => entry.Key == "dmp-secret-connection").Select(entry => entry.Value)));
            return said.Count < 3
                ? throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE")
                : Task.FromResult(new CheckAccessResponse());
        };
        using var client = platform.Client();

        await client.InSecretConnection().CheckAccessAsync(new CheckAccessRequest(), Ct);
        await client.InSecretConnection().WithTokens(new DelegateTokenSource(_ => ValueTask.FromResult("token-2")))
            .CheckAccessAsync(new CheckAccessRequest(), Ct);
        await client.CheckAccessAsync(new CheckAccessRequest(), Ct);

        Assert.Equal(["true", "true", "true", "true", ""], said);
    }

    [Fact]
    public async Task A_request_id_of_the_caller_is_kept()
    {
        platform.OpenRecord = (request, _) =>
            Task.FromResult(new OpenRecordResponse { Record = new Record.V1.Record { RecordId = request.RequestId } });
        using var client = platform.Client();

        var opened = await client.OpenRecordAsync(new OpenRecordRequest { RequestId = "mine" }, Ct);

        Assert.Equal("mine", opened.Record.RecordId);
    }

    [Fact]
    public async Task A_platform_that_stays_unavailable_is_asked_until_the_deadline()
    {
        var calls = 0;
        platform.CheckAccess =
            (_, _) => { Interlocked.Increment(ref calls); throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE"); };
        using var client = platform.Client(options => options.CallDeadline = TimeSpan.FromSeconds(3));

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        // The real reason, or that the last attempt had no time left; and many more than the four of before.
        Assert.True(
            failure.ErrorReason is ErrorReason.StorageUnavailable || failure.StatusCode == StatusCode.DeadlineExceeded, $"{failure}");
        Assert.True(calls > 8, $"{calls} calls");
    }

    [Theory]
    [InlineData("STORAGE_UNAVAILABLE")]
    [InlineData("ISSUER_UNAVAILABLE")]
    [InlineData("SERVER_STOPPING")]
    public async Task What_passes_by_itself_is_repeated_and_told(string reason)
    {
        var calls = 0;
        platform.CheckAccess = (_, _) => ++calls <= 12
            ? throw Refusal.With(StatusCode.Unavailable, reason)
            : Task.FromResult(new CheckAccessResponse { RecordId = "r-1" });
        List<DmpRetry> told = [];
        using var client = platform.Client(options => options.Retrying = told.Add);

        Assert.Equal("r-1", (await client.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);

        Assert.Equal(Enumerable.Range(1, 12), told.Select(retry => retry.Failures));
        Assert.All(told, retry => Assert.Equal(reason, retry.Reason));
    }

    [Fact]
    public async Task A_platform_that_stays_unavailable_is_asked_as_often_as_was_said()
    {
        var calls = 0;
        platform.CheckAccess = (_, _) => { calls++; throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE"); };
        using var client = platform.Client(options => options.AttemptsMax = 4);

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.Equal(ErrorReason.StorageUnavailable, failure.ErrorReason);
        Assert.Equal(4, calls);
    }

    [Fact]
    public async Task A_lost_race_is_repeated_after_the_delay_the_platform_asks_for()
    {
        var times = new List<long>();
        platform.OpenRecord = (_, _) =>
        {
            times.Add(Stopwatch.GetTimestamp());
            return times.Count == 1
                ? throw Refusal.With(StatusCode.Aborted, "WRITE_CONFLICT", TimeSpan.FromMilliseconds(400))
                : Task.FromResult(new OpenRecordResponse());
        };
        using var client = platform.Client();

        await client.OpenRecordAsync(new OpenRecordRequest(), Ct);

        Assert.InRange(Stopwatch.GetElapsedTime(times[0], times[1]), TimeSpan.FromMilliseconds(390), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_stale_etag_is_never_repeated()
    {
        var calls = 0;
        platform.OpenRecord = (_, _) => { calls++; throw Refusal.With(StatusCode.Aborted, "ETAG_MISMATCH"); };
        using var client = platform.Client();

        var failure = await Assert.ThrowsAsync<DmpConflictException>(() => client.OpenRecordAsync(new OpenRecordRequest(), Ct));

        Assert.Equal(ErrorReason.EtagMismatch, failure.ErrorReason);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task A_fault_of_the_platform_is_not_repeated_but_a_broken_connection_is()
    {
        var calls = 0;
        platform.CheckAccess = (_, _) => { calls++; throw Refusal.With(StatusCode.Internal, "INTERNAL"); };
        using var client = platform.Client();
        await Assert.ThrowsAsync<DmpException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));
        Assert.Equal(1, calls);

        calls = 0;
        platform.CheckAccess = (_, context) =>
        {
            if (++calls == 1)
            {
                context.GetHttpContext().Abort();
            }
            return Task.FromResult(new CheckAccessResponse { RecordId = "r-1" });
        };
        Assert.Equal("r-1", (await client.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task An_expired_token_is_replaced_once()
    {
        var seen = new List<string?>();
        platform.CheckAccess = (_, context) =>
        {
            seen.Add(context.RequestHeaders.GetValue("authorization"));
            return seen.Count == 1
                ? throw Refusal.With(StatusCode.Unauthenticated, "TOKEN_EXPIRED")
                : Task.FromResult(new CheckAccessResponse());
        };
        using var client = platform.Client(options => options.Tokens = new NumberedTokens());

        await client.CheckAccessAsync(new CheckAccessRequest(), Ct);

        Assert.Equal(["Bearer token-1", "Bearer token-2"], seen);
    }

    [Fact]
    public async Task Tokens_that_stay_expired_are_an_authentication_failure()
    {
        var calls = 0;
        platform.CheckAccess = (_, _) => { calls++; throw Refusal.With(StatusCode.Unauthenticated, "TOKEN_EXPIRED"); };
        using var client = platform.Client(options => options.Tokens = new NumberedTokens());

        await Assert.ThrowsAsync<DmpAuthenticationException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_call_that_takes_too_long_is_unavailable()
    {
        platform.CheckAccess = async (_, context) => { await Waiting.ForeverAsync(context.CancellationToken); return new(); };
        using var client = platform.Client(options => options.CallDeadline = TimeSpan.FromMilliseconds(300));

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Fact]
    public async Task A_delay_longer_than_the_deadline_is_not_waited_for()
    {
        platform.CheckAccess = (_, _) => throw Refusal.With(StatusCode.Unavailable, "STORAGE_UNAVAILABLE", TimeSpan.FromMinutes(5));
        using var client = platform.Client();

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.Equal(TimeSpan.FromMinutes(5), failure.RetryAfter);
    }

    [Fact]
    public async Task The_callers_cancellation_is_no_error_of_the_platform()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        platform.CheckAccess = async (_, context) =>
        {
            await stop.CancelAsync();
            await Waiting.ForeverAsync(context.CancellationToken);
            return new();
        };
        using var client = platform.Client();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.CheckAccessAsync(new CheckAccessRequest(), stop.Token));
    }

    [Fact]
    public async Task An_address_where_nobody_listens_is_unavailable()
    {
        using var client = platform.Client(options => { options.Address = new Uri("http://127.0.0.1:1"); options.AttemptsMax = 4; });

        await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));
    }

    [Fact]
    public async Task Pages_are_turned_until_the_last_one()
    {
        var tokens = new List<string>();
        platform.SearchDocuments = (request, _) =>
        {
            Assert.Equal("r-1", request.RecordId);
            tokens.Add(request.PageToken);
            var page = new SearchDocumentsResponse { NextPageToken = tokens.Count < 3 ? $"page-{tokens.Count}" : "" };
            page.Documents.Add(new DocumentEntry { DocumentId = $"d-{tokens.Count}" });
            return Task.FromResult(page);
        };
        using var client = platform.Client();

        var found = new List<string>();
        await foreach (var document in client.SearchDocumentsAsync(new SearchDocumentsRequest { RecordId = "r-1" }, Ct))
        {
            found.Add(document.DocumentId);
        }

        Assert.Equal(["d-1", "d-2", "d-3"], found);
        Assert.Equal(["", "page-1", "page-2"], tokens);
    }

    [Fact]
    public async Task The_generated_clients_carry_token_and_deadline_too()
    {
        platform.CheckAccess = (_, context) =>
        {
            Assert.InRange(context.Deadline, DateTime.MinValue, DateTime.MaxValue.AddDays(-1));
            return Task.FromResult(new CheckAccessResponse { RecordId = context.RequestHeaders.GetValue("authorization")! });
        };
        using var client = platform.Client();

        using var call = client.Records.CheckAccessAsync(new CheckAccessRequest(), cancellationToken: Ct);
        Assert.Equal("Bearer token-1", (await call.ResponseAsync).RecordId);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.NotNull(await call.ResponseHeadersAsync);
        Assert.Equal("Bearer token-1", client.Records.CheckAccess(new CheckAccessRequest(), cancellationToken: Ct).RecordId);
    }

    [Fact]
    public async Task Another_identity_calls_over_the_same_connection()
    {
        var connections = new HashSet<string>();
        platform.CheckAccess = (_, context) =>
        {
            connections.Add(context.GetHttpContext().Connection.Id);
            return Task.FromResult(new CheckAccessResponse { RecordId = context.RequestHeaders.GetValue("authorization")! });
        };
        using var client = platform.Client();
        using var other = client.WithTokens(new DelegateTokenSource(_ => ValueTask.FromResult("other")));

        Assert.Equal("Bearer token-1", (await client.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        Assert.Equal("Bearer other", (await other.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        Assert.Single(connections);
    }

    private sealed class NumberedTokens : ITokenSource
    {
        private int number = 1;

        public ValueTask<string> GetTokenAsync(CancellationToken cancellationToken) => ValueTask.FromResult($"token-{number}");

        public void Invalidate(string token)
        {
            Assert.Equal($"token-{number}", token);
            number++;
        }
    }
}
