using System.Text;
using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Proofs;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Story;

internal sealed partial class MainJob
{
    private const int TraceLinesMax = 14;

    private string consentId = "";

    private async Task HideAsync(CancellationToken ct)
    {
        var wanted = Sent[0].Stored!.DocumentId;
        await checks.RefusedAsync(
            "before that, the dentist is refused", ErrorReason.RecordAccessDenied, () => DentistsListAsync(ct));

        await FollowAsync(ct);
        consentId = (await Patient.Client.GrantConsentAsync(
            new GrantConsentRequest { RecordId = recordId, Actor = Dentist.Info.Actor }, ct)).ConsentId;
        var before = await DentistsListAsync(ct);
        checks.That("the dentist, authorised by the patient, sees the document", before.Contains(wanted), wanted, "not in the list");
        await ToldAsync("the dentist's software, which follows the change feed, is told", ct, (ChangeKind.AccessGranted, ""));

        await Patient.Client.MaskDocumentAsync(new MaskDocumentRequest { RecordId = recordId, DocumentId = wanted }, ct);
        var after = await DentistsListAsync(ct);
        checks.That("masked by the patient, it is gone from the dentist's list", !after.Contains(wanted), "absent", "still there");
        checks.Equal("and nothing else is", before.Count - 1, after.Count);
        await checks.RefusedAsync(
            "asked for by its id it does not exist", ErrorReason.DocumentNotFound, () => ReadAsync(Dentist, wanted, ct));
        await ToldAsync("its software is told the same as if it were deleted", ct, (ChangeKind.Deleted, wanted));
        var seen = await Physician.Client.GetDocumentAsync(new GetDocumentRequest { RecordId = recordId, DocumentId = wanted }, ct);
        checks.Equal("its author still sees it, marked as masked", 1, seen.VisibilityCodes.Count);

        await Patient.Client.UnmaskDocumentAsync(new UnmaskDocumentRequest { RecordId = recordId, DocumentId = wanted }, ct);
        checks.That("unmasked, it is back", (await DentistsListAsync(ct)).SetEquals(before), "the list of before", "another list");
        await ToldAsync("and told like a new one", ct, (ChangeKind.Created, wanted));
    }

    private async Task RevokeAsync(CancellationToken ct)
    {
        var visible = Sent[^1].Stored!.DocumentId;
        await ReadAsync(Dentist, visible, ct);
        await Patient.Client.RevokeConsentAsync(new RevokeConsentRequest { RecordId = recordId, ConsentId = consentId }, ct);
        await checks.RefusedAsync(
            "from the next call on the dentist finds nothing", ErrorReason.RecordAccessDenied, () => DentistsListAsync(ct));
        var refusal = await checks.RefusedAsync(
            "and reads nothing", ErrorReason.RecordAccessDenied, () => ReadAsync(Dentist, visible, ct));
        if (refusal is not null)
        {
            Screen.Line($"the dentist's software is told: {refusal.Reason}: {refusal.LocalizedMessage}");
        }

        await ToldAsync("and by the feed, to drop what it holds", ct, (ChangeKind.AccessLost, ""));
    }

