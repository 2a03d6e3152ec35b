using Dmp.Care.V1;
using Dmp.Facts.Reading;
using Dmp.Facts.V1;

namespace Dmp.Care.Exams;

/// <summary>What a document states that is like the examination that was asked.</summary>
internal sealed class ExamMatches
{
    private const int ResultsMax = 50;

    private readonly ExamQuestion question;
    private readonly ImagingAct? askedImaging;
    private readonly ImagingActs acts;
    private readonly ExamTitles titles;
    private readonly BodySide askedSide;
    private readonly (string System, string Code) asked;
    private readonly IReadOnlySet<(string System, string Code)> equivalents;
    private readonly HashSet<(string System, string Code)> members;

    public ExamMatches(ExamTables tables, ExamQuestion question, ImagingAct? askedImaging)
    {
        (this.question, this.askedImaging) = (question, askedImaging);
        acts = new ImagingActs(tables);
        askedSide = question.Side != BodySide.Unspecified ? question.Side : askedImaging?.Side ?? BodySide.Unspecified;
        titles = new ExamTitles(question, askedImaging, askedSide);
        asked = ExamTables.KeyOf(question.Code.System, question.Code.Code);
        equivalents = tables.EquivalentsOf(question.Code.System, question.Code.Code);
        members = [.. question.Members.Select(member => ExamTables.KeyOf(member.System, member.Code))];
    }

    /// <summary>All of a document.</summary>
    public IEnumerable<FoundExam> In(CareDocument document)
    {
        if (question.NotStructured.Contains(document.DocumentId))
        {
            return titles.Of(document) is { } exam ? [exam] : [];
        }

        ClinicalTimes times = new(document);
        PassedOverTimes passedOver = new(document, times);
        List<Statement> statements = [];
        foreach (var fact in document.Facts)
        {
            // Whoever looks for pictures means the act, and not what is observed on them.
            var matches = fact.Observation is { } observation ? Of(observation)
                : fact.Act is { } act ? Of(act)
                : [];
            var actSide = fact.Act is { } stated ? ImagingActs.SideOf(stated) : BodySide.Unspecified;
            foreach (var (match, imaging, notes) in matches)
            {
                var time = times.Of(fact, out var isUnreadable);
                if (time.Time.ToDateTimeOffset() <= question.At + question.Grace)
                {
                    // The code of the act may say the side too.
                    var side = imaging is { Side: not BodySide.Unspecified } ? imaging.Side : actSide;
                    var why = Statements.WhyUnusable(fact, needsValue: true) ?? OtherThanAsked(fact, side);
                    statements.Add(new Statement(
                        fact, match, time, isUnreadable || passedOver.Any(fact, time.Origin), why, imaging, side, notes));
                }
            }
        }

        return statements
            .GroupBy(one => (
                one.Match,
                one.Why,
                one.Time.Time,
                one.Time.Precision,
                Specimen: one.Match == ExamMatch.SamePanel && members.Count > 0 ? "" : Statements.KeyOf(one.Fact.Observation?.Specimen),
                Act: one.Fact.Act is null ? 0 : one.Fact.Source.Entry * 100_000L + one.Fact.Source.Place))
            .Select(group => ToExam(document, [.. group]));
    }

    private IEnumerable<(ExamMatch Match, ImagingAct? Imaging, IReadOnlyList<ExamNote> Notes)> Of(Observation observation)
    {
        var codes = Statements.CodesOf(observation.Code).ToList();
        if (codes.Contains(asked))
        {
            yield return (ExamMatch.SameCode, null, []);
        }
        else if (codes.Exists(equivalents.Contains))
        {
            yield return (ExamMatch.SameCode, null, [ExamNote.EquivalentCode]);
        }

        if (codes.Exists(members.Contains) || observation.Panels.SelectMany(Statements.CodesOf).Contains(asked))
        {
            yield return (ExamMatch.SamePanel, null, []);
        }
    }

    private IEnumerable<(ExamMatch Match, ImagingAct? Imaging, IReadOnlyList<ExamNote> Notes)> Of(ClinicalAct act)
    {
        var codes = Statements.CodesOf(act.Code).ToList();
        var readings = acts.Of(act);
        if (codes.Contains(asked) || codes.Exists(equivalents.Contains))
        {
            yield return (ExamMatch.SameCode, readings.Count > 0 ? readings[0] : null, NotesOf(readings, null));
            yield break;
        }

        if (askedImaging is null)
        {
            yield break;
        }

        if (readings.FirstOrDefault(one => one.Modality == askedImaging.Modality && Regions.Holds(one.Regions, askedImaging.Regions))
            is { } same)
        {
            yield return (ExamMatch.SameRegionModality, same, NotesOf(readings, same));
        }
        else if (question.WithRelated && readings.FirstOrDefault(one =>
            one.Modality != askedImaging.Modality && Regions.Holds(one.Regions, askedImaging.Regions)) is { } related)
        {
            yield return (ExamMatch.Related, related, NotesOf(readings, related));
        }
    }

