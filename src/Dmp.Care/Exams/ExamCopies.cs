using System.Globalization;
using Dmp.Care.V1;

namespace Dmp.Care.Exams;

/// <summary>An examination that was found.</summary>
/// <param name="Exam">As it is told.</param>
/// <param name="Unusable">Why it does not count; null when it does.</param>
/// <param name="Ids">Identifiers of its statements; copies share one.</param>
internal sealed record FoundExam(ComparableExam Exam, UnusableReason? Unusable, IReadOnlySet<string> Ids);

/// <summary>One examination that several documents state is one with several sources (rule E13).</summary>
internal static class ExamCopies
{
    public static IComparer<ComparableExam> ByAge { get; } = Comparer<ComparableExam>.Create((one, other) =>
        (one.Time.Time, -(int)one.Match, other.Source.DocumentId, other.Source.Entry, other.Source.Place).CompareTo(
            (other.Time.Time, -(int)other.Match, one.Source.DocumentId, one.Source.Entry, one.Source.Place)));

    public static IEnumerable<ComparableExam> NewestFirst(IEnumerable<ComparableExam> exams) =>
        exams.OrderByDescending(exam => exam, ByAge);

    public static IReadOnlyList<FoundExam> Fold(IEnumerable<FoundExam> exams)
    {
        List<FoundExam> kept = [];
        Dictionary<string, FoundExam> known = new(StringComparer.Ordinal);
        foreach (var one in exams.OrderBy(one => one.Exam.Source.StatedTime)
            .ThenBy(one => one.Exam.Source.DocumentId, StringComparer.Ordinal)
            .ThenBy(one => one.Exam.Source.Entry)
            .ThenBy(one => one.Exam.Source.Place))
        {
            var keys = KeysOf(one).ToList();
            var first = keys.Select(key => known.GetValueOrDefault(key)).FirstOrDefault(found => found is not null);
            if (first is not null && first.Exam.Source.DocumentId != one.Exam.Source.DocumentId)
            {
                if (first.Exam.Copies.Count < ExamFinder.CopiesMax)
                {
                    first.Exam.Copies.Add(one.Exam.Source);
                }

                continue;
            }

            kept.Add(one);
            foreach (var key in keys)
            {
                known.TryAdd(key, one);
            }
        }

        return kept;
    }

    /// <summary>By an identifier of its statements, or by an hour and what is stated.</summary>
    private static IEnumerable<string> KeysOf(FoundExam one)
    {
        var kind = $"{one.Exam.Match} {one.Unusable}";
        foreach (var id in one.Ids)
        {
            yield return $"{kind} {id}";
        }

        if (one.Exam.Time is { Precision: TimePrecision.Time, Origin: not ClinicalTimeOrigin.Document }
            && (one.Exam.Results.Count > 0 || one.Exam.Code is not null))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{kind} {one.Exam.Time.Time} {Statements.KeyOf(one.Exam.Specimen)} {Statements.KeyOf(one.Exam.Code)} ")
                + string.Join(' ', one.Exam.Results.Select(result => $"{Statements.KeyOf(result.Code)} {result.Values}"));
        }
    }
}
