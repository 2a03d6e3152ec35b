using Dmp.Access.V1;
using Dmp.Care.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Type.V1;
using Dmp.Wishes.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Story;

/// <summary>Who may see what, and why: the patient asks before deciding, and decides what counts in an emergency.</summary>
internal sealed partial class MainJob
{
    private const int PageLinesShown = 24;
    private const int DaysSinceTest = 9;

    private const string Loinc = "2.16.840.1.113883.6.1";
    private const string Inr = "6301-6";
    private const string TrustedPhone = "+33600000001";

    /// <summary>The blood test that the physician on call opened.</summary>
    private string? opened;

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
        await StreamAnticoagulationInAsync(ct);
        await ListReadFactsAsync(ct);
        await StateWishesAsync(ct);
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
        var emergency = await Stranger.Client.OpenEmergencyAccessAsync(opening, ct);
        await ReadAsync(Stranger, visible, ct);
        checks.That(
            "allowed, the physician on call gives a reason and reads, for some hours",
            emergency.EmergencyAccess.ExpireTime > Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            "a time to come",
            $"{emergency.EmergencyAccess.ExpireTime}");
        await ShowEmergencyPageAsync(ct);
        await LookForTheBloodTestAsync(ct);

        var told = new List<EmergencyAccess>();
        await foreach (var access in Patient.Client.ListEmergencyAccessesAsync(
            new ListEmergencyAccessesRequest { RecordId = recordId }, ct))
        {
            told.Add(access);
        }

        checks.That(
            "the patient sees who did so, and for which reason",
            told.Exists(access => access.EmergencyAccessId == emergency.EmergencyAccess.EmergencyAccessId
                && access.Reason == opening.Reason),
            opening.Reason,
            "no such access");

        var explained = await Stranger.Client.ExplainAccessAsync(
            new ExplainAccessRequest { RecordId = recordId, DocumentId = visible }, ct);
        Screen.Line(
            $"the software of the physician on call is told why: {string.Join(" ", explained.Steps.Select(step => step.SentenceFr))}");
        checks.That("and the physician is told by which rule", explained.Allowed, "allowed", "not allowed");
        await BeToldAsync(ct);
    }

    /// <summary>The patient names a trusted person, who accepts by a token of her own, and states a position on organ donation.</summary>
    private async Task StateWishesAsync(CancellationToken ct)
    {
        var named = await Patient.Client.InviteTrustedPersonAsync(
            new InviteTrustedPersonRequest
            {
                RecordId = recordId,
                Name = "Odile Essai",
                PhoneNumber = TrustedPhone,
                RelationshipCode = "SIS",
            },
            ct);
        var odile = await personas.ArriveAsync("caregiver-odile", ct);
        await odile.Client.AcceptTrustedPersonAsync(
            new AcceptTrustedPersonRequest { Code = named.Code, ConfirmsAdultAndRole = true }, ct);
        await Patient.Client.StateOrganDonationAsync(
            new StateOrganDonationRequest { RecordId = recordId, Position = DonationPosition.NotOpposed }, ct);
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
        foreach (var interaction in page.Interactions.Lines)
        {
            Screen.Line($"{interaction.Line.Title}: {string.Join(" ; ", interaction.Line.Details)}");
        }

        checks.That(
            "where two dangerous medicines of two documents meet, with what is published and both sources",
            page.Interactions.Lines.Any(one => one.BetweenDangerous && one.FirstSource.DocumentId != one.SecondSource.DocumentId),
            "a rule between two documents",
            $"{page.Interactions.Lines.Count} rules");
        checks.That(
            "and whom to call: the trusted person who accepted, as the patient named her",
            page.People.Lines.Any(line => line.Kind == SummaryPersonKind.TrustedPerson && line.PhoneNumber == TrustedPhone),
            TrustedPhone,
            $"{page.People.Lines.Count} people");
        checks.That(
            "and has the emergency page at once: who says what, how old it is, and what is not known",
            page.DangerousMedicines.Lines.Concat(page.OtherMedicines.Lines).All(line => line.Line.Sources.Count > 0)
                && page.NotFound.HiddenPossible.Length > 0
                && answer.Html.Length > 0 && answer.Pdf.Length > 0,
            "lines with their sources, and the sentence that stands on every page",
            $"{page.DangerousMedicines.Lines.Count} dangerous medicines, {page.Allergies.Lines.Count} allergies");
    }

    /// <summary>Before a blood test is ordered: was it done, when, and what was found?</summary>
    private async Task LookForTheBloodTestAsync(CancellationToken ct)
    {
        var answer = await Stranger.Client.FindComparableExamsAsync(
            new FindComparableExamsRequest
            {
                RecordId = recordId,
                Code = new Coding { System = Loinc, Code = Inr, Display = "INR" },
                Window = Duration.FromTimeSpan(TimeSpan.FromDays(30)),
            },
            ct);
        var last = answer.Exams.FirstOrDefault();
        foreach (var exam in answer.Exams)
        {
            var value = exam.Results.SelectMany(result => result.Values).FirstOrDefault()?.Quantity?.Low?.Value;
            Screen.Line($"INR {value}, {exam.AgeDays} days ago, {exam.Source.AuthorName}, {exam.Source.StructureName}");
        }

        checks.That(
            $"the blood test was done {DaysSinceTest} days ago, and need not be repeated to be known",
            last is { Match: ExamMatch.SameCode, AgeDays: DaysSinceTest },
            $"the same code, {DaysSinceTest} days ago",
            last is null ? "nothing" : $"{last.Match}, {last.AgeDays} days ago");
        if (last is not null)
        {
            await ReadAsync(Stranger, last.Source.DocumentId, ct);
            opened = last.Source.DocumentId;
        }
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
