using System.Runtime.CompilerServices;
using Dmp.Client;
using Dmp.Record.V1;
using Dmp.Server.Tests.Documentation;
using Dmp.Server.Tests.Fixtures;
using Replica;
using Xunit;

namespace Dmp.Server.Tests.Events;

/// <summary>The example of docs/feed.md, run against a server: with changes of every sort, and over a restart.</summary>
public sealed class ReplicaExampleTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public void The_guide_shows_the_example_as_it_is()
    {
        var example = Repository.Read("clients/dotnet/examples/Replica/PracticeReplica.cs");
        Assert.Contains($"```csharp\n{example}```", Repository.Read("docs/feed.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_example_holds_what_the_practice_may_see()
    {
        var record = await platform.RecordAsync();
        var (author, patient, reader) = (platform.As(record.Physician), platform.As(record.Patient), TestProfessional.New());
        var consent = await patient.GrantAsync(record.Id, reader.Actor);
        var first = await author.UploadAsync(record.Id);
        using var dmp = Client(platform.Server, reader);
        var replica = new PracticeReplica(dmp);
        await replica.LoadAsync();
        Assert.Equal([first.DocumentId], replica.Records[record.Id].Keys);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var following = replica.FollowAsync(stop.Token);
        var second = await author.UploadAsync(record.Id);
        await HoldsAsync(() => replica.Records[record.Id].ContainsKey(second.DocumentId));
        await patient.MaskAsync(first);
        await HoldsAsync(() => !replica.Records[record.Id].ContainsKey(first.DocumentId));
        await author.ReplaceAsync(second);
        await HoldsAsync(() => replica.Records[record.Id].TryGetValue(second.DocumentId, out var current) && current.Version == 2);
        await patient.RevokeAsync(consent);
        await HoldsAsync(() => !replica.Records.ContainsKey(record.Id));
        await patient.GrantAsync(record.Id, reader.Actor);
        await HoldsAsync(
            () => replica.Records.TryGetValue(record.Id, out var documents) && documents.Keys.SequenceEqual([second.DocumentId]));
        await patient.Records.CloseRecordAsync(
            new CloseRecordRequest { RecordId = record.Id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
            cancellationToken: Token);
        await HoldsAsync(() => !replica.Records.ContainsKey(record.Id));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    [Fact]
    public async Task A_subscription_of_the_sdk_goes_on_when_the_access_token_ends()
    {
        var record = await platform.RecordAsync();
        var author = platform.As(record.Physician);
        var given = 0;
        using var dmp = new DmpClient(new DmpClientOptions
        {
            Address = platform.Server.Address,
            Tokens = new DelegateTokenSource(_ =>
            {
                var claims = Callers.Claims(record.Physician);
                if (given++ == 1)
                {
                    claims["exp"] = DateTimeOffset.UtcNow.AddSeconds(2).ToUnixTimeSeconds();
                }

                return ValueTask.FromResult(platform.Callers.Mint(claims));
            }),
        });
        var start = await dmp.GetResumeTokenAsync(cancellationToken: Token);
        var seen = new List<string>();
        var sent = new List<string> { (await author.UploadAsync(record.Id)).DocumentId };
        await foreach (var response in dmp.SubscribeAsync(new() { ResumeToken = start }, cancellationToken: Token))
        {
            seen.AddRange(response.Events.Select(told => told.DocumentId));
            if (given > 2 && sent.Count == 1)
            {
                // The second stream, behind the end of the first one's token.
                sent.Add((await author.UploadAsync(record.Id)).DocumentId);
            }
            else if (seen.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(sent, seen);
    }

    private DmpClient Client(TestServer server, TestProfessional who) => new(new DmpClientOptions
    {
        Address = server.Address,
        Tokens = new DelegateTokenSource(_ => ValueTask.FromResult(platform.Callers.Token(who))),
    });

    // The replica changes on another thread, and a dictionary that changes while it is read says so.
    private static Task HoldsAsync(Func<bool> holds, [CallerArgumentExpression(nameof(holds))] string what = "") => Waiting.UntilAsync(
        () =>
        {
            try
            {
                return holds();
            }
            catch (Exception busy) when (busy is KeyNotFoundException or InvalidOperationException)
            {
                return false;
            }
        },
        what: what);
}
