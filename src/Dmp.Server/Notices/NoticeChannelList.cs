using Dmp.Notice.V1;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Notices;

/// <summary>The ways that are configured, and what sends on each.</summary>
internal sealed class NoticeChannelList : IDisposable
{
    private const string MailboxFrom = "DMP <ne-pas-repondre@dmp.example>";

    private readonly HttpClient http;
    private readonly Dictionary<NoticeWay, Func<INoticeSender>> senders = [];

    public NoticeChannelList(IOptions<NoticeOptions> options, TimeProvider time, ILogger<NoticeChannelList> logger)
    {
        var notices = options.Value;
        http = WebhookSender.CreateClient();
        var email = new NoticeWay(NoticeChannel.Email, "");
        if (notices is { Smtp.Host: { Length: > 0 } host, From: { } from })
        {
            senders[email] = () => new SmtpSender(notices.Smtp, host, from);
        }
        else if (notices.MailboxDirectory is { Length: > 0 } directory)
        {
            NoticeLog.MailboxIsUsed(logger, directory);
            senders[email] = () => new MailboxSender(directory, notices.From ?? MailboxFrom);
        }
        else
        {
            NoticeLog.EmailIsOff(logger);
        }

        foreach (var (name, webhook) in notices.Webhooks)
        {
            senders[new NoticeWay(NoticeChannel.Webhook, name)] = () => new WebhookSender(http, webhook, time);
        }
    }

    public IReadOnlyCollection<NoticeWay> Ways => senders.Keys;

    public INoticeSender Open(NoticeWay way) => senders[way]();

    public void Dispose() => http.Dispose();
}
