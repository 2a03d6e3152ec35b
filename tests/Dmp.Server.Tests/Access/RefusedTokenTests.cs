using System.Text;
using System.Text.Json.Nodes;
using Dmp.Error.V1;
using Dmp.Server.Audit;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Dmp.Server.Tests.Access;

/// <summary>Tokens that are not good enough, as a vendor meets them. The validation itself is tested in Identity.</summary>
public sealed class RefusedTokenTests(Platform platform)
{
    [Fact]
    public async Task Each_fault_of_a_token_has_its_reason()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await RefusedAsync(
            ErrorReason.TokenExpired, claims => (claims["exp"], claims["nbf"], claims["iat"]) = (now - 60, now - 900, now - 900));
        await RefusedAsync(ErrorReason.TokenNotYetValid, claims => (claims["nbf"], claims["exp"]) = (now + 600, now + 900));
        await RefusedAsync(ErrorReason.TokenAudienceMismatch, claims => claims["aud"] = "another-api");
        await RefusedAsync(ErrorReason.TokenIssuerUnknown, claims => claims["iss"] = "https://issuer.example/");
        await RefusedAsync(ErrorReason.TokenClaimMissing, claims => claims.Remove("SubjectNameID"));
        await RefusedAsync(ErrorReason.TokenClaimInvalid, claims => claims["SubjectNameID"] = "dr-martin");
        await RefusedAsync(ErrorReason.TokenClaimInvalid, claims => claims["dmp_kind"] = "superuser");
    }

    [Fact]
    public async Task Alg_none_and_a_forged_signature()
    {
        var good = platform.Callers.Token(TestProfessional.New());
        var none = $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"at+jwt"}""")}.{good.Split('.')[1]}.";
        await RefusedAsync(ErrorReason.TokenMalformed, none);
        await RefusedAsync(ErrorReason.TokenSignatureInvalid, $"{good[..good.LastIndexOf('.')]}.{Base64UrlEncoder.Encode(new byte[256])}");

        // The same signature over other claims.
        var parts = good.Split('.');
        var claims = JsonNode.Parse(Base64UrlEncoder.Decode(parts[1]))!;
        claims["dmp_kind"] = "operator";
        await RefusedAsync(ErrorReason.TokenSignatureInvalid, $"{parts[0]}.{Base64UrlEncoder.Encode(claims.ToJsonString())}.{parts[2]}");
    }

    [Fact]
    public async Task A_refused_token_is_in_the_trace()
    {
        await RefusedAsync(ErrorReason.TokenMalformed, "garbage");
        await platform.Server.Services.GetRequiredService<RefusedCalls>().WriteAsync(TestContext.Current.CancellationToken);
        Assert.InRange(
            await platform.Server.QueryAsync<long>(
                platform, "select coalesce(sum(call_count), 0)::bigint from audit_event where reason = 'TOKEN_MALFORMED'"),
            1,
            long.MaxValue);
    }

    private Task<Google.Rpc.Status> RefusedAsync(ErrorReason reason, Action<JsonObject> change)
    {
        var claims = Callers.Claims(TestProfessional.New());
        change(claims);
        return RefusedAsync(reason, platform.Callers.Mint(claims));
    }

    private async Task<Google.Rpc.Status> RefusedAsync(ErrorReason reason, string token)
    {
        var status = await Refusals.RefusedAsync(StatusCode.Unauthenticated, reason, async () =>
            await platform.As(token).Records.ListRecordsAsync(new(), cancellationToken: TestContext.Current.CancellationToken));
        Assert.DoesNotContain(
            token, Encoding.UTF8.GetString(Google.Protobuf.MessageExtensions.ToByteArray(status)), StringComparison.Ordinal);
        return status;
    }
}
