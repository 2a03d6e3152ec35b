using Dmp.Care.Exams;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Exams;

/// <summary>The rules of docs/care-exams.md, each by its example.</summary>
public sealed class ExamRuleTests
{
    private const string Urine = "122575003";
    private const string Serum = "119364003";
    private const string Lipids = "57698-3";
    private static readonly string[] lipids = ["2093-3", "2085-9", "13457-7", "2571-8"];

    private static readonly Func<ExamQuestion, ExamQuestion> lipidList =
        question => question with { Members = [.. lipids.Select(code => Code(code))] };

    [Theory]
    [InlineData("20260618101500+0000", "2026-06-18", ClinicalTimeOrigin.Statement)]
    [InlineData("20620618", "2026-06-20", ClinicalTimeOrigin.Document)]
    [InlineData("31/02/2026", "2026-06-20", ClinicalTimeOrigin.Document)]
    [InlineData(null, "2026-06-20", ClinicalTimeOrigin.Document)]
    public void E1_a_result_is_as_old_as_its_specimen_and_never_as_its_report(string? time, string day, ClinicalTimeOrigin origin)
    {
        var exam = Assert.Single(new Examined().Reports("20260620", Result(Tsh, time: time)).Find(Tsh).Exams);

        Assert.Equal((day, origin), (exam.Time.Time.ToDateTime().ToString("yyyy-MM-dd"), exam.Time.Origin));
        Assert.Equal(time is { } written && origin == ClinicalTimeOrigin.Document, exam.Notes.Contains(ExamNote.TimeUnreadable));
    }

    [Fact]
    public void E1_the_taking_of_the_specimen_counts_before_the_time_of_the_result()
    {
        var exam = Assert.Single(new Examined()
            .ReportsTogether("20260620", Act("5201", "20260618073500+0000", "1.2.250.1.213.2.7"), Result(Tsh, time: "20260619140000+0000"))
            .Find(Tsh).Exams);
        Assert.Equal(ClinicalTimeOrigin.Specimen, exam.Time.Origin);
        Assert.Equal(12, exam.AgeDays);

        // Two of them, and nobody can say which is whose.
        exam = Assert.Single(new Examined()
            .ReportsTogether(
                "20260620", Act("5201", "20260618073500+0000"), Act("5201", "20260617073500+0000"),
                Result(Tsh, time: "20260619140000+0000"))
            .Find(Tsh).Exams);
        Assert.Equal(ClinicalTimeOrigin.Statement, exam.Time.Origin);
    }

    [Fact]
    public void E1_a_time_of_a_specimen_or_a_battery_that_cannot_be_read_is_told()
    {
        var specimen = Assert.Single(new Examined()
            .ReportsTogether("20260620", Act("5201", "20620618"), Result(Tsh, time: "20260619140000+0000")).Find(Tsh).Exams);
        Assert.Equal(ClinicalTimeOrigin.Statement, specimen.Time.Origin);
        Assert.Contains(ExamNote.TimeUnreadable, specimen.Notes);

        var result = Result(Tsh, time: null);
        result.Observation.PanelTime = At("31/02/2026");
        var panel = Assert.Single(new Examined().Reports("20260620", result).Find(Tsh).Exams);
        Assert.Equal(ClinicalTimeOrigin.Document, panel.Time.Origin);
        Assert.Contains(ExamNote.TimeUnreadable, panel.Notes);

        result.Observation.Time = At("20260619140000+0000");
        Assert.DoesNotContain(ExamNote.TimeUnreadable, new Examined().Reports("20260620", result).Find(Tsh).Exams.Single().Notes);
    }

    [Fact]
    public void E1_what_lies_behind_a_moment_that_was_given_does_not_count()
    {
        var record = new Examined()
            .Reports("20260630", Result(Tsh, time: "20260630130000+0000")).Holds("20260701", "11502-2", "TSH");

        Assert.Empty(record.Find(Tsh, question => question with { TitleWords = ["TSH"] }).Exams);
        var now = record.Find(Tsh, question => question with { TitleWords = ["TSH"], Grace = TimeSpan.FromDays(1) });
        Assert.Equal([0, 0], now.Exams.Select(exam => exam.AgeDays));
    }

    [Theory]
    [InlineData("preliminary", UnusableReason.Preliminary)]
    [InlineData("active", UnusableReason.Preliminary)]
    [InlineData("cancelled", UnusableReason.Cancelled)]
    [InlineData("nullified", UnusableReason.Cancelled)]
    [InlineData("aborted", UnusableReason.Cancelled)]
    [InlineData("obsolete", UnusableReason.Cancelled)]
    public void E2_what_is_not_final_does_not_count_and_is_told(string state, UnusableReason reason)
    {
        var found = new Examined().Reports("20260620", Result(Tsh, state: state)).Find(Tsh);

        Assert.Empty(found.Exams);
        Assert.Equal(reason, Assert.Single(found.Unusable).Reason);
    }

