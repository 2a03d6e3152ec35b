using Dmp.Access.V1;
using Dmp.Care.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Story;

/// <summary>Who may see what, and why: the patient asks before deciding, and decides what counts in an emergency.</summary>
internal sealed partial class MainJob
{
    private const int PageLinesShown = 24;

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
        await ShowEmergencyPageAsync(ct);

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

    /// <summary>What they read first; the page is beside the other files of the machine, to be opened and printed.</summary>
    private async Task ShowEmergencyPageAsync(CancellationToken ct)
    {
        var answer = await Stranger.Client.GetEmergencySummaryAsync(
            new GetEmergencySummaryRequest
            {
                RecordId = recordId,
                Formats = { SummaryFormat.Html, SummaryFormat.Pdf, SummaryFormat.Text },
            },
            ct);
        var folder = Directory.CreateTempSubdirectory("dmp-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "emergency.html"), answer.Html, ct);
        await File.WriteAllBytesAsync(Path.Combine(folder, "emergency.pdf"), answer.Pdf.ToByteArray(), ct);
        foreach (var line in answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(PageLinesShown))
        {
            Screen.Line(line);
        }

        Screen.Line($"the whole page, to open and to print: {folder}");
        var page = answer.Summary;
        checks.That(
            "and has the emergency page at once: who says what, how old it is, and what is not known",
            page.DangerousMedicines.Lines.Concat(page.OtherMedicines.Lines).All(line => line.Line.Sources.Count > 0)
                && page.NotFound.HiddenPossible.Length > 0
                && answer.Html.Length > 0 && answer.Pdf.Length > 0,
            "lines with their sources, and the sentence that stands on every page",
            $"{page.DangerousMedicines.Lines.Count} dangerous medicines, {page.Allergies.Lines.Count} allergies");
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
