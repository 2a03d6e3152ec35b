using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dmp.Notice.V1;
using Microsoft.Extensions.Time.Testing;

namespace Dmp.Client.Tests;

/// <summary>What a patient application accepts as a notice.</summary>
public sealed class NoticeWebhookTests
{
    // The example of the specification of Standard Webhooks: secret, id, time, body and signature are its own.
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Timestamp = "1614265330";
    private const string Body = """{"test": 2432232314}""";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private const string NoticeId = "0198f2d0-0000-7000-8000-000000000001";
    private const string Notice =
        $$"""{"notice_id":"{{NoticeId}}","kind":"EMERGENCY_ACCESS","record_id":"0198f2d0-0000-7000-8000-000000000002","""
        + "\"time\":\"2026-11-25T22:12:00.123456Z\"}";

    [Fact]
    public void The_example_of_the_specification_is_signed_as_we_compute_it()
    {
        Assert.Equal(Signature, Sign(Secret, Id, Timestamp, Body));

        // Well signed, and no notice.
        Assert.Null(At(Timestamp, Secret).Read(Id, Timestamp, Signature, Encoding.UTF8.GetBytes(Body)));
    }

    [Fact]
    public void A_notice_is_read_and_everything_else_is_not()
    {
        var signature = Sign(Secret, NoticeId, Timestamp, Notice);
        var body = Encoding.UTF8.GetBytes(Notice);
        var webhook = At(Timestamp, Secret);

        var notice = webhook.Read(NoticeId, Timestamp, signature, body);
        Assert.Equal(
            new WebhookNotice(
                NoticeId, NoticeKind.EmergencyAccess, "0198f2d0-0000-7000-8000-000000000002",
                new DateTimeOffset(2026, 11, 25, 22, 12, 0, TimeSpan.Zero).AddMicroseconds(123456)),
            notice);
        Assert.NotNull(webhook.Read(NoticeId, Timestamp, $"v1a,xyz v1,AAAA {signature}", body));

        Assert.Null(webhook.Read(
            NoticeId, Timestamp, signature, Encoding.UTF8.GetBytes(Notice.Replace("EMERGENCY", "FIRST", StringComparison.Ordinal))));
        Assert.Null(webhook.Read(NoticeId, "1614265331", signature, body));
        Assert.Null(webhook.Read(Id, Timestamp, Sign(Secret, Id, Timestamp, Notice), body));
        Assert.Null(webhook.Read(NoticeId, Timestamp, signature[3..], body));
        Assert.Null(webhook.Read(NoticeId, Timestamp, "", body));
        Assert.Null(webhook.Read(null, Timestamp, signature, body));
        Assert.Null(webhook.Read(NoticeId, null, signature, body));
        Assert.Null(webhook.Read(NoticeId, Timestamp, null, body));
    }

    [Fact]
    public void An_old_call_sent_again_is_not_read()
    {
        var signature = Sign(Secret, NoticeId, Timestamp, Notice);
        var body = Encoding.UTF8.GetBytes(Notice);
        Assert.NotNull(At("1614265629", Secret).Read(NoticeId, Timestamp, signature, body));
        Assert.Null(At("1614265631", Secret).Read(NoticeId, Timestamp, signature, body));
        Assert.Null(At("1614265029", Secret).Read(NoticeId, Timestamp, signature, body));
    }

    [Fact]
    public void While_a_secret_is_replaced_both_are_good()
    {
        var next = "whsec_" + Convert.ToBase64String(new byte[32]);
        var body = Encoding.UTF8.GetBytes(Notice);
        Assert.NotNull(At(Timestamp, next, Secret).Read(NoticeId, Timestamp, Sign(Secret, NoticeId, Timestamp, Notice), body));
        Assert.NotNull(At(Timestamp, next, Secret).Read(NoticeId, Timestamp, Sign(next, NoticeId, Timestamp, Notice), body));
        Assert.Null(At(Timestamp, next).Read(NoticeId, Timestamp, Sign(Secret, NoticeId, Timestamp, Notice), body));
        Assert.Throws<ArgumentException>(() => new NoticeWebhook([]));
        Assert.Throws<ArgumentException>(() => new NoticeWebhook(["secret"]));
    }

    private static NoticeWebhook At(string unixSeconds, params string[] secrets) => new(
        secrets, time: new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(long.Parse(unixSeconds, CultureInfo.InvariantCulture))));

    private static string Sign(string secret, string id, string timestamp, string body)
    {
        using var mac = new HMACSHA256(Convert.FromBase64String(secret["whsec_".Length..]));
        return "v1," + Convert.ToBase64String(mac.ComputeHash(Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")));
    }
}
