using System.Runtime.Versioning;
using System.Security.Cryptography;
using Dapper;
using Dmp.Notice.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Notices.Fixtures;
using Grpc.Core;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>Transactions that overlap, and servers that die.</summary>
public sealed class NoNoticeIsLostTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_that_commits_late_is_told_though_later_ones_were_told_before()
    {
        await using var notices = await NoticePlatform.StartAsync(platform);
        var record = await notices.RecordAsync();
        await using var late = new NpgsqlConnection(platform.Databases.AdminOf(notices.Server.Database));
        await late.OpenAsync(Token);
        await using var open = await late.BeginTransactionAsync(Token);
        await late.ExecuteAsync(
            "insert into outbox (event_time, kind, record_id, made_by_kind) values (now(), 'ACTOR_BLOCKED', @Id, 4)",
            new { Id = Guid.Parse(record.Id) });
        await notices.As(record.Physician).UploadAsync(record.Id);
        await notices.SettleAsync();
        Assert.Equal(["CONSENT_CHANGED", "NEW_DOCUMENT"], notices.Application.About(record.Id).Select(call => call.Kind));

        await open.CommitAsync(Token);
        await Waiting.UntilAsync(() => notices.Application.About(record.Id).Count() == 3);
        await notices.SettleAsync();
        Assert.Equal(
            ["CONSENT_CHANGED", "NEW_DOCUMENT", "CONSENT_CHANGED"], notices.Application.About(record.Id).Select(call => call.Kind));
        Assert.Equal(3, notices.Mail.To(record.Email).Count());
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task Whatever_moment_the_server_is_killed_at_each_notice_arrives_with_its_own_id()
    {
        const int Documents = 60;
        var kills = Drill.Setting("DMP_NOTICE_KILLS", 2);
        await using var mail = MailServer.Start();
        await using var application = await PatientApplication.StartAsync();
        await using var server = await ServerProcess.StartAsync(
            [.. NoticePlatform.Quick, .. mail.Settings, .. application.SettingsAs("app"), "--Dmp:Upload:AbandonSeconds=2"]);
        var (recordId, email) = await NoticePlatform.OpenAsync(server);

        // The mail server takes some and keeps the others waiting, so that each kill finds deliveries under way.
        var budget = 0;
        mail.Wait = async ct =>
        {
            while (mail.Received.Count >= Volatile.Read(ref budget))
            {
                await Task.Delay(10, ct);
            }
        };
        var physician = await server.AsAsync("dr-martin");
        var uploads = Task.WhenAll(Enumerable.Range(0, Documents).Select(_ => UploadUntilAnsweredAsync(physician, recordId)));
        for (var kill = 0; kill < kills; kill++)
        {
            var wanted = mail.Received.Count + RandomNumberGenerator.GetInt32(1, 12);
            Volatile.Write(ref budget, wanted);
            await Waiting.UntilAsync(() => mail.Received.Count >= wanted);
            await server.KillAsync();
            await server.RestartAsync();
        }

        Volatile.Write(ref budget, int.MaxValue);
        await uploads;
        var patient = await server.AsAsync("patient-jeanne");
        List<Notice.V1.Notice> listed = [];
        await Waiting.UntilAsync(async () =>
        {
            var page = await patient.Notices.ListNoticesAsync(
                new ListNoticesRequest { RecordId = recordId, PageSize = 200 }, cancellationToken: Token);
            listed = [.. page.Notices.Where(notice => notice.Kind == NoticeKind.NewDocument)];
            return listed.Count >= Documents
                && listed.All(notice => notice.Deliveries.All(delivery => delivery.State == NoticeDeliveryState.Delivered));
        });

        var ids = listed.Select(notice => notice.NoticeId).ToHashSet();
        Assert.Equal(Documents, ids.Count);
        Assert.Subset(mail.To(email).Select(received => received.NoticeId).ToHashSet(), ids);
        Assert.Subset(application.About(recordId).Select(call => call.NoticeId).ToHashSet(), ids);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{kills} kills: {Documents} notices, {mail.To(email).Count()} e-mails, {application.About(recordId).Count()} calls of the "
            + "application, repeats included");
    }

    /// <summary>As a vendor's software does it: the same request until there is an answer.</summary>
    private static async Task UploadUntilAnsweredAsync(DmpApi api, string recordId)
    {
        var (intent, content) = (Given.Intent(recordId), Given.Text());
        await Waiting.UntilAsync(
            async () =>
            {
                try
                {
                    await api.UploadAsync(intent, content);
                    return true;
                }
                catch (RpcException failure)
                    when (failure.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Aborted)
                {
                    return false;
                }
            },
            within: TimeSpan.FromMinutes(5));
    }
}
