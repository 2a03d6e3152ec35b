using System.Diagnostics;
using System.Globalization;
using Dmp.Notice.V1;
using Dmp.Record.V1;
using Google.Protobuf.WellKnownTypes;
using MimeKit;

namespace Dmp.Story;

/// <summary>The patient and the attending physician are told of the emergency, in words that tell a stranger nothing.</summary>
internal sealed partial class MainJob
{
    private static readonly TimeSpan noticeLimit = TimeSpan.FromSeconds(30);

    /// <summary>Where both want to be told.</summary>
    private async Task LeaveAddressesAsync(CancellationToken ct)
    {
        var record = await Patient.Client.GetRecordAsync(new GetRecordRequest { RecordId = recordId }, ct);
        await Patient.Client.UpdateRecordAsync(
            new UpdateRecordRequest
            {
                RecordId = recordId,
                AdministrativeData = new AdministrativeData { Email = "jeanne@patient.example" },
                UpdateMask = new FieldMask { Paths = { "email" } },
                Etag = record.Etag,
            },
            ct);
        await Physician.Client.SetNoticeContactAsync(new SetNoticeContactRequest { Email = "dr-martin@cabinet.example" }, ct);
    }

    private async Task BeToldAsync(CancellationToken ct)
    {
        var begin = Stopwatch.GetTimestamp();
        Notice.V1.Notice? notice;
        while ((notice = await FindEmergencyNoticeAsync(ct)) is null && Stopwatch.GetElapsedTime(begin) < noticeLimit)
        {
            await Task.Delay(100, ct);
        }

        checks.That("the patient is told of it by e-mail", notice is not null, "a delivered notice", "none");
        if (notice is null || options.Mailbox is null)
        {
            return;
        }

        var path = Path.Combine(options.Mailbox, $"{notice.NoticeId}.eml");
        using var mail = await MimeMessage.LoadAsync(path, ct);
        Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{path}, {Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s later:"));
        Screen.Line($"to {mail.To}: {mail.Subject}");
        foreach (var line in (mail.TextBody ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Screen.Line(line.TrimEnd());
        }
    }

    /// <summary>The notice of the emergency of this run, once its e-mail is delivered.</summary>
    private async Task<Notice.V1.Notice?> FindEmergencyNoticeAsync(CancellationToken ct)
    {
        await foreach (var notice in Patient.Client.ListNoticesAsync(new ListNoticesRequest { RecordId = recordId }, ct))
        {
            if (notice.EventTime.ToDateTimeOffset() < begin)
            {
                break;
            }

            if (notice.Kind == NoticeKind.EmergencyAccess
                && notice.Deliveries.Any(delivery => delivery is { Channel: NoticeChannel.Email, State: NoticeDeliveryState.Delivered }))
            {
                return notice;
            }
        }

        return null;
    }
}
