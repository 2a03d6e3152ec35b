using Dmp.Notice.V1;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Notices;

/// <summary>The twelve switches, without I/O: six kinds on two channels.</summary>
internal static class NoticePreferenceRules
{
    private static readonly (string Name, NoticeKind Kind)[] kinds =
    [
        ("first_access", NoticeKind.FirstAccess), ("emergency_access", NoticeKind.EmergencyAccess),
        ("new_document", NoticeKind.NewDocument),
        ("consent_changed", NoticeKind.ConsentChanged), ("document_announced", NoticeKind.DocumentAnnounced),
        ("wishes_changed", NoticeKind.WishesChanged),
    ];

    /// <summary>Checks that the mask names switches, and that the message holds what the mask names.</summary>
    public static void Check(NoticePreferences? preferences, FieldMask? mask, FieldFaults faults)
    {
        if (preferences is null || mask is null)
        {
            return;
        }

        faults.Require(mask.Paths.Count > 0, "update_mask", "Must name at least one switch.");
        for (var i = 0; i < mask.Paths.Count; i++)
        {
            var path = mask.Paths[i];
            var kind = kinds.FirstOrDefault(kind => path == $"{kind.Name}.email" || path == $"{kind.Name}.webhook");
            if (kind.Name is null)
            {
                faults.Add($"update_mask.paths[{i}]", "Must be a kind and a channel, for example new_document.email.");
            }
            else if (ChannelsOf(preferences, kind.Kind) is null)
            {
                faults.Add($"preferences.{kind.Name}", "Required: update_mask names it.");
            }
        }
    }

    /// <summary>The row with the switches of the mask written. The mask was checked.</summary>
    public static NoticePreferenceRow Update(NoticePreferenceRow row, NoticePreferences preferences, FieldMask mask, DateTimeOffset now)
    {
        var emailOff = row.EmailOff.ToHashSet();
        var webhookOff = row.WebhookOff.ToHashSet();
        foreach (var (name, kind) in kinds)
        {
            Write(emailOff, kind, $"{name}.email", ChannelsOf(preferences, kind)?.Email, mask);
            Write(webhookOff, kind, $"{name}.webhook", ChannelsOf(preferences, kind)?.Webhook, mask);
        }

        return row with { EmailOff = [.. emailOff.Order()], WebhookOff = [.. webhookOff.Order()], UpdateTime = now };
    }

    /// <summary>Emergencies would be told on no channel.</summary>
    public static bool SilencesEmergencies(NoticePreferenceRow row) =>
        row.EmailOff.Contains((short)NoticeKind.EmergencyAccess) && row.WebhookOff.Contains((short)NoticeKind.EmergencyAccess);

    public static NoticePreferences ToMessage(this NoticePreferenceRow row)
    {
        NoticeChannels Of(NoticeKind kind) =>
            new() { Email = !row.EmailOff.Contains((short)kind), Webhook = !row.WebhookOff.Contains((short)kind) };
        return new NoticePreferences
        {
            RecordId = row.RecordId.ToString(),
            FirstAccess = Of(NoticeKind.FirstAccess),
            EmergencyAccess = Of(NoticeKind.EmergencyAccess),
            NewDocument = Of(NoticeKind.NewDocument),
            ConsentChanged = Of(NoticeKind.ConsentChanged),
            DocumentAnnounced = Of(NoticeKind.DocumentAnnounced),
            WishesChanged = Of(NoticeKind.WishesChanged),
            UpdateTime = row.UpdateTime?.ToTimestamp(),
            Etag = Etag.Of(row.Revision),
        };
    }

    private static void Write(HashSet<short> off, NoticeKind kind, string path, bool? isOn, FieldMask mask)
    {
        if (!mask.Paths.Contains(path))
        {
            return;
        }

        if (isOn == true)
        {
            off.Remove((short)kind);
        }
        else
        {
            off.Add((short)kind);
        }
    }

    private static NoticeChannels? ChannelsOf(NoticePreferences preferences, NoticeKind kind) => kind switch
    {
        NoticeKind.FirstAccess => preferences.FirstAccess,
        NoticeKind.EmergencyAccess => preferences.EmergencyAccess,
        NoticeKind.NewDocument => preferences.NewDocument,
        NoticeKind.ConsentChanged => preferences.ConsentChanged,
        NoticeKind.WishesChanged => preferences.WishesChanged,
        _ => preferences.DocumentAnnounced,
    };
}
