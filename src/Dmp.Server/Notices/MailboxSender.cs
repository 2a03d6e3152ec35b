using Dmp.Notice.V1;
using MimeKit;

namespace Dmp.Server.Notices;

/// <summary>The mailbox of the sandbox: each e-mail is a file that any mail program opens. A repeat writes the same file again.</summary>
internal sealed class MailboxSender(string directory, string from) : INoticeSender
{
    public async Task<AttemptResult> SendAsync(NoticeContent notice, CancellationToken ct)
    {
        if (notice.Email is not { } address)
        {
            return new AttemptResult(NoticeDeliveryFailure.AddressMissing);
        }

        try
        {
            var message = NoticeMail.Of(notice, from, address);
            Directory.CreateDirectory(directory);

            // Whoever watches the folder never sees half an e-mail.
            var part = Path.Combine(directory, $".{notice.NoticeId}.part");
            await message.WriteToAsync(part, ct);
            File.Move(part, Path.Combine(directory, $"{notice.NoticeId}.eml"), overwrite: true);
            return AttemptResult.Delivered;
        }
        catch (ParseException)
        {
            return new AttemptResult(NoticeDeliveryFailure.Refused);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            return new AttemptResult(NoticeDeliveryFailure.Unreachable);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
