using CsCheck;
using Dmp.Notice.V1;
using Dmp.Server.Data;
using Dmp.Server.Notices;
using Dmp.Server.Options;
using Dmp.Type.V1;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>The rules without I/O.</summary>
public sealed class NoticeRulesTests
{
    private static readonly NoticeOptions options = new();

    private static readonly NoticeFacts facts = new()
    {
        IsOpen = true,
        HasEmail = true,
        IsRepresented = false,
        EmailOff = [],
        WebhookOff = [],
        DocumentExists = true,
        IsRevealedLater = false,
    };

    private static readonly NoticeWay email = new(NoticeChannel.Email, "");
    private static readonly NoticeWay webhook = new(NoticeChannel.Webhook, "app");

    [Theory]
    [InlineData(OutboxKind.DocumentCreated, NoticeKind.NewDocument)]
    [InlineData(OutboxKind.DocumentMasked, null)]
    [InlineData(OutboxKind.ConsentRevoked, NoticeKind.ConsentChanged)]
    [InlineData(OutboxKind.EmergencyOpened, NoticeKind.EmergencyAccess)]
    [InlineData(OutboxKind.EmergencyAcknowledged, null)]
    [InlineData(OutboxKind.RecordUpdated, null)]
    [InlineData(OutboxKind.ConsentExpired, NoticeKind.ConsentChanged)]
    [InlineData(OutboxKind.MajorityReached, NoticeKind.ConsentChanged)]
    [InlineData(OutboxKind.WishStated, NoticeKind.WishesChanged)]
    [InlineData(OutboxKind.TrustedPersonInvited, null)]
    [InlineData(OutboxKind.TrustedPersonAccepted, NoticeKind.WishesChanged)]
    [InlineData("SOMETHING_TO_COME", null)]
    public void A_change_tells_one_kind_or_nothing(string kind, NoticeKind? expected)
    {
        Assert.Equal(expected, NoticeRules.KindOf(Change(kind), facts));
        Assert.Null(NoticeRules.KindOf(Change(kind) with { MadeByKind = (short)ActorKind.Patient }, facts));
    }

    [Fact]
    public void Whoever_accepts_a_delegation_is_not_the_patient_of_the_record() =>
        Assert.Equal(
            NoticeKind.ConsentChanged,
            NoticeRules.KindOf(Change(OutboxKind.DelegationAccepted) with { MadeByKind = (short)ActorKind.Patient }, facts));

    [Fact]
    public void A_hidden_document_is_told_by_its_revelation_alone()
    {
        var hidden = facts with { PatientVisibleTime = DateTimeOffset.UtcNow.AddDays(-1) };
        Assert.Null(NoticeRules.KindOf(Change(OutboxKind.DocumentCreated), hidden));
        Assert.Null(NoticeRules.KindOf(Change(OutboxKind.DocumentCreated), facts with { IsRevealedLater = true }));
        Assert.Equal(NoticeKind.DocumentAnnounced, NoticeRules.KindOf(Change(OutboxKind.DocumentAnnounced), hidden));
        Assert.Null(NoticeRules.KindOf(Change(OutboxKind.DocumentAnnounced), facts));
        var revealed = Change(OutboxKind.DocumentRevealed) with { WasPatientVisibleTime = DateTimeOffset.UtcNow };
        Assert.Equal(NoticeKind.NewDocument, NoticeRules.KindOf(revealed, facts));
        Assert.Null(NoticeRules.KindOf(revealed, hidden));
        Assert.Null(NoticeRules.KindOf(revealed, facts with { IsOpen = false }));
    }

