using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Diseases, the active ones before the past ones (P7). What is denied, what relatives have, complaints and symptoms are none; the lists of
/// problems and of the history come before what a report names beside.
/// </summary>
internal sealed class ProblemLines(SummaryLines lines)
{
    private const int LinesMax = 50;
    private const int NoneMax = 5;
    private const string ProblemList = "11450-4";
    private const string History = "11348-0";
    private const string FamilyHistory = "10157-6";
    private const string UnwantedEffects = "44939-7";

    /// <summary>Kinds of statements that are no disease: complaint, symptom, finding, reaction.</summary>
    private static readonly HashSet<string> noDisease = ["409586006", "418799008", "404684003", "281647001"];

    public ProblemBlock Of(SummaryFacts facts)
    {
        var problems = facts.Of(Fact.KindOneofCase.Problem).Where(IsOwn).ToList();
        var made = problems.Where(IsDisease)
            .GroupBy(stated => CodeWords.Key(stated.Fact.Problem.Value, TitleOf(stated.Fact)))
            .Select(group => (Line: LineOf([.. group]), IsListed: group.Any(stated => IsListed(stated.Fact))))
            .OrderBy(one => one.Line.State switch { StatedState.Active => 0, StatedState.Unspecified => 1, _ => 2 })
            .ThenBy(one => !one.IsListed)
            .ThenByDescending(one => one.Line.Line.Sources[0].StatedTime?.ToDateTimeOffset())
            .ThenBy(one => one.Line.Line.Title, StringComparer.Ordinal)
            .Select(one => one.Line)
            .ToList();
        ProblemBlock block = new() { MoreLines = Math.Max(0, made.Count - LinesMax) };
        block.Lines.AddRange(made.Take(LinesMax));
        block.NoneStated.AddRange(NoneStatements.Of(
            lines, problems.Where(stated => SummaryFacts.SaysNone(stated.Fact) && stated.Fact.Source.SectionCode == ProblemList), NoneMax));
        return block;
    }

    /// <summary>A disease that the patient has or had, and neither denied nor a complaint.</summary>
    public static bool IsDisease(Stated stated) => IsOwn(stated)
        && stated.Fact is { Negated: false, Absence: FactAbsence.Unspecified } && TitleOf(stated.Fact).Length > 0
        && (IsListed(stated.Fact) || !noDisease.Contains(stated.Fact.Problem.Type?.Code ?? ""));

    private static bool IsOwn(Stated stated) => stated.Fact.Source.SectionCode is not (FamilyHistory or UnwantedEffects);

    /// <summary>The words of a problem: of its code, or of the document.</summary>
    public static string TitleOf(Fact fact)
    {
        var title = CodeWords.Of(fact.Problem.Value);
        return title.Length > 0 ? title : ShownText.Of(fact.Text);
    }

    private static bool IsListed(Fact fact) => fact.Source.SectionCode is ProblemList or History;

    private ProblemLine LineOf(IReadOnlyList<Stated> group)
    {
        var newest = Newest.Of(group);
        var problem = newest.Fact.Problem;
        ProblemLine line = new()
        {
            Value = problem.Value is { Code.Length: > 0 } value ? value : null,
            State = StateOf(newest.Fact),
            Since = problem.Period?.Low?.Written ?? "",
        };
        line.Line = lines.Line(TitleOf(newest.Fact), DetailsOf(line, newest), group.Select(stated => stated.Source));
        return line;
    }

    private IEnumerable<string> DetailsOf(ProblemLine line, Stated newest)
    {
        var words = lines.Words;
        var problem = newest.Fact.Problem;
        yield return line.State switch
        {
            StatedState.Active => words.Active,
            StatedState.Past => words.Past,
            _ => "",
        };
        yield return line.Value?.Code is { Length: > 0 } code ? $"[{code}]" : "";
        yield return CodeWords.Sites(problem.Sites);
        yield return CodeWords.Of(problem.Severity, 60);
        yield return CodeWords.Of(problem.Certainty, 60);
        yield return lines.Written(problem.Period?.Low) is { Length: > 0 } since ? words.In($"depuis {since}", $"since {since}") : "";
        yield return problem.Period is { Single: false } period && lines.Written(period.High) is { Length: > 0 } until
            ? words.In($"jusqu'à {until}", $"until {until}") : "";
    }

    private StatedState StateOf(Fact fact)
    {
        var problem = fact.Problem;
        var state = CodeWords.State(problem.Status);
        return state != StatedState.Unspecified ? state
            : StatedTimes.End(problem.Period) is { } end && end <= lines.At ? StatedState.Past
            : fact.Source.SectionCode == History ? StatedState.Past
            : fact.Source.SectionCode == ProblemList ? StatedState.Active
            : StatedState.Unspecified;
    }
}
