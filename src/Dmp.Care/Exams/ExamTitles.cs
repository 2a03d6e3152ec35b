using Dmp.Care.V1;
using Dmp.Facts.Reading;

namespace Dmp.Care.Exams;

/// <summary>Documents that state nothing in entries, by their metadata, or by their titles where their type is right (rule E10).</summary>
/// <param name="question">What is to be ordered.</param>
/// <param name="askedImaging">What pictures that is; null when it is none.</param>
/// <param name="askedSide">The side that is asked for.</param>
internal sealed class ExamTitles(ExamQuestion question, ImagingAct? askedImaging, BodySide askedSide)
{
    /// <summary>Most characters of a title.</summary>
    public const int TitleMax = 256;

    /// <summary>Reports of laboratories, of imaging and of other diagnostic acts (J07).</summary>
    private static readonly HashSet<string> laboratory = ["11502-2", "DOCPAT05"];
    private static readonly HashSet<string> imagingReports = ["18748-4", "DOCPAT04"];
    private static readonly HashSet<string> actReports = ["70004-7", "11505-5", "75492-9"];

    private readonly (string System, string Code) asked = ExamTables.KeyOf(question.Code.System, question.Code.Code);

    /// <summary>What the document is about; null when nothing says that it is what was asked.</summary>
    public FoundExam? Of(CareDocument document)
    {
        var metadata = document.Metadata;
        TitleWords title = new(metadata.Title);
        var isAct = asked.System == "1.2.250.1.213.2.5";
        var types = askedImaging is not null ? imagingReports : isAct ? actReports : laboratory;
        var isNamed = metadata.EventCodes.Any(code => ExamTables.KeyOf(code.System, code.Code) == asked)
            || (types.Contains(metadata.Type?.Code ?? "") && IsNamed(title));
        var time = new ClinicalTimes(document).OfDocument();
        if (!isNamed || time.Time.ToDateTimeOffset() > question.At + question.Grace)
        {
            return null;
        }

        var side = ImagingActs.SideOf(title);
        ComparableExam exam = new()
        {
            Match = ExamMatch.NotStructured,
            Time = time,
            Source = document.Source(),
            Title = Words.Cut(metadata.Title, TitleMax),
        };
        exam.Notes.AddRange(NotesOf(document, side));
        return new FoundExam(
            exam,
            ImagingActs.IsOtherSide(side, askedSide) ? UnusableReason.OtherSide : null,
            side,
            new HashSet<string>());
    }

    private IEnumerable<ExamNote> NotesOf(CareDocument document, BodySide side)
    {
        if (question.Specimen is not null)
        {
            yield return ExamNote.SpecimenNotStated;
        }

        if (askedSide != BodySide.Unspecified && side == BodySide.Unspecified)
        {
            yield return ExamNote.SideNotStated;
        }

        if (document.ByPatient)
        {
            yield return ExamNote.ByPatient;
        }
    }

    private bool IsNamed(TitleWords title)
    {
        var name = question.Code.Display.Split('[', ';')[0].Trim();
        return question.TitleWords.Append(name).Any(title.Has) || (askedImaging is not null && Regions.AreNamed(title, askedImaging));
    }
}
