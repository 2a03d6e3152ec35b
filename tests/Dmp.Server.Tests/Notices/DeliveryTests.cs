using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmp.Error.V1;
using Dmp.Notice.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SmtpServer.Protocol;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>Every delivery comes to its end, whatever the other side does.</summary>
public sealed class DeliveryTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_happened_while_the_mail_server_was_away_is_delivered_when_it_is_back()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        await notices.Mail.CloseAsync();
        var record = await notices.RecordAsync();
        await notices.As(record.Physician).UploadAsync(record.Id);
        await notices.MadeAsync();
        await Waiting.UntilAsync(async () => await notices.Server.QueryAsync<long>(
            platform, "select count(*) from notice_delivery where channel = 1 and attempts > 1 and failure = 1") > 0);

        notices.Mail.Open();
        await notices.SettleAsync();

        Assert.Equal(2, notices.Mail.To(record.Email).Count());
    }

    [Fact]
    public async Task A_line_that_breaks_and_a_server_that_does_not_speak_are_tried_again()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        await notices.Mail.CloseAsync();
        using (var breaking = new TcpListener(IPAddress.Loopback, notices.Mail.Port))
        {
            breaking.Start();
            await notices.RecordAsync();
            for (var i = 0; i < 2; i++)
            {
                using var line = await breaking.AcceptTcpClientAsync(Token);
                await line.GetStream().WriteAsync("220 mail.example\r\n"u8.ToArray(), Token);
            }

            using var foreign = await breaking.AcceptTcpClientAsync(Token);
            await foreign.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Token);

            // For good, and yet about the platform and not about the reader.
            using var closed = await breaking.AcceptTcpClientAsync(Token);
            await closed.GetStream().WriteAsync("554 5.7.1 you are not welcome\r\n"u8.ToArray(), Token);
            await Waiting.UntilAsync(async () => await notices.Server.QueryAsync<long>(
                platform, "select count(*) from notice_delivery where channel = 1 and failure = 2 and state = 1") > 0);
        }

        notices.Mail.Open();
        await notices.SettleAsync();
        Assert.Single(notices.Mail.Received);
    }

    [Fact]
    public async Task A_refusal_for_now_is_tried_again()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        var refusals = 0;
        notices.Mail.Answer = _ =>
            Interlocked.Increment(ref refusals) <= 3 ? new SmtpResponse(SmtpReplyCode.InsufficientStorage, "full") : null;
        var record = await notices.RecordAsync();
        await notices.SettleAsync();

        Assert.Single(notices.Mail.To(record.Email));
        Assert.Equal(4, await notices.Server.QueryAsync<int>(platform, "select attempts from notice_delivery where channel = 1"));
    }

    [Fact]
    public async Task A_refusal_for_good_is_a_dead_letter_that_operators_see_and_try_again()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        notices.Mail.Answer = _ => new SmtpResponse(SmtpReplyCode.MailboxUnavailable, "no such user");
        var record = await notices.RecordAsync();
        await notices.SettleAsync();

        var api = notices.AsOperator();
        var letter = Assert.Single((await api.Notices.ListDeadLettersAsync(new(), cancellationToken: Token)).DeadLetters);
        Assert.Equal(
            (NoticeChannel.Email, 1, NoticeDeliveryFailure.Refused), (letter.Channel, letter.Attempts, letter.Failure));
        Assert.NotNull(letter.AttemptTime);
        var notice = (await NoticePlatform.ListAsync(notices.As(record.Patient), record.Id)).Single();
        Assert.Equal(letter.NoticeId, notice.NoticeId);
        Assert.Equal([NoticeDeliveryState.Dead, NoticeDeliveryState.Delivered], notice.Deliveries.Select(delivery => delivery.State));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed,
            async () => await notices.As(record.Patient).Notices.ListDeadLettersAsync(new(), cancellationToken: Token));

        notices.Mail.Answer = _ => null;
        var retry = new RetryNoticeRequest { NoticeId = letter.NoticeId, RequestId = Given.NewId() };
        Assert.Equal(1, (await api.Notices.RetryNoticeAsync(retry, cancellationToken: Token)).Deliveries);
        await notices.SettleAsync();
        Assert.Equal(1, (await api.Notices.RetryNoticeAsync(retry, cancellationToken: Token)).Deliveries);
        await notices.SettleAsync();

        Assert.Equal([letter.NoticeId], notices.Mail.To(record.Email).Select(mail => mail.NoticeId));
        Assert.Single(notices.Application.About(record.Id));
        Assert.Empty((await api.Notices.ListDeadLettersAsync(new(), cancellationToken: Token)).DeadLetters);
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.DeadLetterNotFound,
            async () => await api.Notices.RetryNoticeAsync(
                new RetryNoticeRequest { NoticeId = letter.NoticeId, RequestId = Given.NewId() }, cancellationToken: Token));
    }

    [Fact]
    public async Task What_never_succeeds_is_given_up_after_its_time_and_says_why()
    {
        await using var notices = await NoticePlatform.StartAsync(platform, "--Dmp:Notices:RetryFor=00:00:01");
        notices.Application.Status = StatusCodes.Status503ServiceUnavailable;
        await notices.RecordAsync();
        await notices.SettleAsync();

        var letter = Assert.Single((await notices.AsOperator().Notices.ListDeadLettersAsync(new(), cancellationToken: Token)).DeadLetters);
        Assert.Equal(
            (NoticeChannel.Webhook, "app", NoticeDeliveryFailure.RefusedForNow), (letter.Channel, letter.Webhook, letter.Failure));
        Assert.InRange(letter.Attempts, 2, 20);
    }

    [Fact]
    public async Task A_mail_server_that_hangs_holds_nothing_else_up()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        notices.Mail.Wait = Waiting.ForeverAsync;
        var record = await notices.RecordAsync();
        for (var i = 0; i < 8; i++)
        {
            await notices.As(record.Physician).UploadAsync(record.Id);
        }

        await Waiting.UntilAsync(() => notices.Application.About(record.Id).Count() == 9);
        Assert.Empty(notices.Mail.Received);
        await Waiting.UntilAsync(async () => await notices.Server.QueryAsync<long>(
            platform, "select count(*) from notice_delivery where failure = 1") > 0);

        notices.Mail.Wait = _ => Task.CompletedTask;
        await notices.SettleAsync();
        Assert.Equal(9, notices.Mail.To(record.Email).Select(mail => mail.NoticeId).Distinct().Count());
    }

    [Fact]
    public async Task Without_tls_no_mail_leaves_when_tls_is_asked_for()
    {
        await using var notices = await NoticePlatform.StartAsync(platform, "--Dmp:Notices:Smtp:Security=StartTls");
        await notices.RecordAsync();
        await Waiting.UntilAsync(async () => await notices.Server.QueryAsync<long>(
            platform, "select count(*) from notice_delivery where channel = 1 and attempts > 1 and failure = 1") > 0);
        Assert.Equal(0, notices.Mail.Attempts);
    }

    [Fact]
    public async Task No_mail_leaves_to_a_server_whose_certificate_nobody_vouches_for()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var notices = await NoticePlatform.StartAsync(platform, "--Dmp:Notices:Smtp:Security=StartTls");
        await notices.Mail.CloseAsync();
        notices.Mail.Open(endpoint => endpoint.Certificate(made));
        await notices.RecordAsync();
        await Waiting.UntilAsync(async () => await notices.Server.QueryAsync<long>(
            platform, "select count(*) from notice_delivery where channel = 1 and attempts > 1 and failure = 1") > 0);
        Assert.Equal(0, notices.Mail.Attempts);
    }

    [Fact]
    public async Task The_mail_server_is_told_name_and_password_and_a_wrong_one_forgets_nobody()
    {
        await using var notices = await NoticePlatform.StartAsync(
            platform, "--Dmp:Notices:Smtp:UserName=dmp", "--Dmp:Notices:Smtp:Password=good");
        notices.Mail.Password = "other";
        await notices.Mail.CloseAsync();
        notices.Mail.Open(endpoint => endpoint.AuthenticationRequired().AllowUnsecureAuthentication());
        var record = await notices.RecordAsync();
        await Waiting.UntilAsync(async () => await notices.Server.QueryAsync<long>(
            platform, "select count(*) from notice_delivery where channel = 1 and attempts > 1 and failure = 2 and state = 1") > 0);

        notices.Mail.Password = "good";
        await notices.SettleAsync();
        Assert.Single(notices.Mail.To(record.Email));
    }

    [Fact]
    public async Task Old_notices_are_forgotten_and_what_no_worker_takes_is_given_up()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        var record = await notices.RecordAsync();
        await notices.As(record.Physician).UploadAsync(record.Id);
        await notices.SettleAsync();
        const string Before = "now() - interval '2 days'";
        await notices.Server.QueryAsync<object>(
            platform,
            $"""
            with old as (update notice set create_time = now() - interval '366 days' where kind = 4 returning 1),
                left_over as (
                    insert into notice_delivery (notice_id, record_id, channel, target, state, next_attempt_time, give_up_time)
                    select notice_id, record_id, 2, 'removed', 1, {Before}, {Before} from notice where kind = 3
                    returning 1)
            select 1 from old, left_over
            """);
        await notices.Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);

        Assert.Equal(
            [NoticeKind.NewDocument],
            (await NoticePlatform.ListAsync(notices.As(record.Patient), record.Id)).Select(notice => notice.Kind));
        Assert.Equal(
            ["removed"],
            (await notices.AsOperator().Notices.ListDeadLettersAsync(new(), cancellationToken: Token)).DeadLetters.Select(
                letter => letter.Webhook));
        Assert.Equal(3, await notices.Server.QueryAsync<long>(platform, "select count(*) from notice_delivery"));
    }

    [Fact]
    public async Task An_address_that_was_removed_cancels_the_delivery()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        notices.Mail.Answer = _ => new SmtpResponse(SmtpReplyCode.InsufficientStorage, "full");
        var record = await notices.RecordAsync();
        await Waiting.UntilAsync(() => notices.Mail.Attempts > 0);
        var patient = notices.As(record.Patient);
        var read = (await patient.Records.GetRecordAsync(new() { RecordId = record.Id }, cancellationToken: Token)).Record;
        await patient.Records.UpdateRecordAsync(
            new()
            {
                RecordId = record.Id,
                AdministrativeData = new(),
                UpdateMask = new() { Paths = { "email" } },
                Etag = read.Etag,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token);
        await notices.SettleAsync();

        Assert.Equal(
            [NoticeDeliveryState.Cancelled, NoticeDeliveryState.Delivered],
            (await NoticePlatform.ListAsync(patient, record.Id)).Single().Deliveries.Select(delivery => delivery.State));
        Assert.Empty((await notices.AsOperator().Notices.ListDeadLettersAsync(new(), cancellationToken: Token)).DeadLetters);
    }

    [Fact]
    public async Task Two_servers_share_the_work_and_nothing_comes_twice()
    {
        const string Patient = "--Dmp:Notices:Timeout=00:01:00";
        await using var notices = await NoticePlatform.StartAsync(platform, Patient);
        await using var other = await TestServer.StartAsync(
            platform, platform.Databases, notices.Server.Database,
            [
                .. notices.Server.SharedSettings, .. NoticePlatform.Quick, .. notices.Mail.Settings,
                .. notices.Application.SettingsAs("app"), Patient,
            ]);

        // One server alone never has more than one under way: the first one waits for the second, which is another server's.
        var underWay = 0;
        var shared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        notices.Mail.Wait = async ct =>
        {
            if (Interlocked.Increment(ref underWay) > 1)
            {
                shared.TrySetResult();
            }

            await shared.Task.WaitAsync(TimeSpan.FromSeconds(30), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Decrement(ref underWay);
        };
        var record = await notices.RecordAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => notices.As(record.Physician).UploadAsync(record.Id)));
        await notices.SettleAsync();

        var expected = (await notices.As(record.Patient).Notices.ListNoticesAsync(
            new ListNoticesRequest { RecordId = record.Id, PageSize = 200 },
            cancellationToken: Token)).Notices.Select(notice => notice.NoticeId).Order();
        Assert.Equal(41, expected.Count());
        Assert.Equal(expected, notices.Mail.To(record.Email).Select(mail => mail.NoticeId).Order());
        Assert.Equal(expected, notices.Application.About(record.Id).Select(call => call.NoticeId).Order());
        Assert.True(shared.Task.IsCompletedSuccessfully);
    }
}
