using Dmp.Audit.V1;
using Dmp.Care.Emergencies;
using Dmp.Care.Medications;
using Dmp.Care.Summaries;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;
using Dmp.Server.Interactions;
using Dmp.Server.References;
using Google.Protobuf;
using RecordMessage = Dmp.Record.V1.Record;

namespace Dmp.Server.Care;

/// <summary>The page that an emergency physician reads.</summary>
internal sealed class GetEmergencySummary(
    PatientReader patients, WholeRecord wholeRecord, ReferenceShelf shelf, DangerousList dangerous, AuditTrail audit, TimeProvider time)
{
    /// <summary>All that are asked: the one allergy may be stated in the oldest of them.</summary>
    private const int StatingMax = 1_000;

    // Words of remarks belong to devices; everything else has a block of its own.
    private static readonly HashSet<FactKind> kinds = [.. Enum.GetValues<FactKind>().Where(kind => kind != FactKind.Unspecified)];

    public async Task<GetEmergencySummaryResponse> RunAsync(Call call, GetEmergencySummaryRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var now = time.GetUtcNow();
        var at = DocumentRules.CheckTime(request.At, "at", faults) ?? now;
        faults.Require(at <= now.AddMinutes(1), "at", "Must not be in the future.");
        faults.Require(request.LanguageCode is "" or "fr" or "en", "language_code", "Must be fr or en.");
        for (var i = 0; i < request.Formats.Count; i++)
        {
            faults.Require(
                request.Formats[i] != SummaryFormat.Unspecified && Enum.IsDefined(request.Formats[i]),
                $"formats[{i}]",
                "Must be a format of this version of the contract, and not UNSPECIFIED.");
        }

        faults.ThrowIfAny();

        var (record, wishes) = await patients.FindAsync(call, recordId, ct);
        var reading = await wholeRecord.ReadAsync(call, recordId, DocumentSearch.Approved, kinds, StatingMax, ct);
        var language = request.LanguageCode == "en" ? SummaryLanguage.English : SummaryLanguage.French;
        var input = InputOf(call, record, reading, at, language) with { Wishes = wishes };
        var summary = EmergencySummaryBuilder.Build(input);
        var response = new GetEmergencySummaryResponse { Summary = summary };
        if (request.Formats.Contains(SummaryFormat.Html))
        {
            response.Html = HtmlPage.Write(summary);
        }

        if (request.Formats.Contains(SummaryFormat.Text))
        {
            response.Text = TextPage.Write(summary);
        }

        if (request.Formats.Contains(SummaryFormat.Pdf))
        {
            response.Pdf = UnsafeByteOperations.UnsafeWrap(PdfPage.Write(summary));
        }

        if (request.Formats.Contains(SummaryFormat.Ips))
        {
            response.Ips = UnsafeByteOperations.UnsafeWrap(IpsWriter.Write(input, summary));
        }

        await audit.TraceReadAsync(call, TracedOf(reading, summary), ct);
        return response;
    }

    private SummaryInput InputOf(
        Call call, RecordMessage record, RecordReading reading, DateTimeOffset at, SummaryLanguage language)
    {
        var reference = shelf.InteractionsInForce;
        var documents = CareDocuments.Of(reading);

        var statement = ShownOf(
            new MedicationMerge(shelf.Medicines?.Table, dangerous.Groups).Merge(documents, at, withEnded: false),
            at.AddYears(-GetMedicationStatement.StatedYears));
        var taken = TakenMedicines.Of(statement);
        return new SummaryInput
        {
            At = at,
            Language = language,
            Strip = StripOf(call, record),
            Record = record,
            Documents = [.. documents, .. OthersOf(reading, wereRead: true)],
            Unread = [.. OthersOf(reading, wereRead: false)],
            Coverage = reading.Coverage,
            Medication = statement,
            DangerousGroups = dangerous.Groups.Groups,
            Report = reference is null ? null
                : InteractionMapping.ToMessage(reference, reference.Checker.Check([.. taken.Select(one => one.Item)]), []),
            ReportLines = [.. taken.Select(one => one.Line)],
        };
    }

    /// <summary>
    /// Dangerous medicines however long ago they were stated: nobody has said that they ended, and each says how old that is. Of the others
    /// those that GetMedicationStatement by itself has.
    /// </summary>
    private static MedicationStatement ShownOf(MedicationStatement statement, DateTimeOffset from)
    {
        Dictionary<int, int> places = [];
        var shown = statement.Clone();
        shown.Lines.Clear();
        shown.Findings.Clear();
        for (var place = 0; place < statement.Lines.Count; place++)
        {
            var line = statement.Lines[place];
            if (line.DangerousGroup.Length > 0
                || line.Sources.Any(source => !(source.Source.ServiceStartTime?.ToDateTimeOffset() < from)))
            {
                places[place] = shown.Lines.Count;
                shown.Lines.Add(line);
            }
        }

        foreach (var finding in statement.Findings.Where(finding => finding.Lines.All(places.ContainsKey)))
        {
            var moved = finding.Clone();
            moved.Lines.Clear();
            moved.Lines.AddRange(finding.Lines.Select(place => places[place]));
            shown.Findings.Add(moved);
        }

        return shown;
    }

    /// <summary>Who reads, and by which right, as the trace has it.</summary>
    private static SummaryStrip StripOf(Call call, RecordMessage record) => new()
    {
        RecordId = record.RecordId,
        Reader = call.ActingCaller.ToActor(),
        Basis = AuditTrail.BasisOf(call, call.Trace.Right) ?? AuditBasis.Unspecified,
        Mode = call.Trace.Right is { } right ? AuditTrail.ModeOf(right.Mode) : default,
    };

    private static IEnumerable<Dmp.Care.CareDocument> OthersOf(RecordReading reading, bool wereRead) => reading.Others
        .Where(one => one.State == DocumentFactsState.Read == wereRead)
        .Select(one => CareDocuments.Of(one.Row, []));

    /// <summary>Documents whose statements were read, and those that the page names to be opened.</summary>
    private static IReadOnlyList<TracedDocument> TracedOf(RecordReading reading, EmergencySummary summary)
    {
        var named = summary.Visits.Lines.Select(line => line.Document)
            .Concat(summary.Wishes.Directives.Select(line => line.Document))
            .Concat(summary.NotFound.Unread.Select(type => type.Newest))
            .OfType<Source>()
            .Select(source => source.DocumentId)
            .ToHashSet(StringComparer.Ordinal);
        return
        [
            .. reading.Stating.Select(one => one.Row)
                .Concat(reading.Others.Select(one => one.Row).Where(row => named.Contains(row.DocumentId.ToString())))
                .Select(row => row.Traced),
        ];
    }
}
