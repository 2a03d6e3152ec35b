using Dmp.Care.Exams;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Care;

/// <summary>What was examined before, beside what is about to be ordered.</summary>
internal sealed class FindComparableExams(
    WholeRecord wholeRecord, PanelLists panels, ExamTablesInForce tables, ExamCounts counts, AuditTrail audit, TimeProvider time)
{
    private const int StatingMax = 1_000;
    private const long WindowSecondsMax = 100L * 366 * 24 * 3600;

    // What a clock that runs ahead may do to a day.
    private static readonly TimeSpan ahead = TimeSpan.FromDays(1);

    private static readonly HashSet<FactKind> kinds = [FactKind.Observation, FactKind.Act];

    public async Task<FindComparableExamsResponse> RunAsync(Call call, FindComparableExamsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var now = time.GetUtcNow();
        var at = DocumentRules.CheckTime(request.At, "at", faults) ?? now;
        faults.Require(at <= now.AddYears(1), "at", "Must be a year from now at most.");
        faults.Require(IsGood(request.Window), "window", "Must be more than nothing, and 100 years at most.");
        faults.Require(System.Enum.IsDefined(request.Side), "side", "Must be a side of this version of the contract.");
        faults.ThrowIfAny();

        // Whoever may not read the record learns that first, and nothing of the list.
        var reading = await wholeRecord.ReadAsync(call, recordId, DocumentSearch.Approved, kinds, StatingMax, ct);
        var (list, members) = await panels.FindAsync(request.MembersListOid, ct);
        var documents = CareDocuments.Of(reading);

        // A report in words alone is read and states nothing. Titles and event codes are known of all, whatever became of their content.
        var unread = reading.Others.Where(one => one.State != DocumentFactsState.Erased).ToList();
        var exams = new ExamFinder(tables.Tables).Find(
            [.. documents, .. unread.Select(one => CareDocuments.Of(one.Row, []))],
            new ExamQuestion(at, request.Code)
            {
                Members = members,
                Window = request.Window?.ToTimeSpan(),
                Specimen = request.Specimen,
                Side = request.Side,
                TitleWords = request.TitleWords,
                Grace = request.At is null ? ahead : TimeSpan.Zero,
                WithRelated = request.IncludeRelated,
                NotStructured = unread.Select(one => one.Row.DocumentId.ToString()).ToHashSet(StringComparer.Ordinal),
            });
        exams.Documents = reading.Coverage;
        exams.MembersList = list;
        await audit.TraceReadAsync(call, CareSources.TracedOf(reading, exams), ct);
        counts.Asked(call.Caller.SoftwareId, request.Code, recordId, exams);
        return new FindComparableExamsResponse { Exams = exams };
    }

    private static bool IsGood(Duration? window) => window is null
        || (window.Nanos is >= 0 and < 1_000_000_000
            && window.Seconds is >= 0 and <= WindowSecondsMax
            && (window.Seconds > 0 || window.Nanos > 0));
}
