using System.Text;
using Dapper;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Limits;

/// <summary>Texts that come beside the message: metadata of the call and claims of the token.</summary>
public sealed class OtherTextsTests(Platform platform)
{
    [Theory]
    [InlineData("MAR\u202eTIN")]
    [InlineData("MAR\u200bTIN")]
    [InlineData("MARTIN\uffff")]
    [InlineData("MAR\0TIN")]
    public async Task A_name_in_a_token_holds_what_other_texts_hold(string name)
    {
        var claims = Callers.Claims(TestProfessional.New());
        claims["family_name"] = name;
        var refused = await Refusals.RefusedAsync(StatusCode.Unauthenticated, ErrorReason.TokenClaimInvalid, async () =>
            await platform.As(platform.Callers.Mint(claims)).Records.ListRecordsAsync(new(), cancellationToken: Given.Token));
        Assert.Contains("family_name", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_software_says_it_is_reads_in_the_trace_as_it_is()
    {
        var who = TestProfessional.New();
        using var http = new AsSoftware($"logiciel/1 \u202e\u200b{who.Id}");
        using var channel = GrpcChannel.ForAddress(platform.Server.Address, new() { HttpHandler = http });
        await new DmpApi(channel, platform.Callers.Token(who)).Records.ListRecordsAsync(new(), cancellationToken: Given.Token);
        await using var database = new NpgsqlConnection(platform.Databases.AdminOf(platform.Server.Database));
        await database.OpenAsync(Given.Token);
        Assert.Equal(
            $"logiciel/1 {who.Id}",
            await database.QuerySingleAsync<string>("select user_agent from audit_event where actor_id = @Id", new { Id = who.Id }));
    }

    [Fact]
    public async Task Consistency_tokens_without_end_are_no_tokens() =>
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ConsistencyTokenInvalid, async () =>
            await platform.As(TestProfessional.New()).Records.ListRecordsAsync(
                new(), new Metadata { { "dmp-consistency-token", new string('x', 20_000) } }, cancellationToken: Given.Token));

    /// <summary>Says that it is another software, in UTF-8.</summary>
    private sealed class AsSoftware(string agent)
        : DelegatingHandler(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 })
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            request.Headers.Remove("user-agent");
            request.Headers.TryAddWithoutValidation("user-agent", agent);
            return base.SendAsync(request, ct);
        }
    }
}
