using System.Net;
using System.Text.RegularExpressions;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Dmp.Server.Notices;

/// <summary>
/// Stops the server at start when notices could not be sent, or would be sent in plain text. A fault never repeats a secret.
/// </summary>
internal sealed partial class NoticeOptionsRules(IHostEnvironment environment) : IValidateOptions<NoticeOptions>
{
    public ValidateOptionsResult Validate(string? name, NoticeOptions options)
    {
        var faults = Faults(options, SandboxOptions.IsSandbox(environment.EnvironmentName)).ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    public static IEnumerable<string> Faults(NoticeOptions options, bool isSandbox) =>
        [
            .. Times(options), .. Mail(options, isSandbox),
            .. options.Webhooks.SelectMany(webhook => Webhook(webhook.Key, webhook.Value, isSandbox)),
        ];

    private static IEnumerable<string> Times(NoticeOptions options)
    {
        var day = TimeSpan.FromDays(1);
        (string Name, TimeSpan Value, TimeSpan Max)[] times =
        [
            ("PollInterval", options.PollInterval, TimeSpan.FromMinutes(10)), ("Timeout", options.Timeout, TimeSpan.FromMinutes(10)),
            ("RetryAfter", options.RetryAfter, day), ("RetryAfterMax", options.RetryAfterMax, 7 * day),
            ("RetryFor", options.RetryFor, 30 * day),
        ];
        foreach (var (name, value, max) in times)
        {
            if (value < TimeSpan.FromMilliseconds(10) || value > max)
            {
                yield return $"{NoticeOptions.Section}:{name} must be between 10 ms and {max}.";
            }
        }

        if (options.Concurrency is < 1 or > 64)
        {
            yield return $"{NoticeOptions.Section}:Concurrency must be 1 to 64.";
        }

        if (options.KeepDays is < 1 or > 3660)
        {
            yield return $"{NoticeOptions.Section}:KeepDays must be 1 to 3660.";
        }
    }

    private static IEnumerable<string> Mail(NoticeOptions options, bool isSandbox)
    {
        const string section = $"{NoticeOptions.Section}:{nameof(NoticeOptions.Smtp)}";
        if (!isSandbox && options.MailboxDirectory is { Length: > 0 })
        {
            yield return $"{NoticeOptions.Section}:MailboxDirectory is for the sandbox only.";
        }

        if (string.IsNullOrEmpty(options.Smtp.Host))
        {
            yield break;
        }

        if (!MailboxAddress.TryParse(options.From, out var from) || !from.Address.Contains('@', StringComparison.Ordinal))
        {
            yield return $"{NoticeOptions.Section}:From must be an e-mail address when there is a mail server.";
        }

        if (options.Smtp.Port is < 1 or > 65535)
        {
            yield return $"{section}:Port must be 1 to 65535.";
        }

        if (options.Smtp.Security == SmtpSecurity.None
            && !(IPAddress.TryParse(options.Smtp.Host, out var address) && IPAddress.IsLoopback(address)))
        {
            yield return $"{section}:Security is None, which is for a mail server on a loopback address only.";
        }

        if (string.IsNullOrEmpty(options.Smtp.UserName) != string.IsNullOrEmpty(options.Smtp.Password))
        {
            yield return $"{section}:UserName and Password go together.";
        }
    }

    private static IEnumerable<string> Webhook(string name, WebhookOptions webhook, bool isSandbox)
    {
        var section = $"{NoticeOptions.Section}:{nameof(NoticeOptions.Webhooks)}:{name}";
        if (!WebhookName().IsMatch(name))
        {
            yield return $"{section}: a name has 1 to 40 lower-case letters, digits and hyphens.";
        }

        if (!Uri.TryCreate(webhook.Url, UriKind.Absolute, out var url)
            || !(url.Scheme == Uri.UriSchemeHttps || (isSandbox && url.Scheme == Uri.UriSchemeHttp))
            || url.UserInfo.Length > 0
            || url.Fragment.Length > 0)
        {
            yield return $"{section}:Url must be an https address without user and fragment.";
        }

        if (webhook.Secrets.Count is < 1 or > 3)
        {
            yield return $"{section}:Secrets must be one to three.";
        }

        if (webhook.Secrets.Any(secret => WebhookSignature.KeyOf(secret) is null))
        {
            yield return $"{section}:Secrets must be whsec_ and 24 to 64 random bytes in Base64.";
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,40}\\z")]
    private static partial Regex WebhookName();
}