    [Fact]
    public void A_secret_has_no_way_out_and_an_emergency_always_has_one() =>
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Short[1, 5].Array[0, 5], Gen.Short[1, 5].Array[0, 5], Gen.Int[1, 5]).Sample(
            (secret, hasEmail, hasWebhook, emailOff, webhookOff, number) =>
            {
                var kind = (NoticeKind)number;
                NoticeWay[] open = hasWebhook ? [email, webhook] : [email];
                var ways = NoticeRules.WaysOf(
                    kind, secret, facts with { HasEmail = hasEmail, EmailOff = emailOff, WebhookOff = webhookOff }, open);
                if (secret)
                {
                    return ways.Count == 0;
                }

                var possible = open.Where(way => way != email || hasEmail).ToList();
                var wanted = possible.FindAll(way => !(way == email ? emailOff : webhookOff).Contains((short)number));
                return ways.SequenceEqual(wanted.Count == 0 && kind == NoticeKind.EmergencyAccess ? possible : wanted);
            });

    [Fact]
    public void Pauses_grow_to_their_limit_and_are_never_nothing() =>
        Gen.Select(Gen.Int[1, 1_000_000], Gen.Double[0, 0.999999]).Sample((attempts, random) =>
        {
            var pause = NoticeRules.PauseAfter(attempts, random, options);
            var whole = NoticeRules.PauseAfter(attempts, 0, options);
            return pause >= options.RetryAfter / 2
                && pause <= options.RetryAfterMax
                && whole <= NoticeRules.PauseAfter(attempts + 1, 0, options)
                && pause >= whole / 2;
        });

    [Theory]
    [InlineData(NoticeDeliveryFailure.Unspecified, NoticeDeliveryState.Delivered, NoticeDeliveryState.Delivered)]
    [InlineData(NoticeDeliveryFailure.Unreachable, NoticeDeliveryState.Pending, NoticeDeliveryState.Dead)]
    [InlineData(NoticeDeliveryFailure.RefusedForNow, NoticeDeliveryState.Pending, NoticeDeliveryState.Dead)]
    [InlineData(NoticeDeliveryFailure.Internal, NoticeDeliveryState.Pending, NoticeDeliveryState.Dead)]
    [InlineData(NoticeDeliveryFailure.Refused, NoticeDeliveryState.Dead, NoticeDeliveryState.Dead)]
    [InlineData(NoticeDeliveryFailure.Gone, NoticeDeliveryState.Dead, NoticeDeliveryState.Dead)]
    [InlineData(NoticeDeliveryFailure.AddressMissing, NoticeDeliveryState.Cancelled, NoticeDeliveryState.Cancelled)]
    public void An_attempt_ends_a_delivery_or_leaves_it_waiting_while_there_is_time(
        NoticeDeliveryFailure failure, NoticeDeliveryState inTime, NoticeDeliveryState late)
    {
        var now = DateTimeOffset.UtcNow;
        Assert.Equal(inTime, NoticeRules.StateAfter(new AttemptResult(failure), now, now.AddSeconds(1)));
        Assert.Equal(late, NoticeRules.StateAfter(new AttemptResult(failure), now, now.AddSeconds(-1)));
    }

    [Fact]
    public void Settings_that_would_send_in_plain_text_or_unsigned_stop_the_server()
    {
        var secret = "whsec_" + Convert.ToBase64String(new byte[24]);
        NoticeOptions With(string url, params string[] secrets) =>
            new() { Webhooks = { ["app"] = new() { Url = url, Secrets = [.. secrets] } } };
        Assert.Empty(NoticeOptionsRules.Faults(With("https://app.example/n", secret), isSandbox: false));
        Assert.Empty(NoticeOptionsRules.Faults(With("http://127.0.0.1:1/n", secret), isSandbox: true));
        Assert.Single(NoticeOptionsRules.Faults(With("http://app.example/n", secret), isSandbox: false));
        Assert.Single(NoticeOptionsRules.Faults(With("https://me:pw@app.example/n", secret), isSandbox: false));
        Assert.Single(NoticeOptionsRules.Faults(With("https://app.example/n"), isSandbox: false));
        Assert.Single(NoticeOptionsRules.Faults(With("https://app.example/n", "whsec_c2hvcnQ="), isSandbox: false));
        NoticeOptions Mail(string host, SmtpSecurity security, string? from = "a@b.example") =>
            new() { From = from, Smtp = new() { Host = host, Security = security } };
        Assert.Empty(NoticeOptionsRules.Faults(Mail("mail.example", SmtpSecurity.StartTls), isSandbox: false));
        Assert.Empty(NoticeOptionsRules.Faults(Mail("127.0.0.1", SmtpSecurity.None), isSandbox: false));
        Assert.Single(NoticeOptionsRules.Faults(Mail("mail.example", SmtpSecurity.None), isSandbox: false));
        Assert.Single(NoticeOptionsRules.Faults(Mail("mail.example", SmtpSecurity.Tls, from: null), isSandbox: false));
        Assert.Single(NoticeOptionsRules.Faults(new() { MailboxDirectory = "/tmp/x" }, isSandbox: false));
        Assert.Single(NoticeOptionsRules.Faults(new() { RetryFor = TimeSpan.Zero }, isSandbox: true));
    }

    private static ChangeRow Change(string kind) => new()
    {
        Position = 1,
        CommitPosition = 1,
        EventTime = DateTimeOffset.UtcNow,
        Kind = kind,
        RecordId = Guid.NewGuid(),
        DocumentId = kind.StartsWith("DOCUMENT", StringComparison.Ordinal) ? Guid.NewGuid() : null,
        HiddenFromRepresentatives = false,
        MadeByKind = (short)ActorKind.Professional,
    };
}
