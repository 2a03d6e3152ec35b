using Dmp.Server.Calls;
using Dmp.Server.Identity;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Identity.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Identity;

/// <summary>Issuers that change their keys, are away, come back, or are not who they say.</summary>
public sealed class IssuerKeysTests
{
    private static readonly TimeSpan refreshInterval = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, object?> none = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_token_of_a_new_key_is_accepted_and_the_old_key_is_gone()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var app = await TokenApp.StartAsync(TokenApp.Trust(issuer, CallerKind.Operator));
        for (var round = 2; round <= 3; round++)
        {
            var before = issuer.Mint(none);
            Assert.NotNull((await app.CallAsync(before, Ct)).Caller);
            using var old = issuer.Keys[0];
            issuer.Keys[0] = new TestKey($"rsa-{round}");
            await Waiting.PassedAsync(issuer.LastFetchTime + refreshInterval);

            Assert.NotNull((await app.CallAsync(issuer.Mint(none), Ct)).Caller);
            Assert.Equal(new(TokenRefusalReason.BadSignature), (await app.CallAsync(issuer.Mint(none, key: old), Ct)).Refusal);
            Assert.Equal(new(TokenRefusalReason.BadSignature), (await app.CallAsync(before, Ct)).Refusal);
        }
    }

    [Fact]
    public async Task A_token_that_was_accepted_is_known_again_until_it_ends()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var app = await TokenApp.StartAsync(TokenApp.Trust(issuer, CallerKind.Operator));
        var end = DateTimeOffset.UtcNow.AddSeconds(20).ToUnixTimeSeconds();
        var token = issuer.Mint(new Dictionary<string, object?> { ["exp"] = end });
        var caller = (await app.CallAsync(token, Ct)).Caller;
        Assert.NotNull(caller);
        Assert.Same(caller, (await app.CallAsync(token, Ct)).Caller);
        var other = (await app.CallAsync(issuer.Mint(none), Ct)).Caller;
        Assert.NotNull(other);
        Assert.NotSame(caller, other);

        // Within what clocks may differ it is looked at anew each time.
        await Waiting.PassedAsync(DateTimeOffset.FromUnixTimeSeconds(end));
        Assert.NotSame(caller, (await app.CallAsync(token, Ct)).Caller);
    }

    [Fact]
    public async Task Invented_key_ids_do_not_make_a_fetch_each()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var app = await TokenApp.StartAsync(TokenApp.Trust(issuer, CallerKind.Operator));
        Assert.NotNull((await app.CallAsync(issuer.Mint(none), Ct)).Caller);
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 50; i++)
        {
            var token = issuer.Mint(none, new Dictionary<string, object?> { ["kid"] = $"invented-{i}" });
            Assert.Equal(new(TokenRefusalReason.BadSignature), (await app.CallAsync(token, Ct)).Refusal);
        }

        // One at the start, one for the first unknown key, then one per second.
        Assert.InRange(issuer.Fetches, 1, 3 + (int)TimeProvider.System.GetElapsedTime(started).TotalSeconds);
    }

    [Fact]
    public async Task An_issuer_that_is_down_is_unavailable_and_usable_once_it_is_up()
    {
        await using var issuer = await TestIssuer.StoppedAsync();
        await using var app = await TokenApp.StartAsync(TokenApp.Trust(issuer, CallerKind.Operator));
        Assert.Equal(new(TokenRefusalReason.IssuerUnavailable), (await app.CallAsync(issuer.Mint(none), Ct)).Refusal);

        await issuer.ListenAsync();
        await Waiting.UntilAsync(async () => (await app.CallAsync(issuer.Mint(none), Ct)).Caller is not null);
    }

    [Fact]
    public async Task Known_keys_outlive_an_issuer_that_goes_down()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var app = await TokenApp.StartAsync(TokenApp.Trust(issuer, CallerKind.Operator));
        Assert.NotNull((await app.CallAsync(issuer.Mint(none), Ct)).Caller);

        await issuer.StopAsync();

        Assert.NotNull((await app.CallAsync(issuer.Mint(none), Ct)).Caller);
    }

    [Fact]
    public async Task A_discovery_document_of_another_issuer_is_not_believed()
    {
        await using var issuer = await TestIssuer.StartAsync();
        issuer.DiscoveredIssuer = "https://other.example";
        await using var app = await TokenApp.StartAsync(TokenApp.Trust(issuer, CallerKind.Operator));

        Assert.Equal(new(TokenRefusalReason.IssuerUnavailable), (await app.CallAsync(issuer.Mint(none), Ct)).Refusal);
        Assert.Contains("names another issuer", app.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_issuer_vouches_with_its_own_keys_and_for_its_own_kinds_only()
    {
        await using var professionals = await TestIssuer.StartAsync("/realms/psc");
        await using var patients = await TestIssuer.StartAsync();
        await using var app = await TokenApp.StartAsync(
        [
            .. TokenApp.Trust(professionals, CallerKind.Professional),
            .. TokenApp.Trust(patients, CallerKind.Patient)
                .Select(pair => (pair.Key.Replace(":0:", ":1:", StringComparison.Ordinal), pair.Value)),
            ("Identity:Issuers:1:Name", "patients"),
            ("Identity:Issuers:1:CallerKinds:0", "Patient"),
        ]);

        Assert.Equal(CallerKind.Professional, (await app.CallAsync(professionals.Mint(TestClaims.Professional()), Ct)).Caller?.Kind);
        Assert.Equal(CallerKind.Patient, (await app.CallAsync(patients.Mint(TestClaims.Patient()), Ct)).Caller?.Kind);

        // The patients' issuer signs a professional, and signs in the name of the other one with its own key of the same id.
        Assert.Equal(
            new(TokenRefusalReason.ClaimMissing, "ins"), (await app.CallAsync(patients.Mint(TestClaims.Professional()), Ct)).Refusal);
        Assert.Equal(
            new(TokenRefusalReason.BadSignature),
            (await app.CallAsync(patients.Mint(TestClaims.Professional().With("iss", professionals.Authority)), Ct)).Refusal);
    }
}
