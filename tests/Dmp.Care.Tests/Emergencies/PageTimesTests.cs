using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>Times of the page that are easily taken for others: of one specimen twice, without an offset, to come, mistyped.</summary>
public sealed class PageTimesTests
{
    [Theory]
    [InlineData("active")]
    [InlineData("preliminary")]
    [InlineData("registered")]
    [InlineData("held")]
    public void P10_Of_one_specimen_the_final_result_stands_and_not_the_preliminary_one(string state)
    {
        var line = Assert.Single(Page(
            Results("1", "20261020", In(state, "6.8", "20261020")), Results("2", "20261020", Potassium("4.1", "20261020"))).Results.Lines);
        Assert.Equal("4.1", line.Value);
        Assert.DoesNotContain("provisoire", line.Line.Details);

        var alone = Assert.Single(Page(Results("1", "20261020", In(state, "6.8", "20261020"))).Results.Lines);
        Assert.Contains("provisoire", alone.Line.Details);
    }

    [Fact]
    public void P10_Of_two_final_results_of_one_specimen_the_last_stated_stands()
    {
        var line = Assert.Single(Page(
            Results("1", "20261020", Potassium("6.8", "20261020")), Results("2", "20261021", Potassium("4.1", "20261020"))).Results.Lines);
        Assert.Equal("4.1", line.Value);
    }

    [Fact]
    public void P10_The_result_before_says_that_it_was_preliminary()
    {
        var line = Assert.Single(Page(
            Results("1", "20261020", In("preliminary", "6.8", "20261019")),
            Results("2", "20261020", Potassium("4.1", "20261020"))).Results.Lines);
        Assert.Contains("avant : 6.8 mmol/L (19/10/2026, provisoire)", line.Line.Details);
    }

    [Fact]
    public void P10_An_hour_without_an_offset_is_one_of_the_clock_in_France()
    {
        var line = Assert.Single(Page(Results(
            "1", "20261020", Measured("6598-7", "9", "ng/L", "202610200730"), Measured("6598-7", "52", "ng/L", "202610200800+0200")))
            .Results.Lines);
        Assert.Equal(("52", "9"), (line.Value, line.PreviousValue));
        Assert.Contains("avant : 9 ng/L (20/10/2026 à 07:30)", line.Line.Details);
    }

    [Fact]
    public void P10_A_day_with_an_offset_is_the_day_that_was_written()
    {
        var line = Assert.Single(Page(Results("1", "20261020", Potassium("4.1", "20261015+0200"))).Results.Lines);
        Assert.Contains("15/10/2026", line.Line.Origin, StringComparison.Ordinal);
        var document = Results("1", "20261020");
        Assert.Equal(Time("20261015"), document.Read("20261015+0200")?.Time.ToUniversalTime());
    }

    [Fact]
    public void P10_A_mistyped_time_neither_hides_a_result_nor_makes_it_the_newest()
    {
        var line = Assert.Single(Page(
            Results("1", "20261001", Potassium("6.8", "20300101")), Results("2", "20240301", Potassium("4.1", "20261030"))).Results.Lines);
        Assert.Equal(("6.8", "4.1"), (line.Value, line.PreviousValue));
        Assert.Equal(Time("20261001").ToTimestamp(), line.Time);
    }

    [Fact]
    public void P10_An_act_dated_behind_the_coming_of_its_document_is_as_old_as_its_writing()
    {
        var document = Results("1", "20261001", Potassium("6.8", ""));
        document.Metadata.ServiceStartTime = new DateTimeOffset(2062, 10, 1, 0, 0, 0, TimeSpan.Zero).ToTimestamp();
        Assert.Equal(Time("20261001").ToTimestamp(), new Care.Exams.ClinicalTimes(document).OfDocument().Time);
        Assert.Equal(Time("20261001").ToTimestamp(), Assert.Single(Page(document).Results.Lines).Time);
        document.Metadata.CreationTime = document.Metadata.ServiceStartTime;
        Assert.Equal(document.CameAt.ToTimestamp(), new Care.Exams.ClinicalTimes(document).OfDocument().Time);
    }

    [Fact]
    public void P10_The_taking_of_the_specimen_counts()
    {
        Fact taking = new()
        {
            Mood = "EVN",
            State = "completed",
            Source = new FactSource { Entry = 1, Place = 2 },
            Act = new ClinicalAct
            {
                Element = "procedure",
                Period = new Stretch { Low = new Moment { Written = "20261018" }, Single = true },
            },
        };
        Assert.Equal(
            Time("20261018").ToTimestamp(),
            Assert.Single(Page(Results("1", "20261020", Potassium("4.1", "20261020"), taking)).Results.Lines).Time);
    }