    [Fact]
    public void E2_what_was_refused_failed_or_is_of_somebody_else_does_not_count()
    {
        var (refused, failed, child, planned) = (Result(Tsh), Result(Tsh, value: ""), Result(Tsh), Result(Tsh));
        refused.Negated = true;
        failed.Observation.Values.Add(new ObservedValue { NullFlavor = "UNK" });
        (child.Subject, planned.Mood) = (Coded("CHILD"), "RQO");

        var found = new Examined().Reports("20260620", refused, failed, child, planned).Find(Tsh);

        Assert.Empty(found.Exams);
        Assert.Equal(
            [UnusableReason.NotDone, UnusableReason.Planned, UnusableReason.NoResult, UnusableReason.OfAnotherPerson],
            found.Unusable.Select(one => one.Reason).Order());
    }

    [Fact]
    public void E3_specimens_are_kept_apart_by_what_is_stated()
    {
        var record = new Examined().Reports(
            "20260620", Result(Tsh, "1", specimen: Serum), Result(Tsh, "2", specimen: Urine), Result(Tsh, "3"));

        Assert.Equal(3, record.Find(Tsh).Exams.Count);
        var serum = record.Find(Tsh, question => question with { Specimen = Code(Serum, Snomed) });
        Assert.Equal(["1", "3"], serum.Exams.Select(ValueOf).Order(StringComparer.Ordinal));
        Assert.Contains(ExamNote.SpecimenNotStated, serum.Exams.Single(exam => ValueOf(exam) == "3").Notes);
        Assert.Equal(UnusableReason.OtherSpecimen, Assert.Single(serum.Unusable).Reason);
    }

    [Fact]
    public void E4_a_result_outside_of_the_window_is_the_last_that_is_known()
    {
        var record = new Examined()
            .Reports("20260102", Result(Tsh, "9", time: "20260102080000+0000"))
            .Reports("20260520", Result(Tsh, "8", time: "20260520080000+0000"));

        var narrow = Assert.Single(record.Find(Tsh, Within(28)).Exams);
        Assert.Equal(("8", true, 41, 0), (ValueOf(narrow), narrow.LastKnown, narrow.AgeDays, narrow.Windows.Count));
        var wide = Assert.Single(record.Find(Tsh, Within(60)).Exams);
        Assert.Equal(("8", false), (ValueOf(wide), wide.LastKnown));
        Assert.Equal([0], wide.Windows);
        Assert.Equal(2, record.Find(Tsh).Exams.Count);
    }

    [Fact]
    public void E5_another_code_counts_only_where_the_operator_says_that_it_is_the_same()
    {
        var record = new Examined().Reports("20260620", Result("14749-6", "5", "mmol/L"));
        Assert.Empty(record.Find("2345-7").Exams);

        var tables = ExamTables.Empty();
        Assert.Empty(tables.AddEquivalents(new StringReader($"{Loinc}\t2345-7\t{Loinc}\t14749-6\tinvented")));
        var exam = Assert.Single(record.Find("2345-7", tables: tables).Exams);
        Assert.Equal((ExamMatch.SameCode, "14749-6"), (exam.Match, exam.Results[0].Code.Code));
        Assert.Equal([ExamNote.EquivalentCode], exam.Notes);
    }

    [Fact]
    public void E6_a_panel_is_full_or_says_what_lacks()
    {
        var partial = Assert.Single(new Examined()
            .Reports("20260620", Result("2085-9"), Result("13457-7")).Find(Lipids, lipidList).Exams);
        Assert.Equal((ExamMatch.SamePanel, PanelExtent.Partial), (partial.Match, partial.Panel));
        Assert.Equal(["2093-3", "2571-8"], partial.Missing.Select(one => one.Code));

        var full = Assert.Single(new Examined()
            .Reports("20260620", [.. lipids.Select(code => Result(code))]).Find(Lipids, lipidList).Exams);
        Assert.Equal((PanelExtent.Full, 4, 0), (full.Panel, full.Results.Count, full.Missing.Count));
    }

