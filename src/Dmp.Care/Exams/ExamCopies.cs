using System.Globalization;
using Dmp.Care.V1;

namespace Dmp.Care.Exams;

/// <summary>An examination that was found.</summary>
/// <param name="Exam">As it is told.</param>
/// <param name="Unusable">Why it does not count; null when it does.</param>
/// <param name="Side">The side of an act.</param>
/// <param name="Ids">Identifiers of its statements; copies share one.</param>
internal sealed record FoundExam(ComparableExam Exam, UnusableReason? Unusable, BodySide Side, IReadOnlySet<string> Ids);

/// <summary>One examination that several documents state is one with several sources (rule E13).</summary>
internal static class ExamCopies
{
    private const int IdsMax = 100;

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
            if (keys.Select(key => known.GetValueOrDefault(key))
                .FirstOrDefault(found => found is not null && found.Exam.Source.DocumentId != one.Exam.Source.DocumentId) is { } first)
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

    /// <summary>
    /// By what is stated, with an identifier of its statements or with an hour. Not by an identifier alone: programs use one for
    /// everything, what is corrected keeps it, and a part of a panel shares those of its members with the whole.
    /// </summary>
    private static IEnumerable<string> KeysOf(FoundExam one)
    {
        var exam = one.Exam;
        if (exam.Results.Count == 0 && exam.Code is null)
        {
            yield break;
        }

        var results = exam.Results.Select(result => $"{Statements.KeyOf(result.Code)} {result.Values}").Order(StringComparer.Ordinal);
        var content = string.Create(
            CultureInfo.InvariantCulture,
            $"{exam.Match} {one.Unusable} {exam.Time.Time} {exam.Time.Precision} {exam.Panel} {exam.MoreResults} {exam.Imaging} ")
            + $"{one.Side} {Statements.KeyOf(exam.Specimen)} {Statements.KeyOf(exam.Code)} {string.Join(' ', results)}";
        foreach (var id in one.Ids.Order(StringComparer.Ordinal).Take(IdsMax))
        {
            yield return $"{id} {content}";
        }

        if (exam.Time is { Precision: TimePrecision.Time, Origin: not ClinicalTimeOrigin.Document })
        {
            yield return $" {content}";
        }
    }
}