    [Theory]
    [InlineData("20261020", "20261101", true)]
    [InlineData("20261020", "20261105", true)]
    [InlineData("20261020", "", true)]
    [InlineData("20261020", "20261028", false)]
    [InlineData("20260901", "", false)]
    [InlineData("202611011205+0100", "", true)]
    public void P9_A_stay_that_ends_today_later_or_at_no_stated_time_is_recent(string low, string high, bool isRecent)
    {
        var page = Page(Letter("1", "20261031", Visit("IMP", low, high)));
        Assert.Equal(isRecent, Assert.Single(page.Visits.Lines).Recent);
        Assert.Equal(isRecent ? 1 : 0, page.Strip.Alerts.Count);
    }

    [Theory]
    [InlineData(0, 12, true)]
    [InlineData(20, 12, true)]
    [InlineData(0, -96, false)]
    public void P9_A_document_of_a_visit_that_ends_later_today_is_recent(int daysLong, int endsInHours, bool isRecent)
    {
        var paper = Paper("1", "202611010800", "15507-7", []);
        var end = Now.AddHours(endsInHours);
        paper.Metadata.ServiceStartTime = (end < Now ? end.AddHours(-1) : Now.AddHours(-3).AddDays(-daysLong)).ToTimestamp();
        paper.Metadata.ServiceStopTime = end.ToTimestamp();
        Assert.Equal(isRecent, Assert.Single(Page(paper).Visits.Lines).Recent);
    }

    [Fact]
    public void P3_What_is_to_come_has_no_age_that_is_past()
    {
        Ages ages = new(Now, SummaryLanguage.French);
        Assert.Equal("date à venir", ages.Ago(Now.AddDays(60), TimePrecision.Time));
        Assert.Equal("date à venir", ages.Ago(Now.AddDays(60), TimePrecision.Day));
        Assert.Equal("date à venir", ages.Ago(Now.AddYears(1), TimePrecision.Month));
        Assert.Equal("date à venir", ages.Ago(Now.AddYears(1), TimePrecision.Year));
        Assert.Equal("il y a moins d'une heure", ages.Ago(Now.AddMinutes(2), TimePrecision.Time));
    }

    [Fact]
    public void P10_A_target_is_no_result_and_a_panic_range_no_reference()
    {
        Assert.Empty(Page(Results("1", "20261020", Measured("99999-9", "2.5", "1", "20261020", "INR cible"))).Results.Lines);
        var fact = Potassium("4.1", "20261020");
        fact.Observation.Ranges.Add(Range("2.5", "HH"));
        fact.Observation.Ranges.Add(Range("3.5", "N"));
        Assert.Contains("référence : 3.5 mmol/L", Assert.Single(Page(Results("1", "20261020", fact)).Results.Lines).Line.Details);
    }

    [Fact]
    public void P18_Where_not_all_types_of_unread_documents_are_told_there_are_more_than_those()
    {
        var unread = Enumerable.Range(100, 40).Select(code => Paper($"{code}", "20261020", $"{code}-1", [])).ToArray();
        var text = TextPage.Write(EmergencySummaryBuilder.Build(Input() with { Unread = unread }));
        Assert.Contains("plus de 30, par type", text, StringComparison.Ordinal);
    }

    [Fact]
    public void P19_Letters_from_right_to_left_stand_apart_and_marks_are_bounded()
    {
        var html = HtmlPage.Write(Page(Letter("1", "20261020", Allergy("אב 50"))));
        Assert.Contains("<span class=\"what\"><bdi>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<bdi>", HtmlPage.Write(Page(Letter("1", "20261020", Allergy("Latex")))), StringComparison.Ordinal);
        Assert.Equal("é́́́f́", ShownText.Of("e" + new string('́', 100) + "f́"));
    }

    private static ReferenceRange Range(string low, string interpretation) => new()
    {
        Value = new ObservedValue { Quantity = new QuantityRange { Low = new Quantity { Value = low, Unit = "mmol/L" }, Single = true } },
        Interpretation = new CodedValue { Code = interpretation },
    };

    private static Fact Potassium(string value, string time) => Measured("6298-4", value, "mmol/L", time);

    private static Fact In(string state, string value, string time)
    {
        var fact = Potassium(value, time);
        fact.State = state;
        return fact;
    }
}
