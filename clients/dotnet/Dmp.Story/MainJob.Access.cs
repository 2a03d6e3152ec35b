using Dmp.Access.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Story;

/// <summary>Who may see what, and why: the patient asks before deciding, and decides what counts in an emergency.</summary>
internal sealed partial class MainJob
{
    private async Task AskAsync(CancellationToken ct)
    {
        var wanted = Sent[^1].Stored!.DocumentId;
        var viewers = await Patient.Client.ListWhoCanSeeAsync(new ListWhoCanSeeRequest { RecordId = recordId, DocumentId = wanted }, ct);
        foreach (var viewer in viewers)
        {
            Screen.Line($"{viewer.Actor.Id}: {string.Join(" ", viewer.Steps.Select(step => step.SentenceFr))}");
        }

        var seeing = viewers.Select(viewer => viewer.Actor.Id).ToHashSet(StringComparer.Ordinal);
        checks.That(
            "the patient is told who can see a document, and why",
            seeing.Contains(Physician.Info.ProfessionalId) && seeing.Contains(Dentist.Info.ProfessionalId),
            "the physician and the dentist",
            string.Join(", ", seeing));

        var effect = await Patient.Client.PreviewAsync(new MaskDocumentRequest { RecordId = recordId, DocumentId = wanted }, ct);
        var dentists = effect.Actors.SingleOrDefault(actor => actor.Actor.Id == Dentist.Info.ProfessionalId);
        checks.Equal(
            "masking it would take one document from the dentist", -1,
            dentists is null ? 0 : dentists.DocumentsAfter - dentists.DocumentsBefore);
        checks.That(
            "and was only tried: the dentist still sees it", (await DentistsListAsync(ct)).Contains(wanted), wanted, "not in the list");
    }

    private async Task EmergencyAsync(CancellationToken ct)
    {
        await LeaveAddressesAsync(ct);
        var visible = Sent[^1].Stored!.DocumentId;
        var opening = new OpenEmergencyAccessRequest
        {
            RecordId = recordId,
            Mode = EmergencyMode.BreakGlass,
            Reason = "Patiente inconsciente, traitement en cours inconnu",
        };
        await AllowEmergenciesAsync(false, ct);
        await checks.RefusedAsync(
            "while the patient does not allow emergencies, not even they open the record",
            ErrorReason.EmergencyNotAllowed,
            () => Stranger.Client.OpenEmergencyAccessAsync(opening, ct));

        await AllowEmergenciesAsync(true, ct);
        var opened = await Stranger.Client.OpenEmergencyAccessAsync(opening, ct);
        await ReadAsync(Stranger, visible, ct);
        checks.That(
            "allowed, the physician on call gives a reason and reads, for some hours",
            opened.EmergencyAccess.ExpireTime > Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            "a time to come",
            $"{opened.EmergencyAccess.ExpireTime}");

        var told = new List<EmergencyAccess>();
        await foreach (var access in Patient.Client.ListEmergencyAccessesAsync(
            new ListEmergencyAccessesRequest { RecordId = recordId }, ct))
        {
            told.Add(access);
        }

        checks.That(
            "the patient sees who did so, and for which reason",
            told.Exists(access => access.EmergencyAccessId == opened.EmergencyAccess.EmergencyAccessId && access.Reason == opening.Reason),
            opening.Reason,
            "no such access");

        var explained = await Stranger.Client.ExplainAccessAsync(
            new ExplainAccessRequest { RecordId = recordId, DocumentId = visible }, ct);
        Screen.Line(
            $"the software of the physician on call is told why: {string.Join(" ", explained.Steps.Select(step => step.SentenceFr))}");
        checks.That("and the physician is told by which rule", explained.Allowed, "allowed", "not allowed");
        await BeToldAsync(ct);
    }

    private async Task AllowEmergenciesAsync(bool allowed, CancellationToken ct)
    {
        var settings = await Patient.Client.GetConsentSettingsAsync(new GetConsentSettingsRequest { RecordId = recordId }, ct);
        settings.EmergencyBreakGlassAllowed = allowed;
        await Patient.Client.UpdateConsentSettingsAsync(
            new UpdateConsentSettingsRequest
            {
                RecordId = recordId,
                Settings = settings,
                UpdateMask = new FieldMask { Paths = { "emergency_break_glass_allowed" } },
                Etag = settings.Etag,
            },
            ct);
    }
}