    private List<ExamNote> NotesOf(IReadOnlyList<ImagingAct> readings, ImagingAct? taken)
    {
        List<ExamNote> notes = [];
        if (taken is not null && askedImaging is not null && taken.Regions.Any(region => !askedImaging.Regions.Contains(region)))
        {
            notes.Add(ExamNote.LargerRegion);
        }

        if (taken is not null && askedImaging is { Contrast: not ContrastUse.Unspecified } && taken.Contrast != askedImaging.Contrast)
        {
            notes.Add(ExamNote.ContrastDiffers);
        }

        if (readings.Select(one => string.Join(' ', one.Regions)).Distinct().Skip(1).Any())
        {
            notes.Add(ExamNote.CodesDisagree);
        }

        return notes;
    }

    private UnusableReason? OtherThanAsked(Fact fact, BodySide side) =>
        question.Specimen is { } specimen && fact.Observation is { } observation
            && Statements.IsSpecimen(observation.Specimen, specimen) == false ? UnusableReason.OtherSpecimen
        : ImagingActs.IsOtherSide(side, askedSide) ? UnusableReason.OtherSide
        : null;

    private FoundExam ToExam(CareDocument document, IReadOnlyList<Statement> group)
    {
        var first = group[0];
        ComparableExam exam = new()
        {
            Match = first.Match,
            Time = first.Time,
            Code = first.Fact.Act?.Code,
            Imaging = first.Imaging,
            Specimen = group.Select(one => Statements.KeyOf(one.Fact.Observation?.Specimen)).Distinct().Count() == 1
                ? first.Fact.Observation?.Specimen
                : null,
            Source = document.SourceOf(first.Fact),
            Title = Words.Cut(document.Metadata.Title, ExamTitles.TitleMax),
        };
        var results = group.Where(one => one.Fact.Observation is not null).Select(one => ToResult(one.Fact.Observation)).ToList();
        exam.Results.AddRange(results.Take(ResultsMax));
        exam.MoreResults = results.Count - exam.Results.Count;
        if (first.Match == ExamMatch.SamePanel)
        {
            Complete(exam, group);
        }
        else if (first.Fact.Observation is { } observation)
        {
            exam.Panels.AddRange(observation.Panels.Take(ResultsMax));
        }

        exam.Notes.AddRange(group.SelectMany(one => one.Notes).Concat(NotesOf(document, group)).Distinct().Order());
        return new FoundExam(exam, first.Why, first.Side, group.SelectMany(one => one.Fact.Source.Ids).ToHashSet());
    }

    private IEnumerable<ExamNote> NotesOf(CareDocument document, IReadOnlyList<Statement> group)
    {
        var first = group[0];
        if (question.Specimen is { } specimen
            && group.Any(one => one.Fact.Observation is { } stated && Statements.IsSpecimen(stated.Specimen, specimen) is null))
        {
            yield return ExamNote.SpecimenNotStated;
        }

        if (askedSide != BodySide.Unspecified && first.Fact.Act is not null && first.Side == BodySide.Unspecified)
        {
            yield return ExamNote.SideNotStated;
        }

        if (group.Any(one => Statements.IsPointOfCare(document, one.Fact)))
        {
            yield return ExamNote.PointOfCare;
        }

        if (first.Time.Precision != TimePrecision.Time)
        {
            yield return ExamNote.TimeCoarse;
        }

        if (group.Any(one => one.IsUnreadable))
        {
            yield return ExamNote.TimeUnreadable;
        }

        if (document.ByPatient)
        {
            yield return ExamNote.ByPatient;
        }
    }

    private void Complete(ComparableExam exam, IReadOnlyList<Statement> group)
    {
        exam.Code = group.SelectMany(one => one.Fact.Observation.Panels)
            .FirstOrDefault(panel => Statements.CodesOf(panel).Contains(asked));
        if (members.Count == 0)
        {
            exam.Panel = PanelExtent.Stated;
            return;
        }

        var done = group.SelectMany(one => Statements.CodesOf(one.Fact.Observation.Code)).ToHashSet();
        exam.Missing.AddRange(question.Members.Where(member => !done.Contains(ExamTables.KeyOf(member.System, member.Code))));
        exam.Panel = exam.Missing.Count == 0 ? PanelExtent.Full : PanelExtent.Partial;
    }

    private static ExamResult ToResult(Observation observation) => new()
    {
        Code = observation.Code,
        Values = { observation.Values },
        Interpretations = { observation.Interpretations },
        Ranges = { observation.Ranges },
    };

    private sealed record Statement(
        Fact Fact,
        ExamMatch Match,
        ClinicalTime Time,
        bool IsUnreadable,
        UnusableReason? Why,
        ImagingAct? Imaging,
        BodySide Side,
        IReadOnlyList<ExamNote> Notes);
}
