using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Timelines;

/// <summary>Puts a record by date (docs/care-timeline.md): rules L1 to L13.</summary>
public static class TimelineBuilder
{
    /// <summary>That documents may exist that are not visible: in the words of the emergency page.</summary>
    public static string HiddenPossible { get; } = new SummaryWords(SummaryLanguage.French).HiddenPossible;

    /// <summary>The entries in their order.</summary>
    /// <param name="documents">What exists for the caller, in any order.</param>
    /// <param name="question">What is asked.</param>
    public static IReadOnlyList<TimelineEntry> Build(IEnumerable<DatedDocument> documents, TimelineQuestion question)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(question);
        List<DatedDocument> newestFirst =
        [
            .. documents.OrderByDescending(one => one.Time)
                .ThenBy(one => one.Document.Metadata.UniqueId, StringComparer.Ordinal)
                .ThenBy(one => one.Document.DocumentId, StringComparer.Ordinal),
        ];
        var reasons = question.Order == TimelineOrder.EssentialFirst ? new PlaceReasons(newestFirst, question.At) : null;
        return
        [
            .. EpisodeGroups.Of(newestFirst)
                .Select(group => EntryOf(group, question, reasons))
                .Where(entry => !question.OnlyNew || question.NewSince is null || entry.Newness is Newness.New or Newness.Changed)
                .OrderBy(entry => entry.Reason)
                .ThenByDescending(entry => entry.Time.ToDateTimeOffset())
                .ThenBy(entry => entry.Documents[0].Source.UniqueId, StringComparer.Ordinal)
                .ThenBy(entry => entry.Documents[0].Source.DocumentId, StringComparer.Ordinal),
        ];
    }

    private static TimelineEntry EntryOf(DocumentGroup group, TimelineQuestion question, PlaceReasons? reasons)
    {
        var documents = group.Documents.Select(one => DocumentOf(one.Document, one.Tie, question.NewSince, reasons)).ToList();
        var isRecent = reasons is not null && group.StayEnds.Any(reasons.IsRecentVisit);
        TimelineEntry entry = new()
        {
            StartTime = group.Documents[^1].Document.Time.ToTimestamp(),
            Time = group.Documents[0].Document.Time.ToTimestamp(),
            Reason = isRecent ? TimelineReason.RecentVisit : documents.Min(one => one.Reason),
            Newness = documents.Min(one => one.Newness),
            Episode = group.Episode,
        };
        entry.Documents.AddRange(documents);
        return entry;
    }

    private static TimelineDocument DocumentOf(DatedDocument dated, EpisodeTie tie, DateTimeOffset? since, PlaceReasons? reasons)
    {
        var (newness, time) = since is not { } visit ? (Newness.Unspecified, (DateTimeOffset?)null)
            : dated.CameAt > visit ? (Newness.New, dated.CameAt)
            : dated.ChangedAt > visit ? (Newness.Changed, dated.ChangedAt)
            : (Newness.Unchanged, null);
        return new TimelineDocument
        {
            Source = dated.Document.Source(),
            Title = dated.Document.Metadata.Title,
            Class = dated.Class,
            ServiceStopTime = dated.Document.Metadata.ServiceStopTime,
            Reason = reasons?.Of(dated) ?? TimelineReason.ByDate,
            Newness = newness,
            NewnessTime = time?.ToTimestamp(),
            Tie = tie,
            AbnormalResults = reasons is null ? 0 : PlaceReasons.AbnormalOf(dated),
            State = dated.State,
        };
    }
}