    [Fact]
    public void E7_without_a_list_a_panel_is_what_the_document_states()
    {
        var stated = Assert.Single(new Examined()
            .Reports("20260620", Result("2085-9", panels: ["18719-5", Lipids]), Result(Tsh, panels: "18719-5")).Find(Lipids).Exams);
        Assert.Equal((ExamMatch.SamePanel, PanelExtent.Stated, Lipids), (stated.Match, stated.Panel, stated.Code.Code));
        Assert.Single(stated.Results);

        // Asked for a part of it: that part is the same code, and says in which panel it was done.
        var part = Assert.Single(new Examined().Reports("20260620", Result("2085-9", panels: ["18719-5", Lipids])).Find("2085-9").Exams);
        Assert.Equal([ExamMatch.SameCode], [part.Match]);
        Assert.Equal(["18719-5", Lipids], part.Panels.Select(panel => panel.Code));
    }

    [Theory]
    [InlineData("ZBQK001", "ZBQK001", ExamMatch.SameCode)]
    [InlineData("ZBQK001", "ZBQH001", ExamMatch.SameRegionModality, ExamNote.ContrastDiffers)]
    [InlineData("ZBQH001", "ACQH004", ExamMatch.SameRegionModality, ExamNote.LargerRegion)]
    [InlineData("ACQH004", "ZBQH001", null)]
    [InlineData("ZBQK001", "ZBQK002", null)]
    [InlineData("LHQK001", "LHQH006", null)]
    public void E8_a_region_counts_when_it_was_taken_whole_by_the_same_modality(
        string asked, string done, ExamMatch? match, params ExamNote[] notes)
    {
        var found = new Examined().Reports("20260620", Act(done)).Find(asked, system: Ccam);

        var exam = found.Exams.SingleOrDefault();
        Assert.Equal(match, exam?.Match);
        Assert.Equal(notes, exam?.Notes ?? []);
    }

    [Fact]
    public void E8_sites_and_sides_are_those_that_the_act_states()
    {
        var left = Act("unknown", system: "9.9");
        left.Act.Methods.Add(Coded("CT", "1.2.840.10008.2.16.4"));
        left.Act.Sites.Add(new CodedValue
        {
            Code = "72696002",
            System = Snomed,
            Qualifiers = { new CodeQualifier { Value = Coded("7771000", Snomed) } },
        });
        var unsaid = left.Clone();
        unsaid.Act.Sites[0].Qualifiers.Clear();
        unsaid.Act.Period = At("20260620080000+0000");
        var tables = ExamTables.Empty();
        tables.AddEmbeddedImaging();
        Assert.Empty(tables.AddImaging(new StringReader($"9.9\tknee-ct\tCT\tknee\t-\t-\tscanner du genou")));

        var found = new Examined().Reports("20260620", left, unsaid)
            .Find("knee-ct", question => question with { Side = BodySide.Right }, tables, "9.9");

        Assert.Equal([ExamNote.SideNotStated], Assert.Single(found.Exams).Notes);
        Assert.Equal(UnusableReason.OtherSide, Assert.Single(found.Unusable).Reason);
    }

    [Fact]
    public void E8_codes_of_an_act_that_disagree_are_told()
    {
        var act = Act("24727-0", system: Loinc);
        act.Act.Code.Translations.Add(Coded("ACQH004", "1.2.250.1.215.300.1"));

        var exam = Assert.Single(new Examined().Reports("20260620", act).Find("ZBQH001", system: Ccam).Exams);

        Assert.Equal([ExamNote.LargerRegion, ExamNote.CodesDisagree], exam.Notes.Order());
    }

    [Fact]
    public void E9_another_modality_of_the_region_is_told_only_when_asked_for()
    {
        var record = new Examined().Reports("20260620", Act("ZBQK002"));
        Assert.Empty(record.Find("ZBQK001", system: Ccam).Related);

        var found = record.Find("ZBQK001", question => question with { WithRelated = true }, system: Ccam);

        Assert.Empty(found.Exams);
        Assert.Equal(Modality.Xr, Assert.Single(found.Related).Imaging.Modality);
    }

    [Fact]
    public void E10_a_document_without_entries_is_found_by_its_title_or_its_metadata()
    {
        var record = new Examined()
            .Holds("20260610", "11502-2", "Résultats : T.S.H. et TSH ultrasensible")
            .Holds("20260611", "11490-0", "Lettre : TSH")
            .Holds("20260612", "18748-4", "Scanner thoracique sans injection")
            .Holds("20260613", "18748-4", "Scanner du genou")
            .Holds("20260614", "18748-4", "Compte rendu", Code("ZBQK001", "1.2.250.1.215.300.1"));

        var tsh = Assert.Single(record.Find(Tsh, question => question with { TitleWords = ["TSH"] }).Exams);
        Assert.Equal((ExamMatch.NotStructured, 0), (tsh.Match, tsh.Results.Count));
        Assert.StartsWith("Résultats", tsh.Title, StringComparison.Ordinal);
        var chest = record.Find("ZBQK001", system: Ccam).Exams;
        Assert.Equal(["Compte rendu", "Scanner thoracique sans injection"], chest.Select(exam => exam.Title));
    }

