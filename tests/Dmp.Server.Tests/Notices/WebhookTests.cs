using System.Globalization;
using System.Text.Json;
using Dmp.Notice.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>What a patient application receives, and what its answers do.</summary>
public sealed class WebhookTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_is_signed_with_every_secret_and_says_nothing_but_what_when_and_where()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        var record = await notices.RecordAsync();
        await notices.SettleAsync();

        var call = Assert.Single(notices.Application.Received);
        Assert.All(notices.Application.Secrets, secret => Assert.True(call.IsSignedWith(secret)));
        Assert.False(call.IsSignedWith("whsec_" + Convert.ToBase64String(new byte[32])));
        Assert.Equal(call.NoticeId, call.Headers["webhook-id"]);
        Assert.Equal("application/json", call.Headers["Content-Type"]);
        var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse(call.Headers["webhook-timestamp"], CultureInfo.InvariantCulture));
        Assert.InRange(sent, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.Equal(["kind", "notice_id", "record_id", "time"], call.Json.EnumerateObject().Select(property => property.Name).Order());
        Assert.Equal(("CONSENT_CHANGED", record.Id), (call.Kind, call.RecordId));
        var listed = (await NoticePlatform.ListAsync(notices.As(record.Patient), record.Id)).Single();
        Assert.Equal(listed.NoticeId, call.NoticeId);
        Assert.Equal(JsonValueKind.String, call.Json.GetProperty("time").ValueKind);
        Assert.Equal(listed.EventTime.ToDateTimeOffset(), call.Json.GetProperty("time").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_repeat_has_the_same_id_and_a_signature_of_its_own_time()
    {
        await using var notices = await NoticePlatform.StartAsync(
            platform, "--Dmp:Notices:RetryAfter=00:00:01", "--Dmp:Notices:RetryAfterMax=00:00:03");
        notices.Application.Status = StatusCodes.Status500InternalServerError;
        await notices.RecordAsync();
        await Waiting.UntilAsync(() => notices.Application.Received.Count >= 3);
        notices.Application.Status = StatusCodes.Status204NoContent;
        await notices.SettleAsync();

        Assert.Single(notices.Application.Received.Select(call => call.NoticeId).Distinct());
        Assert.Single(notices.Application.Received.Select(call => call.Headers["webhook-id"]).Distinct());
        Assert.True(notices.Application.Received.Select(call => call.Headers["webhook-timestamp"]).Distinct().Count() > 1);
        Assert.All(notices.Application.Received, call => Assert.True(call.IsSignedWith(notices.Application.Secrets[0])));
    }

    [Fact]
    public async Task An_application_that_is_gone_is_not_called_again()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        notices.Application.Status = StatusCodes.Status410Gone;
        await notices.RecordAsync();
        await notices.SettleAsync();

        Assert.Single(notices.Application.Received);
        var letter = Assert.Single((await notices.AsOperator().Notices.ListDeadLettersAsync(new(), cancellationToken: Token)).DeadLetters);
        Assert.Equal((1, NoticeDeliveryFailure.Gone), (letter.Attempts, letter.Failure));
    }

    [Fact]
    public async Task A_redirection_leads_nowhere()
    {
        await using var notices = await NoticePlatform.StartAsync(platform, "--Dmp:Notices:RetryFor=00:00:00.5");
        notices.Application.Status = StatusCodes.Status307TemporaryRedirect;
        await notices.RecordAsync();
        await notices.SettleAsync();

        Assert.NotEmpty(notices.Application.Received);
        Assert.False(notices.Application.WasRedirected);
        Assert.Single((await notices.AsOperator().Notices.ListDeadLettersAsync(new(), cancellationToken: Token)).DeadLetters);
    }
}
