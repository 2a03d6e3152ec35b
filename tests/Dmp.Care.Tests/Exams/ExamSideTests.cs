using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Exams;

/// <summary>Of which side an act was, and of which specimen a result, as far as it is said (rules E3 and E8).</summary>
public sealed class ExamSideTests
{
    private const string Urine = "122575003";
    private const string Serum = "119364003";

    [Fact]
    public void E3_a_specimen_in_words_or_in_other_codes_is_no_other_one()
    {
        var (words, local) = (Result(Tsh, "1"), Result(Tsh, "2"));
        words.Observation.Specimen = new CodedValue { Text = "Sérum" };
        local.Observation.Specimen = Coded("SER", "1.2.3.4");

        var found = new Examined().Reports("20260620", words, local, Result(Tsh, "3", specimen: Urine))
            .Find(Tsh, question => question with { Specimen = Code(Serum, Snomed) });

        Assert.Equal(["1", "2"], found.Exams.Select(ValueOf).Order(StringComparer.Ordinal));
        Assert.All(found.Exams, exam => Assert.Contains(ExamNote.SpecimenNotStated, exam.Notes));
        Assert.Equal(UnusableReason.OtherSpecimen, Assert.Single(found.Unusable).Reason);
    }

    [Theory]
    [InlineData("7771000", null, true)]
    [InlineData("24028007", null, false)]
    [InlineData("51440002", null, false)]
    [InlineData(null, "Genou gauche", true)]
    [InlineData(null, "Genou droit", false)]
    [InlineData(null, "Genoux, bilatérale", false)]
    [InlineData(null, "Genou", false, ExamNote.SideNotStated)]
    public void E8_the_side_of_every_act_counts(string? code, string? words, bool isOther, params ExamNote[] notes)
    {
        var act = Act("NFQK001", system: Ccam);
        act.Act.Sites.Add(new CodedValue { Code = "1", System = "9.9", Display = words ?? "" });
        if (code is not null)
        {
            act.Act.Sites[0].Qualifiers.Add(new CodeQualifier { Value = Coded(code, Snomed) });
        }

        var found = new Examined().Reports("20260620", act)
            .Find("NFQK001", question => question with { Side = BodySide.Right }, system: Ccam);

        Assert.Equal(isOther ? [] : [notes], found.Exams.Select(exam => exam.Notes.ToArray()));
        Assert.Equal(isOther ? [UnusableReason.OtherSide] : [], found.Unusable.Select(one => one.Reason));
    }

    [Theory]
    [InlineData("Radiographie du genou gauche", true)]
    [InlineData("Radiographie du genou droit", false)]
    [InlineData("Radiographie des genoux droit et gauche", false)]
    [InlineData("Radiographie bilatérale des genoux", false)]
    [InlineData("Radiographie du genou", false, ExamNote.SideNotStated)]
    public void E8_the_side_in_a_title_counts(string title, bool isOther, params ExamNote[] notes)
    {
        var found = new Examined().Holds("20260620", "70004-7", title)
            .Find("NFQK001", question => question with { Side = BodySide.Right, TitleWords = ["genou", "genoux"] }, system: Ccam);

        Assert.Equal(isOther ? [] : [notes], found.Exams.Select(exam => exam.Notes.ToArray()));
        Assert.Equal(isOther ? [UnusableReason.OtherSide] : [], found.Unusable.Select(one => one.Reason));
    }

    [Fact]
    public void E10_a_title_does_not_say_what_was_examined() => Assert.Equal(
        [ExamNote.SpecimenNotStated],
        Assert.Single(new Examined().Holds("20260610", "11502-2", "TSH").Find(
            Tsh, question => question with { TitleWords = ["TSH"], Specimen = Code(Serum, Snomed) }).Exams).Notes);

    private static string ValueOf(ComparableExam exam) => exam.Results[0].Values[0].Quantity.Low.Value;
}
