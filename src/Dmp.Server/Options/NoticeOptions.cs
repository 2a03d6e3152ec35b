namespace Dmp.Server.Options;

/// <summary>What tells patients and physicians, section <c>Dmp:Notices</c>.</summary>
internal sealed record NoticeOptions
{
    public const string Section = "Dmp:Notices";

    /// <summary>How often every server looks for work by itself; it is also woken. Default 5 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most deliveries under way at once on one server, for e-mail and for each webhook. Default 4.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>An attempt that takes longer has failed. Default 20 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Pause after the first failed attempt; it doubles with each one. Default 30 s.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest pause between two attempts. Default 4 hours.</summary>
    public TimeSpan RetryAfterMax { get; init; } = TimeSpan.FromHours(4);

    /// <summary>A delivery that did not succeed in this time is given up. Default 3 days.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromDays(3);

    /// <summary>Notices are forgotten after this many days, unless they are still to be delivered. Default 365.</summary>
    public int KeepDays { get; init; } = 365;

    /// <summary>Sender of e-mails. Required with <see cref="Smtp"/>.</summary>
    public string? From { get; init; }

    /// <summary>The mail server. Without a host there is no e-mail.</summary>
    public SmtpOptions Smtp { get; init; } = new();

    /// <summary>
    /// In the sandbox, without a mail server: the folder that e-mails are written to. Default <c>mailbox</c> in the data directory.
    /// </summary>
    public string? MailboxDirectory { get; init; }

    /// <summary>Patient applications by name.</summary>
    public Dictionary<string, WebhookOptions> Webhooks { get; init; } = [];

    /// <summary>An attempt that ended in no way counts as lost after this, with its server.</summary>
    public TimeSpan Lease => 2 * Timeout;
}

/// <summary>How the connection to the mail server is protected.</summary>
internal enum SmtpSecurity
{
    /// <summary>Begins in plain text and must change to TLS (port 587).</summary>
    StartTls,

    /// <summary>TLS from the first byte (port 465).</summary>
    Tls,

    /// <summary>Plain text: on loopback only.</summary>
    None,
}

/// <summary>A mail server.</summary>
internal sealed record SmtpOptions
{
    public string? Host { get; init; }

    /// <summary>Default 587.</summary>
    public int Port { get; init; } = 587;

    public SmtpSecurity Security { get; init; } = SmtpSecurity.StartTls;

    /// <summary>Empty: no authentication.</summary>
    public string? UserName { get; init; }

    public string? Password { get; init; }
}

/// <summary>A patient application that is told.</summary>
internal sealed record WebhookOptions
{
    public string? Url { get; init; }

    /// <summary>
    /// Secrets as <c>whsec_</c> and Base64; each call is signed with all of them, so that they can be changed one after the other.
    /// </summary>
    public List<string> Secrets { get; init; } = [];
}