    [Fact]
    public void E11_windows_are_cited_row_by_row_with_their_source()
    {
        var tables = ExamTables.Empty();
        Assert.Empty(tables.AddIntervals(new StringReader(
            $"# invented\n{Loinc}\t{Tsh}\t28\td\toutpatients\tAn invented study\t2020\tinvented\n"
            + $"{Loinc}\t{Tsh}\t1.5\tmo\tinpatients\tAn invented hospital\t2024\tinvented")));
        var record = new Examined().Reports("20260525", Result(Tsh, time: "20260525080000+0000"));

        var found = record.Find(Tsh, tables: tables);

        Assert.Equal(["An invented study", "An invented hospital"], found.Windows.Select(window => window.Source));
        Assert.Equal([1], Assert.Single(found.Exams).Windows);
        Assert.True(Assert.Single(record.Find(Tsh, Within(10), tables).Windows).ByCaller);
        Assert.Empty(record.Find(Tsh).Windows);
        Assert.Equal(
            [1, 2, 3],
            tables.AddIntervals(new StringReader("1.2\tx\tNaN\td\t\ts\t\tl\n1.2\tx\t1\tyear\t\ts\t\tl\n1.2\tx\t1\td\t\t\t\tl"))
                .Select(fault => fault.Line));
    }

    [Fact]
    public void E12_where_the_operator_says_never_nothing_is_proposed()
    {
        var tables = ExamTables.Empty();
        Assert.Empty(tables.AddNever(new StringReader($"{Loinc}\t89579-7\tséries de troponine\tinvented")));
        var record = new Examined().Reports("20260620", Result("89579-7"));

        var found = record.Find("89579-7", tables: tables);

        Assert.Equal("séries de troponine", Assert.Single(found.Never).Reason);
        Assert.Empty(found.Exams);
        Assert.Single(record.Find("89579-7").Exams);
    }

    [Fact]
    public void E13_one_result_in_two_documents_is_one_with_two_sources()
    {
        var record = new Examined()
            .Reports("20260620", Result(Tsh))
            .Reports("20260622", Result(Tsh))
            .Reports("20260623", Result(Tsh, "3"));

        var exams = record.Find(Tsh).Exams;

        Assert.Equal(["2.1", "3"], exams.Select(ValueOf).Order(StringComparer.Ordinal));
        Assert.Single(exams.Single(exam => ValueOf(exam) == "2.1").Copies);
    }

    [Fact]
    public void An_answer_of_long_words_can_be_read()
    {
        Examined record = new();
        for (var i = 0; i < 40; i++)
        {
            Fact[] facts = [Result(Tsh, $"{i}"), Result(Tsh, $"{i}", state: "cancelled")];
            Array.ForEach(facts, fact => fact.Observation.Code.Display = new string('x', 300_000));
            record.Reports("20260620", facts);
        }

        var found = record.Find(Tsh);

        Assert.InRange(found.CalculateSize(), 1, 3 * 1024 * 1024);
        Assert.InRange(found.Exams.Count, 1, 39);
        Assert.InRange(found.Unusable.Count, 1, 11);
        Assert.Equal((40, 40), (found.Exams.Count + found.MoreExams, found.Unusable.Count + found.MoreUnusable));
    }

    [Fact]
    public void E14_each_finding_has_its_date_its_place_and_its_document()
    {
        var result = Result(Tsh, specimen: Serum);
        result.Observation.Interpretations.Add(Coded("H"));

        var exam = Assert.Single(new Examined().Reports("20260620", result).Find(Tsh).Exams);

        Assert.Equal(("Laboratoire des Lilas", "1750000001", 9, "Compte rendu"), (
            exam.Source.StructureName, exam.Source.StructureId, exam.AgeDays, exam.Title));
        Assert.Equal(("2.1", "m[IU]/L", "H", Serum), (
            ValueOf(exam), exam.Results[0].Values[0].Quantity.Low.Unit, exam.Results[0].Interpretations[0].Code, exam.Specimen.Code));
    }

    private static Func<ExamQuestion, ExamQuestion> Within(int days) => question => question with { Window = TimeSpan.FromDays(days) };

    private static string ValueOf(ComparableExam exam) => exam.Results[0].Values[0].Quantity.Low.Value;
}
