using Dmp.Care.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Exams;

/// <summary>What was examined before, beside what somebody is about to order (rules E1 to E14, docs/care-exams.md).</summary>
/// <param name="tables">What others say of examinations.</param>
public sealed class ExamFinder(ExamTables tables)
{
    /// <summary>Most examinations of an answer.</summary>
    public const int ExamsMax = 30;

    /// <summary>Most of another modality.</summary>
    public const int RelatedMax = 8;

    /// <summary>Most that do not count.</summary>
    public const int UnusableMax = 12;

    /// <summary>Most documents that are told to state the same.</summary>
    public const int CopiesMax = 3;

    // Together a little less than AnswerRoom.BytesMax.
    private const int ExamBytesMax = 2 * 1024 * 1024;
    private const int RelatedBytesMax = 256 * 1024;
    private const int UnusableBytesMax = 704 * 1024;

    /// <summary>Finds them. The order of the documents changes nothing.</summary>
    /// <param name="documents">What exists for the caller.</param>
    /// <param name="question">What is to be ordered.</param>
    public ComparableExams Find(IReadOnlyList<CareDocument> documents, ExamQuestion question)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(question);
        ComparableExams answer = new()
        {
            At = question.At.ToTimestamp(),
            AskedImaging = tables.ImagingOf(question.Code.System, question.Code.Code) is { Modality: not Modality.Unspecified } imaging
                ? imaging
                : null,
        };
        answer.Never.AddRange(tables.NeverOf(question.Code.System, question.Code.Code));
        if (answer.Never.Count > 0)
        {
            return answer;
        }

        answer.Windows.AddRange(question.Window is { } window
            ? [new ExamWindow { ByCaller = true, Duration = Duration.FromTimeSpan(window) }]
            : tables.WindowsOf(question.Code.System, question.Code.Code));

        ExamMatches matches = new(tables, question, answer.AskedImaging);
        var found = ExamCopies.Fold(documents.SelectMany(matches.In));
        foreach (var one in found)
        {
            Place(one.Exam, answer);
        }

        var counting = found.Where(one => one.Unusable is null && one.Exam.Match != ExamMatch.Related).Select(one => one.Exam).ToList();
        var shown = answer.Windows.Count == 0 ? counting : counting.GroupBy(exam => exam.Match).SelectMany(LastOf).ToList();
        shown = [.. ExamCopies.NewestFirst(shown)];
        answer.Exams.AddRange(AnswerRoom.First(shown, ExamsMax, ExamBytesMax));
        answer.MoreExams = shown.Count - answer.Exams.Count;
        var related = found.Where(one => one.Unusable is null && one.Exam.Match == ExamMatch.Related).Select(one => one.Exam).ToList();
        answer.Related.AddRange(AnswerRoom.First(ExamCopies.NewestFirst(related), RelatedMax, RelatedBytesMax));
        answer.MoreRelated = related.Count - answer.Related.Count;
        var unusable = found.Where(one => one.Unusable is not null && one.Exam.Match != ExamMatch.Related)
            .OrderByDescending(one => one.Exam, ExamCopies.ByAge)
            .ThenBy(one => one.Unusable)
            .ToList();
        answer.Unusable.AddRange(AnswerRoom.First(
            unusable.Select(one => new UnusableExam { Reason = one.Unusable!.Value, Exam = one.Exam }), UnusableMax, UnusableBytesMax));
        answer.MoreUnusable = unusable.Count - answer.Unusable.Count;
        return answer;
    }

    /// <summary>What lies in a window, or else the last one that is known, of one kind of match (rule E4).</summary>
    private static IEnumerable<ComparableExam> LastOf(IEnumerable<ComparableExam> exams)
    {
        var newest = ExamCopies.NewestFirst(exams).ToList();
        var within = newest.Where(exam => exam.Windows.Count > 0).ToList();
        if (within.Count > 0)
        {
            return within;
        }

        newest[0].LastKnown = true;
        return newest.Take(1);
    }

    private static void Place(ComparableExam exam, ComparableExams answer)
    {
        var age = answer.At.ToDateTimeOffset() - exam.Time.Time.ToDateTimeOffset();
        exam.AgeDays = (int)Math.Max(0, Math.Floor(age.TotalDays));
        for (var i = 0; i < answer.Windows.Count; i++)
        {
            if (age <= answer.Windows[i].Duration.ToTimeSpan())
            {
                exam.Windows.Add(i);
            }
        }
    }
}