    private async Task TraceAsync(CancellationToken ct)
    {
        var events = new List<AuditEvent>();
        await foreach (var one in Patient.Client.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = recordId, TimeFrom = Timestamp.FromDateTimeOffset(begin), PageSize = 200 }, ct))
        {
            events.Add(one);
        }

        events.Reverse();
        foreach (var one in events.TakeLast(TraceLinesMax))
        {
            Screen.Line(
                $"{one.EventTime.ToDateTimeOffset():HH:mm:ss}  {Outcome(one),-8} {one.Purpose?.Code,-6} {Who(one),-28} "
                + $"{one.Method[(one.Method.LastIndexOf('/') + 1)..]} {one.Reason}");
        }

        Screen.Line($"{events.Count} events of this run in all");
        checks.Equal("every upload is in the trace, the summaries too", Sent.Count + 2, DocumentsOf(events, "UploadDocument", Physician));
        checks.Equal("every read is in the trace", Sent.Count, DocumentsOf(events, "ReadDocument", Physician));
        checks.That(
            "so is the blood test that the physician on call opened, and the page before it",
            events.Any(one => one.Actor.Id == Stranger.Info.ProfessionalId && one.Method.EndsWith("/ReadDocument", StringComparison.Ordinal)
                && one.Documents.Any(document => document.DocumentId == opened))
                && events.Any(one => one.Method.EndsWith("/GetEmergencySummary", StringComparison.Ordinal) && one.Documents.Count > 0),
            opened ?? "a document",
            "no such event");
        checks.Equal(
            "so is every refusal of the dentist",
            4,
            events.Count(one => one.Outcome == AuditOutcome.Refused && one.Actor.Id == Dentist.Info.ProfessionalId));
    }

    /// <summary>
    /// From a file, with nothing but the file and the platform's public keys; and once more after a letter of it was changed.
    /// </summary>
    private async Task VerifyAsync(CancellationToken ct)
    {
        var keys = (await Patient.Client.GetCheckpointAsync(ct)).Vkeys;
        using var file = new MemoryStream();
        await Patient.Client.ExportTraceAsync(recordId, file, cancellationToken: ct);
        var verifier = new TraceVerifier(keys);
        var result = await VerifyAsync(verifier, file.ToArray(), ct);
        checks.That(
            "exported to a file, every event is proven, without the platform",
            result.IsValid && result.EventCount > 0,
            "no fault",
            string.Join("; ", result.Faults.Select(fault => fault.Message)));
        Screen.Line($"{result.EventCount} events, {file.Length:N0} bytes, in a log of {result.Checkpoint?.Size:N0} signed as");
        foreach (var line in (result.Checkpoint?.Note ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Screen.Line($"  {line}");
        }

        var forged = Encoding.UTF8.GetString(file.ToArray());
        var content = forged.IndexOf("\"content\":", StringComparison.Ordinal) + 40;
        var letter = forged[content] == 'A' ? 'B' : 'A';
        var found = await VerifyAsync(verifier, Encoding.UTF8.GetBytes($"{forged[..content]}{letter}{forged[(content + 1)..]}"), ct);
        checks.That("one letter changed, the event is named", found.Faults.Any(fault => fault.EventId.Length > 0), "a fault", "none");
        Screen.Line(found.Faults.Count > 0 ? $"{found.Faults[0].EventId}: {found.Faults[0].Message}" : "");
    }

    private static async Task<TraceVerification> VerifyAsync(TraceVerifier verifier, byte[] export, CancellationToken ct)
    {
        using var file = new MemoryStream(export);
        return await verifier.VerifyAsync(file, cancellationToken: ct);
    }

    private static string Outcome(AuditEvent one) => one.Outcome switch
    {
        AuditOutcome.Allowed => "allowed",
        AuditOutcome.Refused => "REFUSED",
        _ => "failed",
    };

    private static string Who(AuditEvent one) => one.Actor.Name.Length > 0 ? one.Actor.Name : one.Actor.Kind.ToString();

    private static int DocumentsOf(IEnumerable<AuditEvent> events, string method, Persona persona) => events
        .Where(one => one.Outcome == AuditOutcome.Allowed
            && one.Actor.Id == persona.Info.ProfessionalId
            && one.Method.EndsWith(method, StringComparison.Ordinal))
        .SelectMany(one => one.DocumentIds)
        .Distinct()
        .Count();

    private async Task ReadAsync(Persona persona, string documentId, CancellationToken ct) =>
        await persona.Client.DownloadAsync(recordId, documentId, Stream.Null, cancellationToken: ct);

    private async Task<HashSet<string>> DentistsListAsync(CancellationToken ct)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var found in Dentist.Client.SearchDocumentsAsync(
            new SearchDocumentsRequest { RecordId = recordId, PageSize = 200 }, ct))
        {
            ids.Add(found.DocumentId);
        }

        return ids;
    }
}
