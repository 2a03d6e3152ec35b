using System.Net.Sockets;
using Dmp.Notice.V1;
using Dmp.Server.Options;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Dmp.Server.Notices;

/// <summary>Hands e-mails to the mail server, over one connection for as long as there is something to send.</summary>
internal sealed class SmtpSender(SmtpOptions smtp, string host, string from) : INoticeSender
{
    private SmtpClient? connected;

    public async Task<AttemptResult> SendAsync(NoticeContent notice, CancellationToken ct)
    {
        if (notice.Email is not { } address)
        {
            return new AttemptResult(NoticeDeliveryFailure.AddressMissing);
        }

        var failure = await TrySendAsync(notice, address, ct);
        if (failure is not (NoticeDeliveryFailure.Unspecified or NoticeDeliveryFailure.Refused))
        {
            // In whichever state the connection is, the next e-mail begins with a new one.
            await DisposeAsync();
        }

        return new AttemptResult(failure);
    }

    public async ValueTask DisposeAsync()
    {
        if (connected is { } client)
        {
            connected = null;
            try
            {
                // Saying goodbye must not hold up those who wait for it.
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
                await client.DisconnectAsync(quit: true, limit.Token);
            }
            catch (Exception gone)
                when (gone is OperationCanceledException or IOException or SocketException or ProtocolException or CommandException)
            {
                // The line is closed below, with or without a goodbye.
            }

            client.Dispose();
        }
    }

    private async Task<NoticeDeliveryFailure> TrySendAsync(NoticeContent notice, string address, CancellationToken ct)
    {
        var isConnected = false;
        try
        {
            var message = NoticeMail.Of(notice, from, address);
            var client = await ConnectAsync(ct);
            isConnected = true;
            await client.SendAsync(message, ct);
            return NoticeDeliveryFailure.Unspecified;
        }
        catch (SmtpCommandException refusal)
        {
            // What is about the platform (its address, its name, its password: 53x) is set right by operators, and no reason to forget
            // the reader.
            var isFinal = isConnected
                && refusal.ErrorCode is SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted
                && (int)refusal.StatusCode is >= 500 and not (>= 530 and < 540);
            return isFinal ? NoticeDeliveryFailure.Refused : NoticeDeliveryFailure.RefusedForNow;
        }
        catch (NotSupportedException) when (isConnected)
        {
            // An address with letters that this mail server cannot take.
            return NoticeDeliveryFailure.Refused;
        }
        catch (Exception broken) when (broken is AuthenticationException or ServiceNotAuthenticatedException)
        {
            return NoticeDeliveryFailure.RefusedForNow;
        }
        catch (Exception wrong) when (wrong is ParseException or FormatException)
        {
            return NoticeDeliveryFailure.Refused;
        }
        catch (Exception broken) when (broken is IOException or SocketException or ProtocolException or SslHandshakeException
            or NotSupportedException or ServiceNotConnectedException or TimeoutException or OperationCanceledException)
        {
            return NoticeDeliveryFailure.Unreachable;
        }
    }

    private async Task<SmtpClient> ConnectAsync(CancellationToken ct)
    {
        if (connected is { IsConnected: true } open)
        {
            return open;
        }

        connected?.Dispose();
        // Not asked online whether the certificate was revoked: in a closed network nobody would answer, and no mail would leave.
        var client = connected = new SmtpClient { CheckCertificateRevocation = false };
        await client.ConnectAsync(
            host,
            smtp.Port,
            smtp.Security switch
            {
                SmtpSecurity.Tls => SecureSocketOptions.SslOnConnect,
                SmtpSecurity.StartTls => SecureSocketOptions.StartTls,
                _ => SecureSocketOptions.None,
            },
            ct);
        if (smtp is { UserName: { Length: > 0 } user, Password: { } password })
        {
            await client.AuthenticateAsync(user, password, ct);
        }

        return client;
    }
}
